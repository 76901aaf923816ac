// Matrix products of the inference on the processor: the weights are packed once, when the network is loaded, the other
// side in the form in which the kernels read it, as it is made. BLAS packs both sides for every call, which costs a
// fifth of the time where a map is small, and falls back to kernels of long ago on processors that it does not know.
// Kernels for AVX-512, for AVX2 with FMA and for any other processor, chosen at run time. No torch in this header.
#pragma once

#include <cstdint>
#include <vector>

namespace depthmill::sd_convtrans {

// A block of the product is kRows rows by at most kLanes columns, called lanes here.
inline constexpr std::int64_t kRows = 8, kLanes = 48;

// `n` as whole blocks of `size`, counted in blocks.
constexpr std::int64_t blocks_of(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

// The left side, rows x depth.
class PackedRows {
 public:
  PackedRows() = default;
  // matrix: rows x depth, row-major.
  PackedRows(const float* matrix, std::int64_t rows, std::int64_t depth);
  std::int64_t blocks() const { return blocks_of(rows_, kRows); }
  std::int64_t rows() const { return rows_; }
  std::int64_t depth() const { return depth_; }
  // Block i: depth x kRows, the rows that are missing in the last one zero.
  const float* block(std::int64_t i) const { return values_.data() + i * depth_ * kRows; }

 private:
  std::vector<float> values_;
  std::int64_t rows_ = 0, depth_ = 0;
};

// out[r * pitch + t] = the product's row r and lane t, r < kRows and t < `lanes`, which is 16, 32 or 48.
// left: a block of PackedRows; right: depth x kLanes, every lane below `lanes` set.
using BlockProduct = void(const float* left, const float* right, std::int64_t depth, std::int64_t lanes,
                          float* out, std::int64_t pitch);

// The kernel for this processor. As LibTorch's own kernels it goes no further than ATEN_CPU_CAPABILITY says (default,
// avx2), which is read once.
BlockProduct* block_product();

// Those of this processor, best first: for tests.
std::vector<BlockProduct*> block_products();

// Room for `count` floats, on a whole cache line, that this thread keeps for its next call: fresh pages cost as much as
// filling them. What was in it is gone with the next call.
float* workspace(std::int64_t count);

}  // namespace depthmill::sd_convtrans
