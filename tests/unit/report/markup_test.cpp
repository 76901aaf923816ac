#include "stages/report/markup.h"

#include <gtest/gtest.h>

#include "stages/io/json_text.h"

namespace depthmill::report {
namespace {

// What a label would do to a page or a table that it was not made for.
const std::string kOdd = "a|b`c\n<script>\\\x1b[2J\xff \xC3\xA9\"&";

TEST(Markup, MarkdownKeepsALabelInItsCell) {
  EXPECT_EQ(markdown_text("**B** [l](u) $y$ [0, 1] a_b"), "\\*\\*B\\*\\* [l\\](u) \\$y\\$ [0, 1] a_b")
      << "bold is the best of a table, and nothing else";
  EXPECT_EQ(markdown_text(kOdd), "a\\|b\\`c \\<script>\\\\\xEF\xBF\xBD[2J\xEF\xBF\xBD \xC3\xA9\"&");
}

TEST(Markup, HtmlAndJsonAreValidWhateverTheBytes) {
  EXPECT_EQ(html_text(kOdd), "a|b`c\n&lt;script&gt;\\\xEF\xBF\xBD[2J\xEF\xBF\xBD \xC3\xA9&quot;&amp;");
  EXPECT_EQ(io::json_text(kOdd), "\"a|b`c\\n<script>\\\\\xEF\xBF\xBD[2J\xEF\xBF\xBD \xC3\xA9\\\"&\"");
  EXPECT_EQ(io::json_text("\r\t"), "\"\\r\\t\"");
}

}  // namespace
}  // namespace depthmill::report
