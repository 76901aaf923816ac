// Text from outside (names of files, bytes of a header) inside a sentence for people: what a terminal would obey
// or could not show is spelled out, and what is long is cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace depthmill {

// Bytes of the character that begins at `at` (below text.size()) when it is well-formed UTF-8 that only shows
// itself; 0 for a byte that is no UTF-8, control characters, line breaks of any kind and marks that turn the
// direction of writing.
std::size_t shown_bytes(std::string_view text, std::size_t at);

// The text as one line of valid UTF-8: "\n", "\r", "\t" for these three, "\x1b" for any other byte that is not
// shown. What would pass `limit` bytes is cut between characters and its whole size said instead.
inline constexpr std::size_t kLongestSentence = 2000;
std::string printable(std::string_view text, std::size_t limit = kLongestSentence);

// The same in single quotes, short enough for a part of a sentence.
inline constexpr std::size_t kLongestQuote = 80;
std::string in_quotes(std::string_view text, std::size_t limit = kLongestQuote);

}  // namespace depthmill
