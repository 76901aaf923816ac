#include "stages/io/ini.h"

#include <gtest/gtest.h>

#include <random>

namespace depthmill::io {
namespace {

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const TextFileError& e) {
    return e.what();
  }
  return "no error";
}

std::string parse_error(std::string_view text) {
  return error_of([&] { IniFile::parse(text, "c.ini"); });
}

constexpr std::string_view kExample =
    "# comment\n"
    "top = 1\r\n"
    "[fill]\n"
    "  alpha =  1.5   ; weight\n"
    "method = levin#1\n"
    "\n"
    "label = \"a # b \" # c\n"
    "empty =\n"
    "[run] ; words\n"
    "scenes = a, b ,c\n"
    "mean = 0.485,0.456, 0.406\n"
    "keep = yes\n"
    "threads = -2\n";

TEST(Ini, ReadsSectionsValuesAndComments) {
  const auto ini = IniFile::parse(kExample, "c.ini");
  ASSERT_EQ(ini.sections().size(), 2u);
  EXPECT_EQ(ini.sections()[0].name, "fill");
  EXPECT_EQ(ini.sections()[1].name, "run");
  EXPECT_EQ(ini.sections()[1].line, 9u);
  const auto value = [&](const char* section, const char* key) { return ini.find(section, key)->value; };
  EXPECT_EQ(value("", "top"), "1");
  EXPECT_EQ(value("fill", "alpha"), "1.5");
  EXPECT_EQ(value("fill", "method"), "levin#1");
  EXPECT_EQ(value("fill", "label"), "a # b ");
  EXPECT_EQ(value("fill", "empty"), "");
  EXPECT_EQ(ini.find("fill", "absent"), nullptr);
  EXPECT_EQ(value("run", "scenes"), "a, b ,c");
  EXPECT_EQ(ini.find("run", "threads")->line, 13u);
}

TEST(Ini, ErrorsNameFileAndLine) {
  EXPECT_EQ(parse_error("[a]\nb\n"), "c.ini:2: neither [section] nor key = value: 'b'");
  EXPECT_EQ(parse_error("[a\n"), "c.ini:1: '[' without ']'");
  EXPECT_EQ(parse_error("[a] b\n"), "c.ini:1: text after ']'");
  EXPECT_EQ(parse_error("[a b]\n"), "c.ini:1: odd section name 'a b'");
  EXPECT_EQ(parse_error(" = 3\n"), "c.ini:1: odd key ''");
  EXPECT_EQ(parse_error("[s]\nk = \"v\n"), "c.ini:2: s.k: the quote is not closed");
  EXPECT_EQ(parse_error("[s]\nk=1\n\n[t]\n[s]\nk=2\n"),
            "c.ini:6: s.k is set a second time (first on line 2)");
  EXPECT_THROW(IniFile::read("/nowhere/at/all.ini"), TextFileError);
}

TEST(Ini, ValuesSurviveARoundTrip) {
  std::mt19937 rng(11);
  const std::string letters = "ab #;\"=[,\t";
  int kept = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string value, line;
    for (auto n = rng() % 7; n > 0; --n) value += letters[rng() % letters.size()];
    try {
      line = "k = " + ini_value(value) + "\n";
    } catch (const std::invalid_argument&) {
      continue;
    }
    ++kept;
    EXPECT_EQ(IniFile::parse(line, "c.ini").find("", "k")->value, value) << line;
  }
  EXPECT_GT(kept, 1000);
  EXPECT_THROW(ini_value("a\nb"), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::io
