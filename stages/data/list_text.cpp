#include "stages/data/list_text.h"

#include <algorithm>
#include <stdexcept>

#include "stages/data/utf16.h"

namespace depthmill::data {
namespace {

std::string decode(std::string_view bytes, std::string_view label) {
  if (bytes.starts_with("\xef\xbb\xbf")) return std::string(bytes.substr(3));
  const bool low_first = bytes.starts_with("\xff\xfe");
  if (!low_first && !bytes.starts_with("\xfe\xff")) return std::string(bytes);
  if (bytes.size() % 2 != 0)
    throw std::runtime_error(std::string(label) + ": is UTF-16 text cut inside a character");
  std::u16string units;
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    const auto first = static_cast<unsigned char>(bytes[i]),
               second = static_cast<unsigned char>(bytes[i + 1]);
    units += static_cast<char16_t>(low_first ? second << 8 | first : first << 8 | second);
  }
  return utf8_from_utf16(units);
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_outside_quotes(std::string_view text, char wanted) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == wanted && !quoted) return true;
  }
  return false;
}

// The words of a line; `separates` says where they end. A quote counts where a word begins.
template <class Separates>
std::vector<std::string> split(std::string_view text, const std::string& where, bool keep_empty,
                               Separates&& separates) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_blank(text[at])) ++at;
    std::string word;
    bool quoted = at < text.size() && text[at] == '"';
    const bool in_quotes = quoted;
    if (quoted) {
      for (++at;; ++at) {
        if (at >= text.size()) throw std::runtime_error(where + "a quote is not closed");
        if (text[at] != '"') {
          word += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          word += '"';
          ++at;
        } else {
          break;
        }
      }
      ++at;
    }
    std::string rest;
    while (at < text.size() && !separates(text[at])) rest += text[at++];
    word += in_quotes ? std::string() : std::string(trimmed(rest));
    if (in_quotes && !trimmed(rest).empty())
      throw std::runtime_error(where + "there is text behind a closed quote");
    ++at;  // the separator
    if (keep_empty || in_quotes || !word.empty()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

std::vector<ListLine> parse_list(std::string_view bytes, std::string_view label) {
  const std::string text = decode(bytes, label);
  std::vector<ListLine> lines;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find_first_of("\r\n", at);
    if (end == std::string::npos) end = text.size();
    const std::string_view line = trimmed(std::string_view(text).substr(at, end - at));
    at = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const bool control = std::any_of(line.begin(), line.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\t'; });
    if (control)
      throw std::runtime_error(std::string(label) + ", line " + std::to_string(number) +
                               ": holds a control character, this is no list");
    lines.push_back({number, std::string(line), {}});
  }
  const bool commas = !lines.empty() && std::all_of(lines.begin(), lines.end(), [](const ListLine& line) {
    return has_outside_quotes(line.text, ',');
  });
  for (ListLine& line : lines) {
    const std::string where = std::string(label) + ", line " + std::to_string(line.number) + ": ";
    const bool tabs = !commas && has_outside_quotes(line.text, '\t');
    line.by_blanks = !commas && !tabs;
    if (commas)
      line.words = split(line.text, where, true, [](char c) { return c == ','; });
    else if (tabs)
      line.words = split(line.text, where, false, [](char c) { return c == '\t'; });
    else
      line.words = split(line.text, where, false, is_blank);
    if (std::all_of(line.words.begin(), line.words.end(), [](const std::string& w) { return w.empty(); }))
      throw std::runtime_error(where + "names nothing");
  }
  return lines;
}

}  // namespace depthmill::data
