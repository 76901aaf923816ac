// Packed bytes, as PNG and HDF5 hold them: the same on every processor and every time, by libdeflate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace depthmill::io {

// The zlib stream (RFC 1950) of these bytes, behind `room_before` bytes that are left to the caller.
std::vector<std::uint8_t> deflated(const std::uint8_t* from, std::size_t size, std::size_t room_before = 0);

}  // namespace depthmill::io
