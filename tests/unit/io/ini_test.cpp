#include "stages/io/ini.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

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
  EXPECT_THAT(ini.sections(), ElementsAre("fill", "run"));
  EXPECT_EQ(ini.text("", "top", ""), "1");
  EXPECT_EQ(ini.number("fill", "alpha", 0), 1.5);
  EXPECT_EQ(ini.text("fill", "method", ""), "levin#1");
  EXPECT_EQ(ini.text("fill", "label", ""), "a # b ");
  EXPECT_EQ(ini.text("fill", "empty", "x"), "");
  EXPECT_EQ(ini.text("fill", "absent", "x"), "x");
  EXPECT_THAT(ini.list("run", "scenes", {}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ini.numbers("run", "mean", {}), ElementsAre(0.485, 0.456, 0.406));
  EXPECT_TRUE(ini.flag("run", "keep", false));
  EXPECT_EQ(ini.integer("run", "threads", 0), -2);
  EXPECT_EQ(ini.require("run", "threads").line, 13u);
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
  const auto ini = IniFile::parse("[s]\nk = word\nl = a,,b\nempty =\n", "c.ini");
  EXPECT_EQ(error_of([&] { ini.number("s", "k", 0); }), "c.ini:2: s.k: 'word' is not a number");
  EXPECT_EQ(error_of([&] { ini.number("s", "empty", 0); }), "c.ini:4: s.empty: '' is not a number");
  EXPECT_EQ(error_of([&] { ini.integer("s", "k", 0); }), "c.ini:2: s.k: 'word' is not a whole number");
  EXPECT_EQ(error_of([&] { ini.flag("s", "k", false); }), "c.ini:2: s.k: 'word' is neither yes nor no");
  EXPECT_EQ(error_of([&] { ini.list("s", "l", {}); }), "c.ini:3: s.l: an item of the list is empty");
  EXPECT_EQ(error_of([&] { ini.require("s", "m"); }), "c.ini: 'm' is missing from section [s]");
  const std::vector<std::string> allowed = {"sword", "shield"};
  EXPECT_EQ(error_of([&] { ini.choice("s", "k", allowed, ""); }),
            "c.ini:2: s.k: 'word' is none of sword, shield; did you mean 'sword'?");
  EXPECT_THROW(IniFile::read("/nowhere/at/all.ini"), TextFileError);
}

TEST(Ini, UnknownNamesAreErrorsWithTheNearestName) {
  const std::map<std::string, std::vector<std::string>> known = {{"fill", {"alpha", "method"}},
                                                                 {"infer", {"batch"}}};
  const auto check = [&](std::string_view text) {
    return error_of([&] { IniFile::parse(text, "c.ini").check_known(known); });
  };
  EXPECT_EQ(check("[fill]\nalpha=1\n[infer]\nbatch=2\n"), "no error");
  EXPECT_EQ(check("[fill]\n\nalhpa=1\n"), "c.ini:3: unknown key 'alhpa' in [fill]; did you mean 'alpha'?");
  EXPECT_EQ(check("[fil]\nalpha=1\n"), "c.ini:1: unknown section [fil]; did you mean 'fill'?");
  EXPECT_EQ(check("alpha=1\n"), "c.ini:1: 'alpha' stands before any [section]");
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
    EXPECT_EQ(IniFile::parse(line, "c.ini").text("", "k", "?"), value) << line;
  }
  EXPECT_GT(kept, 1000);
  EXPECT_THROW(ini_value("a\nb"), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::io
