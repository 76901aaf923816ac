#include "stages/io/key_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

template <class T>
T read(const std::string& text) {
  T value{};
  read_value(text, value);
  return value;
}
template <class T>
std::string refused(const std::string& text) {
  return error_of([&] { read<T>(text); });
}

TEST(ReadValue, TakesEachTypeAndNothingElse) {
  EXPECT_TRUE(read<bool>("on"));
  EXPECT_FALSE(read<bool>("0"));
  EXPECT_EQ(refused<bool>("ja"), "'ja' is neither yes nor no");
  EXPECT_EQ(read<double>("1e-3"), 0.001);
  EXPECT_EQ(refused<double>("1x"), "'1x' is not a number");
  EXPECT_EQ(refused<double>(""), "'' is not a number");
  EXPECT_EQ(refused<double>("nan"), "'nan' is not a number");
  EXPECT_EQ(refused<double>("inf"), "'inf' is not a finite number");
  EXPECT_EQ(read<int>("-2"), -2);
  EXPECT_EQ(refused<int>("2.5"), "'2.5' is not a whole number");
  EXPECT_EQ(refused<int>("3000000000"), "'3000000000' is too large a number");
  EXPECT_EQ(refused<int>("99999999999999999999"), "'99999999999999999999' is too large a number");
  EXPECT_EQ(refused<int>("-3000000000"), "'-3000000000' is too small a number");
  EXPECT_EQ(refused<int>("-99999999999999999999"), "'-99999999999999999999' is too small a number");
  EXPECT_EQ(refused<std::uint64_t>("-1"), "'-1' is not a whole number of 0 or more");
  EXPECT_THAT(read<std::vector<std::string>>("a, b ,,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(read<std::vector<std::string>>(" "), ElementsAre());
  EXPECT_THAT((read<std::array<double, 3>>("0.485,0.456, 0.406")), ElementsAre(0.485, 0.456, 0.406));
  EXPECT_EQ((refused<std::array<double, 3>>("1, 2")), "needs 3 numbers, separated by commas");
  EXPECT_EQ((refused<std::array<int, 2>>("1, 2.5")), "'2.5' is not a whole number");
}

TEST(ReadValue, WhatIsWrittenReadsBack) {
  for (const double v : {0.0, -0.1, 1e-300, 1.0 / 3, 123456789.0, std::numeric_limits<double>::max()})
    EXPECT_EQ(read<double>(write_value(v)), v);
  for (const std::uint64_t v : {std::uint64_t{0}, std::uint64_t{1} << 62})
    EXPECT_EQ(read<std::uint64_t>(write_value(v)), v);
  const std::vector<double> list{0.5, 2, 10};
  EXPECT_EQ(read<std::vector<double>>(write_value(list)), list);
  EXPECT_EQ(write_value(std::array<int, 4>{3, 4, 23, 3}), "3, 4, 23, 3");
}

TEST(ReadSize, IsHeightByWidth) {
  EXPECT_EQ(read_size("480x640"), std::pair(480, 640));
  EXPECT_EQ(write_size(480, 640), "480x640");
  for (const char* wrong :
       {"480", "480x", "x640", "0x640", "480x-1", "480x640x3", "480 x 640", "480x9999999999"})
    EXPECT_EQ(error_of([&] { read_size(wrong); }),
              "'" + std::string(wrong) + "' is no size; write HEIGHTxWIDTH, for example 480x640");
}

enum class Method { kLevin, kNone };
constexpr auto kMethods = enum_words<Method>("levin", "none");

TEST(EnumWords, ListThemselvesAndSuggestTheNearest) {
  EXPECT_EQ(kMethods.parse("none"), Method::kNone);
  EXPECT_EQ(kMethods.word(Method::kLevin), "levin");
  EXPECT_EQ(kMethods.choices(), "levin|none");
  EXPECT_EQ(error_of([] { kMethods.parse("levni"); }),
            "'levni' is none of levin, none; did you mean 'levin'?");
}

struct Inner {
  double alpha = 1;
  std::array<double, 3> std{1, 1, 1};
};
struct Outer {
  Inner inner;
  Method method = Method::kLevin;
  int count = 3;
  std::filesystem::path data;
  std::string note;
};

const std::vector<Key<Outer>>& table() {
  static const std::vector<Key<Outer>> rows = [] {
    std::vector<Key<Outer>> all = keys_of_part<Outer>(
        std::vector{key<Inner>("fill", "alpha", &Inner::alpha, "A", "weight").above(0).shaping(),
                    key<Inner>("fill", "std", &Inner::std).above(0)},
        &Outer::inner);
    all.push_back(word_key<Outer>("fill", "method", &Outer::method, kMethods));
    all.push_back(key<Outer>("run", "count", &Outer::count).within(1, 10));
    all.push_back(path_key<Outer>("run", "data", &Outer::data));
    all.push_back(key<Outer>("run", "note", &Outer::note).lacking());
    return all;
  }();
  return rows;
}

std::string why(const std::string& text) {
  Outer outer;
  return error_of([&] { read_keys(IniFile::parse(text, "some/c.ini"), table(), outer); });
}

TEST(KeyTable, ReadsWhatTheFileSaysAndLeavesTheRest) {
  Outer outer;
  read_keys(IniFile::parse("[run]\ndata = d\n[fill]\nalpha = 2\nmethod = none\n", "some/c.ini"), table(),
            outer);
  EXPECT_EQ(outer.inner.alpha, 2);
  EXPECT_EQ(outer.method, Method::kNone);
  EXPECT_EQ(outer.count, 3);
  EXPECT_EQ(outer.data, "some/d") << "relative to the file";
}

TEST(KeyTable, WritesWhatItReads) {
  Outer outer;
  outer.inner.alpha = 0.1;
  outer.data = "/d";
  EXPECT_EQ(keys_text(table(), outer),
            "[fill]\nalpha = 0.1\nstd = 1, 1, 1\nmethod = levin\n\n[run]\ncount = 3\ndata = /d\n");
  outer.note = "a # b";
  Outer again;
  read_keys(IniFile::parse(keys_text(table(), outer), "c.ini"), table(), again);
  EXPECT_EQ(again.note, "a # b");
  EXPECT_EQ(keys_text(table(), again), keys_text(table(), outer));
}

TEST(KeyTable, UnknownNamesAreErrorsWithTheNearestName) {
  EXPECT_EQ(why("[fill]\nalpha=1\n"), "no error");
  EXPECT_EQ(why("[fill]\n\nalhpa=1\n"), "some/c.ini:3: unknown key 'alhpa' in [fill]; did you mean 'alpha'?");
  EXPECT_EQ(why("[fil]\nalpha=1\n"), "some/c.ini:1: unknown section [fil]; did you mean 'fill'?");
  EXPECT_EQ(why("alpha=1\n"), "some/c.ini:1: 'alpha' stands before any [section]");
}

TEST(KeyTable, ValuesOutOfTheirRangeAreErrors) {
  EXPECT_EQ(why("[fill]\nalpha = 0\n"), "some/c.ini:2: fill.alpha: must be above 0, not '0'");
  EXPECT_EQ(why("[fill]\nstd = 1, 0, 1\n"), "some/c.ini:2: fill.std: must be above 0, not '1, 0, 1'");
  EXPECT_EQ(why("[fill]\nmethod = leven\n"),
            "some/c.ini:2: fill.method: 'leven' is none of levin, none; did you mean 'levin'?");
  EXPECT_EQ(why("[run]\ncount = 11\n"), "some/c.ini:2: run.count: must lie in [1, 10], not '11'");
  EXPECT_EQ(why("[run]\ncount = 10\n"), "no error");
}

TEST(KeyTable, AProblemNamesTheKey) {
  Outer outer;
  EXPECT_EQ(key_problem(table(), outer), "");
  for (const double wrong : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    outer.inner.alpha = wrong;
    EXPECT_EQ(key_problem(table(), outer), "fill.alpha must be above 0") << wrong;
  }
}

TEST(KeyTable, RangesIncludeTheirEndsAsTheySay) {
  const auto allows = [](const Key<double>& k, double v) { return k.check(v).empty(); };
  const auto number = [] {
    return key<double>(
        "s", "k", [](auto& v) -> auto& { return v; });
  };
  EXPECT_TRUE(allows(number().at_least(0), 0));
  EXPECT_FALSE(allows(number().above(0), 0));
  EXPECT_TRUE(allows(number().within(0, 1), 1));
  EXPECT_FALSE(allows(number().from_below(0, 1), 1));
  EXPECT_TRUE(allows(number().from_below(0, 1), 0));
  EXPECT_FALSE(allows(number().between(0, 1), 0));
  EXPECT_FALSE(allows(number().between(0, 1), 1));
}

}  // namespace
}  // namespace depthmill::io
