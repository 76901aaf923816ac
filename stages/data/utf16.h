// Text of MATLAB's cells: UTF-16 code units in the file, UTF-8 here.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::data {

// A half of a surrogate pair alone becomes U+FFFD.
std::string utf8_from_utf16(std::u16string_view units);
// Bytes that are no UTF-8 become U+FFFD, one each.
std::u16string utf16_from_utf8(std::string_view text);

}  // namespace depthmill::data
