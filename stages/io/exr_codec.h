// What lies between exr.cpp and the module lib/depthmill/codecs/exr.so, which alone links OpenEXRCore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace depthmill::io {

// Samples of one channel: rows x cols of the data window, uint32 if `whole` and float32 else.
struct ExrPlane {
  const char* channel;
  bool whole;
  std::uint8_t* samples;
};

struct ExrRequest {
  std::span<const std::uint8_t> bytes;
  int part;
  std::size_t rows, cols;  // of the part's data window; refused where the library finds another one
  std::span<const ExrPlane> planes;
};

struct ExrOutcome {
  std::string problem;      // "" where every sample is there
  bool ends_early = false;  // the file was asked for bytes behind its end
};

using ExrDecodeFunction = void(const ExrRequest& request, ExrOutcome& outcome);
inline constexpr const char* kExrDecodeName = "depthmill_decode_exr";

}  // namespace depthmill::io
