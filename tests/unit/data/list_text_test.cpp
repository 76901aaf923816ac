#include "stages/data/list_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace depthmill::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::string_literals;

std::vector<std::vector<std::string>> words(const std::string& text) {
  std::vector<std::vector<std::string>> all;
  for (const ListLine& line : parse_list(text, "list.txt")) all.push_back(line.words);
  return all;
}

std::string refusal(const std::string& text) {
  try {
    parse_list(text, "list.txt");
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(ListText, WordsOfEveryForm) {
  EXPECT_THAT(words("a.jpg a.png 518.8\n"), ElementsAre(ElementsAre("a.jpg", "a.png", "518.8")));
  EXPECT_THAT(words("  a.jpg \t a.png  \r\nb"), ElementsAre(ElementsAre("a.jpg", "a.png"), ElementsAre("b")));
  EXPECT_THAT(words("a b.jpg\tc.png"), ElementsAre(ElementsAre("a b.jpg", "c.png")));
  EXPECT_THAT(words("a b.jpg,c.png\nd,e"),
              ElementsAre(ElementsAre("a b.jpg", "c.png"), ElementsAre("d", "e")));
  EXPECT_THAT(words("a,b.jpg c.png\nd.jpg e.png"),
              ElementsAre(ElementsAre("a,b.jpg", "c.png"), ElementsAre("d.jpg", "e.png")));
  EXPECT_THAT(words("\"a b\" \"c\"\"d\""), ElementsAre(ElementsAre("a b", "c\"d")));
  EXPECT_THAT(words("\"e,f\",g"), ElementsAre(ElementsAre("e,f", "g")));
  EXPECT_THAT(words("# a comment\n\n   \nb\rc"), ElementsAre(ElementsAre("b"), ElementsAre("c")));
  EXPECT_THAT(words(""), ElementsAre());
}

TEST(ListText, EncodingsWithAMark) {
  EXPECT_THAT(words("\xef\xbb\xbf"
                    "a b"),
              ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(words("\xff\xfe"
                    "a\0 \0b\0\n\0"s),
              ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(words("\xfe\xff\0a\0 \x20\xac"s), ElementsAre(ElementsAre("a", "\xe2\x82\xac")));
}

TEST(ListText, LineNumbersAreThoseOfTheFile) {
  const auto lines = parse_list("# one\n\nthree\r\nfour\n", "list.txt");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].number, 3u);
  EXPECT_EQ(lines[1].number, 4u);
}

TEST(ListText, WhatCannotBeReadIsNamedByItsLine) {
  EXPECT_THAT(refusal("a\n\"b c\n"), HasSubstr("list.txt, line 2: a quote is not closed"));
  EXPECT_THAT(refusal("a\n\"b\"c d\n"), HasSubstr("list.txt, line 2: there is text behind a closed quote"));
  EXPECT_THAT(refusal("a\nb\x01\n"), HasSubstr("list.txt, line 2: holds a control character"));
  EXPECT_THAT(refusal("a,b\n,\n"), HasSubstr("list.txt, line 2: names nothing"));
  EXPECT_THAT(refusal("\xff\xfe"
                      "a"s),
              HasSubstr("UTF-16"));
}

}  // namespace
}  // namespace depthmill::data
