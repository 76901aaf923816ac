// What the headers of PNM and PFM files have in common.
#pragma once

#include <cstdint>

namespace depthmill::io {

// White space between the words of a header.
inline bool is_netpbm_space(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace depthmill::io
