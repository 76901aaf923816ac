// Packed bytes, as PNG and HDF5 hold them: the same on every processor and every time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace depthmill::io {

// The zlib stream (RFC 1950) of these bytes by libdeflate, behind `room_before` bytes that are left to the caller.
std::vector<std::uint8_t> deflated(const std::uint8_t* from, std::size_t size, std::size_t room_before = 0);

// The same of at least one byte, with no repetition but runs of one byte looked for: for differences of pixels of
// photographs and depth, in which little else repeats. Two to five times as fast there, and not larger.
std::vector<std::uint8_t> deflated_runs(const std::uint8_t* from, std::size_t size,
                                        std::size_t room_before = 0);

}  // namespace depthmill::io
