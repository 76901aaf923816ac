// Arithmetic of a network. No torch here.
#pragma once

#include "stages/io/enum_words.h"

namespace depthmill::networks {

// fp32 means fp32 throughout. kTf32: fp32 weights, convolutions and products rounded to 10 bits of mantissa inside on
// GPUs that can (torch's own default for convolutions).
enum class Precision { kFp32, kTf32, kFp16, kBf16 };
inline constexpr auto kPrecisions = io::enum_words<Precision>("fp32", "tf32", "fp16", "bf16");

}  // namespace depthmill::networks
