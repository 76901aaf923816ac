// The text of a list: one frame a line, its words apart. Lists come from spreadsheets, scripts and editors of
// every kind, so all of these are read:
//
//   a/1.jpg a/1.png 518.8579            words apart by blanks or tabs
//   a/1.jpg,a/1.png                     by commas, where every line has one outside quotes
//   "a b/1.jpg" "a b/1.png"             in quotes, "" inside them is a quote
//   a\1.jpg a\1.png                     as they stand; list_file.cpp knows which files there are
//
// UTF-8 with or without a byte-order mark, UTF-16 with one; line ends LF, CR LF or CR. Empty lines and those
// that begin with '#' are left out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace depthmill::data {

struct ListLine {
  std::size_t number = 0;          // in the file, from 1
  std::string text;                // without the blanks around it
  std::vector<std::string> words;  // one at least
  bool by_blanks = false;          // words were apart by blanks, so a path with a blank in it has come apart
};

// Throws std::runtime_error "<label>, line N: <reason>": a quote that is not closed, a control character.
std::vector<ListLine> parse_list(std::string_view bytes, std::string_view label);

}  // namespace depthmill::data
