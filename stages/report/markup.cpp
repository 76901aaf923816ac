#include "stages/report/markup.h"

#include <algorithm>

#include "stages/base/quote.h"

namespace depthmill::report {
namespace {

// Valid UTF-8 without control characters, as these languages demand: what is not shows as U+FFFD.
std::string valid(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t shown = shown_bytes(text, at);
    const bool space = text[at] == '\n' || text[at] == '\r' || text[at] == '\t';
    out += shown > 0 || space ? text.substr(at, std::max<std::size_t>(shown, 1)) : "\xEF\xBF\xBD";
    at += std::max<std::size_t>(shown, 1);
  }
  return out;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : valid(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string markdown_text(std::string_view text) {
  std::string out;
  const std::string text_shown = valid(text);
  for (std::size_t i = 0; i < text_shown.size(); ++i) {
    const char c = text_shown[i];
    const bool link = c == ']' && i + 1 < text_shown.size() && text_shown[i + 1] == '(';
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '$' || link) out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string latex_text(std::string_view text) {
  std::string out;
  for (char c : valid(text)) switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '|':
        out += "\\textbar{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        out += c;
        break;
      case '\n':
      case '\r':
        out += ' ';
        break;
      default:
        out += c;
    }
  return out;
}

std::string data_uri(std::string_view type, std::span<const unsigned char> bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:" + std::string(type) + ";base64,";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned word = (static_cast<unsigned>(bytes[i]) << 16) |
                          (left > 1 ? static_cast<unsigned>(bytes[i + 1]) << 8 : 0u) |
                          (left > 2 ? static_cast<unsigned>(bytes[i + 2]) : 0u);
    out += kLetters[word >> 18];
    out += kLetters[(word >> 12) & 63];
    out += left > 1 ? kLetters[(word >> 6) & 63] : '=';
    out += left > 2 ? kLetters[word & 63] : '=';
  }
  return out;
}

}  // namespace depthmill::report
