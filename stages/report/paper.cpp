#include "stages/report/paper.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

#include "stages/io/json_text.h"
#include "stages/report/markup.h"
#include "stages/report/pictures.h"

namespace depthmill::report {
namespace {

std::string latex_arrow(Better better) {
  if (better == Better::kLower) return "\\,$\\downarrow$";
  if (better == Better::kHigher) return "\\,$\\uparrow$";
  return {};
}

std::string latex_cell(const Cell& cell) {
  if (cell.text.empty()) return "--";
  // A minus sign or an exponent is mathematics; digits alone are set alike in both.
  std::string text = cell.text;
  if (const auto e = text.find('e'); e != std::string::npos)
    text = "$" + text.substr(0, e) + "\\times10^{" + std::to_string(std::stoi(text.substr(e + 1))) + "}$";
  else if (text == "inf" || text == "-inf")
    text = text[0] == '-' ? "$-\\infty$" : "$\\infty$";
  else if (text[0] == '-')
    text = "$" + text + "$";
  std::string behind = cell.stars.empty() ? "" : "$^{" + cell.stars + "}$";
  if (!cell.interval.empty()) behind += "\\,{\\scriptsize " + cell.interval + "}";
  if (cell.mark == Mark::kBest) return "\\textbf{" + text + "}" + behind;
  if (cell.mark == Mark::kSecond) return "\\underline{" + text + "}" + behind;
  return text + behind;
}

std::string lost_note(const Table& table) {
  std::string note;
  for (const Row& row : table.rows)
    if (row.failed + row.skipped > 0)
      note += (note.empty() ? "" : "; ") + row.label + ": " + std::to_string(row.failed) + " failed, " +
              std::to_string(row.skipped) + " skipped";
  return note.empty() ? note : "Frames without a result: " + note + ".";
}

// About how wide text is, in digits of the column: its own letters, without TeX's words.
double width_of(const std::string& tex) {
  double width = 0;
  for (std::size_t i = 0; i < tex.size(); ++i) {
    if (tex[i] == '\\' && i + 1 < tex.size() && std::isalpha(static_cast<unsigned char>(tex[i + 1]))) {
      while (i + 1 < tex.size() && std::isalpha(static_cast<unsigned char>(tex[i + 1]))) ++i;
      width += 1;
    } else if (tex[i] != '$' && tex[i] != '{' && tex[i] != '}' && tex[i] != '^' && tex[i] != '_' &&
               (tex[i] & 0xc0) != 0x80) {
      width += 1;
    }
  }
  return width;
}

std::string head_of(const MetricName& column) { return column.latex + latex_arrow(column.better); }

constexpr double kWidestTitle = 26;  // digits; longer names of methods go on in a second line

// Of each column left of the metrics.
std::vector<double> title_widths(const Table& table, std::span<const Row> rows) {
  std::vector<double> widths(table.heads().size());
  for (const Row& row : rows) {
    const std::vector<std::string> titles = table.titles(row);
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(titles[i]));
  }
  return widths;
}

// What is too wide to be read when it is made as narrow as a column stands in blocks, one under another: columns
// [begin, end) each.
std::vector<std::pair<std::size_t, std::size_t>> blocks_of(const Table& table, std::span<const Row> rows) {
  // A column of two holds about 48 digits of 10 points; 72 leave 7 points.
  constexpr double kWidest = 72, kGap = 2.4;
  double left = 8;  // the number of images
  for (const double width : title_widths(table, rows)) left += std::min(width, kWidestTitle) + kGap;
  std::vector<std::pair<std::size_t, std::size_t>> blocks;
  double width = 0;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    double own = width_of(head_of(table.columns[c]));
    for (const Row& row : rows)
      own = std::max(
          own, width_of(row.cells[c].text + row.cells[c].stars) + 0.7 * width_of(row.cells[c].interval));
    own += kGap;
    if (blocks.empty() || left + width + own > kWidest) blocks.emplace_back(c, c), width = 0;
    blocks.back().second = c + 1;
    width += own;
  }
  return blocks;
}

std::string tabular(const Table& table, std::span<const Row> rows, std::size_t begin, std::size_t end) {
  const std::vector<double> widths = title_widths(table, rows);
  std::string title_columns;
  for (const double width : widths) title_columns += width > kWidestTitle ? "p{13em}" : "l";
  std::string out =
      "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n\\begin{tabular}{@{}" +
      title_columns + std::string(end - begin + 1, 'r') + "@{}}\n\\toprule\n";
  for (const std::string& head : table.heads())
    out += (out.ends_with('\n') ? "" : " & ") + latex_text(head == "Run" ? "Method" : head);
  for (std::size_t c = begin; c < end; ++c) out += " & " + head_of(table.columns[c]);
  out += table.by == Grouping::kDepth ? " & Pixels" : " & Images";
  out += " \\\\\n\\midrule\n";
  const bool several = std::adjacent_find(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
                         return a.group == b.group;
                       }) != rows.end();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Row& row = rows[r];
    if (r > 0 && several && row.group != rows[r - 1].group) out += "\\addlinespace\n";
    std::vector<std::string> titles = table.titles(row);
    if (r > 0 && table.by != Grouping::kNone && row.group == rows[r - 1].group) titles[0].clear();
    for (std::size_t i = 0; i < titles.size(); ++i)
      out += std::string(i ? " & " : "") +
             (widths[i] > kWidestTitle ? "\\raggedright\\hangindent=1em\\hangafter=1 " : "") +
             latex_text(titles[i]);
    for (std::size_t c = begin; c < end; ++c) out += " & " + latex_cell(row.cells[c]);
    out += " & " + std::to_string(row.images) + " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}}\n";
}

std::string json_lost(const std::vector<run_folder::ManifestRow>& frames) {
  std::string out = "[";
  for (const run_folder::ManifestRow& f : frames) {
    if (out.size() > 1) out += ',';
    out += "\n        {\"scene\": " + io::json_text(f.scene) + ", \"frame\": " + io::json_text(f.frame) +
           ", \"stage\": " + io::json_text(f.stage) + ", \"reason\": " + io::json_text(f.reason) +
           ", \"detail\": " + io::json_text(f.detail) + "}";
  }
  return out + (out.size() > 1 ? "\n      ]" : "]");
}

const char* better_text(Better better) {
  return better == Better::kLower ? "\"lower\"" : better == Better::kHigher ? "\"higher\"" : "null";
}

std::string json_tables(std::span<const Table> tables) {
  std::string out;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const Table& table = tables[t];
    out += std::string(t ? "," : "") + "\n    {\"protocol\": " + io::json_text(table.protocol) +
           (table.by == Grouping::kNone
                ? std::string()
                : ",\n      \"by\": " + io::json_text(std::string(kGroupings.word(table.by)))) +
           (table.by == Grouping::kNone ? ",\n      \"sentence\": " + io::json_text(table.sentence) : "") +
           ",\n      \"metrics\": [";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      out += std::string(c ? ", " : "") + "{\"key\": " + io::json_text(table.columns[c].key) +
             ", \"better\": " + better_text(table.columns[c].better) +
             ", \"unit\": " + io::json_text(table.columns[c].unit) + "}";
    out += "],\n      \"rows\": [";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const Row& row = table.rows[r];
      auto count = [&](std::size_t n) { return row.has_manifest ? std::to_string(n) : std::string("null"); };
      out += std::string(r ? "," : "") + "\n        {\"run\": " + io::json_text(row.label) +
             (table.by == Grouping::kNone ? std::string() : ", \"group\": " + io::json_text(row.group)) +
             (table.by == Grouping::kDepth ? ", \"pixels\": " : ", \"images\": ") +
             std::to_string(row.images);
      if (table.by == Grouping::kNone)
        out += ", \"failed\": " + count(row.failed) + ", \"skipped\": " + count(row.skipped);
      out += ", \"values\": {";
      for (std::size_t c = 0; c < row.cells.size(); ++c)
        out += std::string(c ? ", " : "") + io::json_text(table.columns[c].key) + ": " +
               io::json_number(row.cells[c].value);
      out += "}";
      std::string intervals;
      for (std::size_t c = 0; c < row.cells.size(); ++c)
        if (!std::isnan(row.cells[c].low))
          intervals += std::string(intervals.empty() ? "" : ", ") + io::json_text(table.columns[c].key) +
                       ": [" + io::json_number(row.cells[c].low) + ", " + io::json_number(row.cells[c].high) +
                       "]";
      if (!intervals.empty()) out += ", \"interval95\": {" + intervals + "}";
      out += "}";
    }
    out += "],\n      \"remarks\": [";
    for (std::size_t i = 0; i < table.remarks.size(); ++i)
      out += std::string(i ? ", " : "") + io::json_text(table.remarks[i]);
    out += "]}";
  }
  return out;
}

}  // namespace

std::string tables_latex(std::span<const Table> tables) {
  constexpr std::size_t kRowsAPage = 40;
  std::string out =
      "% Needs \\usepackage{booktabs,graphicx}. Made from the runs' CSV files; do not edit by hand.\n";
  for (const Table& table : tables) {
    const bool whole = table.by == Grouping::kNone;
    const std::size_t pages = (table.rows.size() + kRowsAPage - 1) / kRowsAPage;
    for (std::size_t page = 0; page < pages; ++page) {
      const bool last = page + 1 == pages;
      const auto rows =
          std::span(table.rows)
              .subspan(page * kRowsAPage, std::min(kRowsAPage, table.rows.size() - page * kRowsAPage));
      out +=
          "\n\\begin{table}[t]\n\\centering\n\\caption{Protocol \\texttt{" + latex_text(table.protocol) + "}";
      if (!whole)
        out += " by " + std::string(table.by == Grouping::kDepth  ? "true depth"
                                    : table.by == Grouping::kType ? "scene type"
                                                                  : "scene");
      if (!table.sentence.empty() && whole) out += "\\textsuperscript{$\\ast$}";
      if (pages > 1) out += ", part " + std::to_string(page + 1) + " of " + std::to_string(pages);
      out += ".";
      if (table.rows.size() > 1 && page == 0) out += " Best in bold, second underlined.";
      out += "}\n\\label{tab:" + file_name_of(table.protocol) +
             (whole ? "" : "-" + std::string(kGroupings.word(table.by))) +
             (page > 0 ? "-" + std::to_string(page + 1) : "") + "}\n";
      bool first = true;
      for (const auto& [begin, end] : blocks_of(table, rows))
        out += (std::exchange(first, false) ? "" : "\\par\\smallskip\n") + tabular(table, rows, begin, end);
      const auto note = [&](const std::string& text) {
        out += "\\par\\smallskip\n\\parbox{\\linewidth}{\\scriptsize\\sloppy\\emergencystretch=3em " + text +
               "}\n";
      };
      if (!table.sentence.empty() && whole && last)
        note("\\textsuperscript{$\\ast$} " + latex_text(table.sentence));
      if (!table.stars_note.empty() && last) note(latex_text(table.stars_note));
      if (const std::string lost = lost_note(table); !lost.empty() && last) note(latex_text(lost));
      if (last)
        for (const std::string& remark : table.remarks) note(latex_text(remark));
      out += "\\end{table}\n";
    }
  }
  return out;
}

std::string report_json(std::span<const Table> tables, std::span<const Table> groups,
                        std::span<const RunData> runs) {
  std::string out =
      "{\n  \"tables\": [" + json_tables(tables) + "\n  ],\n  \"groups\": [" + json_tables(groups);
  out += "\n  ],\n  \"runs\": [";
  for (std::size_t r = 0; r < runs.size(); ++r)
    out += std::string(r ? "," : "") + "\n    {\"label\": " + io::json_text(runs[r].label) +
           ",\n      \"failed\": " + json_lost(runs[r].failed) +
           ",\n      \"skipped\": " + json_lost(runs[r].skipped) +
           ",\n      \"config\": " + io::json_text(runs[r].config) + "}";
  return out + "\n  ]\n}\n";
}

}  // namespace depthmill::report
