#include "stages/base/quote.h"

namespace depthmill {
namespace {

// Length of a sequence by its first byte, and the smallest code point that needs this many bytes.
struct Sequence {
  std::size_t length;
  char32_t smallest;
};

Sequence sequence_of(unsigned char first) {
  if (first < 0x80) return {1, 0};
  if (first >= 0xC0 && first < 0xE0) return {2, 0x80};
  if (first >= 0xE0 && first < 0xF0) return {3, 0x800};
  if (first >= 0xF0 && first < 0xF8) return {4, 0x10000};
  return {0, 0};
}

bool shows_itself(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  const bool line_break = c == 0x2028 || c == 0x2029;
  const bool turns =
      c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return !control && !line_break && !turns;
}

std::string spelled_out(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (byte == '\n') return "\\n";
  if (byte == '\r') return "\\r";
  if (byte == '\t') return "\\t";
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

std::size_t shown_bytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Sequence sequence = sequence_of(byte(at));
  if (sequence.length == 0 || sequence.length > text.size() - at) return 0;
  char32_t c = sequence.length == 1 ? byte(at) : byte(at) & (0x7Fu >> sequence.length);
  for (std::size_t i = at + 1; i < at + sequence.length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    c = c << 6 | (byte(i) & 0x3F);
  }
  const bool is_code_point = c >= sequence.smallest && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
  return is_code_point && shows_itself(c) ? sequence.length : 0;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t shown = shown_bytes(text, at);
    const std::string piece =
        shown > 0 ? std::string(text.substr(at, shown)) : spelled_out(static_cast<unsigned char>(text[at]));
    if (line.size() + piece.size() > limit) return line + "... (" + std::to_string(text.size()) + " bytes)";
    line += piece;
    at += shown > 0 ? shown : 1;
  }
  return line;
}

std::string in_quotes(std::string_view text, std::size_t limit) { return "'" + printable(text, limit) + "'"; }

}  // namespace depthmill
