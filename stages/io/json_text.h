// Values as JSON.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::io {

// With its quotes; bytes that are no UTF-8 and control characters show as U+FFFD.
std::string json_text(std::string_view text);

// A JSON number with every digit; null for NaN, "inf" and "-inf" as strings, since JSON has no number for
// them.
std::string json_number(double value);

}  // namespace depthmill::io
