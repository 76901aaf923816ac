#include "stages/io/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const TextFileError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Csv, SplitsPlainAndQuotedCells) {
  EXPECT_THAT(split_csv_line("a,,c"), ElementsAre("a", "", "c"));
  EXPECT_THAT(split_csv_line(""), ElementsAre(""));
  EXPECT_THAT(split_csv_line("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\""),
              ElementsAre("a,b", "say \"hi\"", "two\nlines"));
  EXPECT_THAT(split_csv_line("5\" screen,x"), ElementsAre("5\" screen", "x"));
  EXPECT_THROW(split_csv_line("\"open"), std::invalid_argument);
  EXPECT_THROW(split_csv_line("\"a\"b,c"), std::invalid_argument);
  EXPECT_THROW(split_csv_line("a\nb"), std::invalid_argument);
}

// A name that a spreadsheet would run is text there; numbers stay numbers, whatever their sign.
TEST(Csv, NoCellIsAFormula) {
  for (const char* cell : {"=1+2", "+cmd|x", "-a", "@SUM(1)", "-1.5-2", "=", "-"})
    EXPECT_EQ(csv_line(std::vector<std::string>{cell}), std::string("'") + cell);
  for (const char* cell : {"-0.5", "+1", "-1e-09", "-inf", "a=b", "'quoted'", "", "'"})
    EXPECT_EQ(csv_line(std::vector<std::string>{cell}), cell);
  EXPECT_EQ(csv_line(std::vector<std::string>{"=a,b"}), "\"'=a,b\"");
  for (const char* cell : {"'=1", "''=1", "'-1", "-1", "=1", "'x"})
    EXPECT_THAT(split_csv_line(csv_line(std::vector<std::string>{cell})), ElementsAre(cell));
}

TEST(Csv, AnyCellsSurviveARoundTrip) {
  std::mt19937 rng(7);
  const std::string letters = "ab ,\"\n\r;'=-\t";
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> cells(1 + rng() % 4);
    for (auto& cell : cells)
      for (auto n = rng() % 6; n > 0; --n) cell += letters[rng() % letters.size()];
    EXPECT_EQ(split_csv_line(csv_line(cells)), cells);
  }
}

TEST(Csv, NumbersReadBackBitForBit) {
  std::mt19937_64 rng(3);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t bits = rng();
    double value;
    static_assert(sizeof value == sizeof bits);
    __builtin_memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) continue;
    EXPECT_EQ(parse_number(format_number(value)), value);
  }
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(640), "640");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_TRUE(std::isnan(parse_number("")));
  EXPECT_EQ(parse_number(" +1.5 "), 1.5);
  EXPECT_EQ(parse_number("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_THROW(parse_number("1.5 m"), std::invalid_argument);
  EXPECT_THROW(parse_number("+-1"), std::invalid_argument);
}

TEST(Csv, TableKeepsLineNumbersAcrossQuotedBreaks) {
  const auto table = parse_csv("\xEF\xBB\xBFname,value\r\n\"a\nb\",1\r\n\r\nc,x\n", "t.csv");
  EXPECT_THAT(table.header, ElementsAre("name", "value"));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_THAT(table.lines, ElementsAre(2u, 5u));
  EXPECT_EQ(table.rows[0][0], "a\nb");
  EXPECT_EQ(table.number(0, table.column("value")), 1.0);
  try {
    table.number(1, 1);
    FAIL();
  } catch (const TextFileError& e) {
    EXPECT_STREQ(e.what(), "t.csv:5: column 'value': 'x' is not a number");
  }
}

TEST(Csv, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("a,b\n1,2\n1\n"), "t.csv:3: row has 1 cells, the header 2");
  EXPECT_EQ(error_of("a,b\n1,\"2\n"), "t.csv:2: a quoted cell is not closed");
  EXPECT_EQ(error_of("a,a\n"), "t.csv:1: two columns are called 'a'");
  EXPECT_EQ(error_of("\n\n"), "t.csv: is empty: no header line");
  try {
    parse_csv("a,b\n", "t.csv").column("c");
    FAIL();
  } catch (const TextFileError& e) {
    EXPECT_THAT(e.what(), HasSubstr("no column 'c' (there are: a, b)"));
  }
  EXPECT_THROW(read_csv_file("/nowhere/at/all.csv"), TextFileError);
}

}  // namespace
}  // namespace depthmill::io
