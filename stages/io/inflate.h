// Unpacking what deflate packed, by ISA-L: pictures, chunks of HDF5, variables of MATLAB.
#pragma once

#include <cstdint>
#include <span>

namespace depthmill::io {

// Deflate makes at most 1032 bytes of one.
inline constexpr std::uint64_t kMostOfOneByte = 1032;

// `packed` is one zlib stream. True when it holds exactly as many bytes as `out` has and its checksum is
// right.
bool inflate_zlib(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out);

// The first bytes of the stream, as many as `out` has or the stream holds; 0 when it is damaged. The checksum
// is not looked at.
std::size_t inflate_beginning(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out);

}  // namespace depthmill::io
