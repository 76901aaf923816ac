#include "stages/io/json_text.h"

#include <algorithm>
#include <cmath>

#include "stages/base/quote.h"
#include "stages/io/csv.h"

namespace depthmill::io {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t shown = std::max<std::size_t>(shown_bytes(text, at), 1);
    switch (text[at]) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += shown_bytes(text, at) > 0 ? text.substr(at, shown) : "\xEF\xBF\xBD";
    }
    at += shown;
  }
  return out + '"';
}

std::string json_number(double value) {
  if (std::isnan(value)) return "null";
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  return format_number(value);
}

}  // namespace depthmill::io
