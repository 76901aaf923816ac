// Weights and pictures by formula, as the golden vectors of SD-ConvTrans use them: every value follows from a
// name, a seed and a position, so that no weight file is needed. Exact in integer and double arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace depthmill::test {

// FNV-1a of the name plus seed * 0x9E3779B97F4A7C15.
std::uint64_t formula_key(std::string_view name, std::uint64_t seed);
std::uint64_t formula_raw(std::uint64_t key, std::uint64_t i);
// In [-1, 1), 24 bits.
double formula_unit(std::uint64_t key, std::uint64_t i);

// The tensor of that state_dict name; `prefix` goes before the name in the key alone. num_batches_tracked is
// 0.
std::vector<float> formula_weights(const std::string& name, const std::vector<std::int64_t>& shape,
                                   std::uint64_t seed, const std::string& prefix = "");
// `count` values of formula_unit of the name.
std::vector<float> formula_values(const std::string& name, std::size_t count, std::uint64_t seed);

// channels x height x width bytes: a smooth lattice of spacing `cell` with an eighth of noise.
std::vector<std::uint8_t> formula_picture(const std::string& name, int channels, int height, int width,
                                          int cell, std::uint64_t seed);
// (channel 0 + 16) / 288: depth / 10 metres.
std::vector<float> formula_depth01(const std::string& name, int height, int width, int cell,
                                   std::uint64_t seed);

// CRC-32 with the zlib polynomial.
std::uint32_t crc32(const void* data, std::size_t bytes);

}  // namespace depthmill::test
