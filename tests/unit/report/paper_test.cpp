#include "stages/report/paper.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "stages/report/markup.h"

namespace depthmill::report {
namespace {

using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Table table_of(const std::string& label) {
  Table table;
  table.protocol = "eigen_crop";
  table.sentence = "Crop & range: 50 % of #1.";
  table.columns = {metric_name("abs_rel"), metric_name("d1")};
  table.rows = {{label,
                 5,
                 2,
                 0,
                 true,
                 {{0.1, "0.1000", Mark::kBest, 0.05, 0.15}, {0.9, "0.9000", Mark::kSecond, kNan, kNan}}},
                {"other",
                 5,
                 0,
                 0,
                 true,
                 {{2e-5, "2.0e-05", Mark::kNone, kNan, kNan}, {std::nan(""), "", Mark::kNone, kNan, kNan}}}};
  return table;
}

// Braces not preceded by a backslash must pair up.
int open_braces(const std::string& text) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = i > 0 && text[i - 1] == '\\';
    if (text[i] == '{' && !escaped) ++open;
    if (text[i] == '}' && !escaped) --open;
    EXPECT_GE(open, 0) << text.substr(0, i);
  }
  return open;
}

TEST(Latex, MarksArrowsAndEqualColumns) {
  const std::vector<Table> tables = {table_of("a_b & 100% #1 {x} ~^\\")};
  const std::string text = tables_latex(tables);
  EXPECT_THAT(text, HasSubstr("AbsRel\\,$\\downarrow$ & $\\delta_1$\\,$\\uparrow$"));
  EXPECT_THAT(
      text,
      HasSubstr("a\\_b \\& 100\\% \\#1 \\{x\\} \\textasciitilde{}\\textasciicircum{}\\textbackslash{}"));
  EXPECT_THAT(text, HasSubstr("\\textbf{0.1000} & \\underline{0.9000} & 5 \\\\"));
  EXPECT_THAT(text, HasSubstr("$2.0\\times10^{-5}$ & -- & 5 \\\\"));
  EXPECT_THAT(text, HasSubstr("Crop \\& range: 50 \\% of \\#1."));
  EXPECT_THAT(text, HasSubstr("2 failed"));
  EXPECT_EQ(open_braces(text), 0);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 2 || line.substr(line.size() - 2) != "\\\\") continue;
    int separators = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      separators += line[i] == '&' && (i == 0 || line[i - 1] != '\\');
    EXPECT_EQ(separators, 3) << line;
  }
}

// Two columns of text hold about 48 digits each; what needs over 72 would be set in less than 7 points.
TEST(Latex, WideTablesStandInBlocksAndLongOnesInParts) {
  Table table;
  table.protocol = "eigen";
  for (int i = 0; i < 14; ++i) table.columns.push_back(metric_name("metric_" + std::to_string(i)));
  for (int r = 0; r < 41; ++r) {
    Row& row = table.rows.emplace_back();
    row.label = "method " + std::to_string(r);
    for (std::size_t c = 0; c < table.columns.size(); ++c) row.cells.push_back({0.5, "0.5000"});
  }
  const std::string text = tables_latex({&table, 1});
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("\\begin{table}"), 2u) << "40 rows and one";
  EXPECT_THAT(text, HasSubstr("part 2 of 2"));
  EXPECT_EQ(count("\\label{tab:eigen}"), 1u);
  EXPECT_EQ(count("\\label{tab:eigen-2}"), 1u);
  EXPECT_GE(count("\\begin{tabular}"), 6u);
  EXPECT_EQ(count("metric\\_13"), 2u) << "each column once a part";
  EXPECT_EQ(count("method 40 "), count("\\begin{tabular}") / 2) << "and the method in every block";
  EXPECT_EQ(open_braces(text), 0);
}

TEST(Json, NumbersKeepTheirDigitsAndUndefinedIsNull) {
  std::vector<Table> tables = {table_of("quote \" backslash \\ tab \t")};
  tables[0].rows[0].cells[0].value = 0.1 + 0.2;
  tables[0].rows[0].cells[1].value = std::numeric_limits<double>::infinity();
  RunData run;
  run.label = "r";
  run.failed = {{"s", "f", "extract", run_folder::RowStatus::kFailed, "truncated", "line\nbreak"}};
  const std::string text = report_json(tables, {}, std::vector<RunData>{run});
  EXPECT_THAT(text, HasSubstr("\"run\": \"quote \\\" backslash \\\\ tab \\t\""));
  EXPECT_THAT(text, HasSubstr("\"abs_rel\": 0.30000000000000004, \"d1\": \"inf\""));
  EXPECT_THAT(text, HasSubstr("\"d1\": null"));
  EXPECT_THAT(text, HasSubstr("\"interval95\": {\"abs_rel\": [0.05, 0.15]}"));
  EXPECT_THAT(text, HasSubstr("\"better\": \"higher\""));
  EXPECT_THAT(text, HasSubstr("line\\nbreak"));
}

TEST(Markup, HtmlAndDataUris) {
  EXPECT_EQ(html_text("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
  auto uri = [](const std::string& bytes) {
    return data_uri("t/x", {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  };
  // RFC 4648, section 10.
  EXPECT_EQ(uri(""), "data:t/x;base64,");
  EXPECT_EQ(uri("f"), "data:t/x;base64,Zg==");
  EXPECT_EQ(uri("fo"), "data:t/x;base64,Zm8=");
  EXPECT_EQ(uri("foo"), "data:t/x;base64,Zm9v");
  EXPECT_EQ(uri("foobar"), "data:t/x;base64,Zm9vYmFy");
}

}  // namespace
}  // namespace depthmill::report
