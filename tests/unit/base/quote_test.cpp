#include "stages/base/quote.h"

#include <gtest/gtest.h>

namespace depthmill {
namespace {

TEST(Quote, TextOfAnyLanguageIsShownAsItIs) {
  for (const char* text : {"", "plain text", "Zimmer \xC3\xA9", "\xE5\xAF\xB8", "\xF0\x9F\xAA\x91", "a\\b"})
    EXPECT_EQ(printable(text), text);
}

TEST(Quote, WhatATerminalWouldObeyIsSpelledOut) {
  EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");           // CSI as one character
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // right-to-left override
  EXPECT_EQ(printable("\xE2\x80\xA8"), "\\xe2\\x80\\xa8");  // line separator
}

TEST(Quote, BytesThatAreNoUtf8AreSpelledOut) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xC3"), "\\xc3");                             // cut short
  EXPECT_EQ(printable("\xC3z"), "\\xc3z");                           // no continuation
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // half of a pair
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

TEST(Quote, LongTextIsCutBetweenCharactersAndItsSizeSaid) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef... (7 bytes)");
  EXPECT_EQ(printable("abc\xC3\xA9", 4), "abc... (5 bytes)");
  EXPECT_EQ(printable("abc\n", 4), "abc... (4 bytes)");
  EXPECT_EQ(in_quotes(std::string(60000, 'x')).size(),
            kLongestQuote + std::string("''... (60000 bytes)").size());
}

}  // namespace
}  // namespace depthmill
