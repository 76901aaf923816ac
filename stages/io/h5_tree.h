// HDF5's trees and heaps: where entries of groups and chunks of data sets are found.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "stages/io/h5_bytes.h"

namespace depthmill::io {

// Every leaf entry of a version 1 B-tree (specification III.A.1) in order of keys: the key before the child,
// and the child's address. `kind`: 0 groups, 1 chunks.
void h5_walk_tree_v1(H5Bytes& file, H5Address root, unsigned kind, std::size_t key_size,
                     const std::function<void(std::span<const std::uint8_t> key, H5Address child)>& visit);

// Every record of a version 2 B-tree (III.A.2), in order.
void h5_walk_tree_v2(H5Bytes& file, H5Address header, const std::function<void(H5Block record)>& visit);

// A fractal heap (III.G), of which small objects are read: those that lie in its blocks or in their own ids.
class H5Heap {
 public:
  H5Heap(H5Bytes& file, H5Address header);
  // The object that an id (specification III.G, "heap ID") stands for.
  H5Block object(std::span<const std::uint8_t> id);

 private:
  H5Address direct_block(H5Address at, std::uint64_t rows, std::uint64_t offset, std::uint64_t& start);
  std::uint64_t row_size(std::uint64_t row) const {
    return row == 0 ? first_size_ : first_size_ << (row - 1);
  }

  H5Bytes& file_;
  std::uint64_t width_ = 0, first_size_ = 0, largest_direct_ = 0, rows_ = 0;  // of the table of blocks
  std::size_t offset_size_ = 0, length_size_ = 0;                             // bytes, inside an id
  H5Address root_ = 0;
};

// Smallest number of bytes that hold `value`.
std::size_t h5_bytes_for(std::uint64_t value);

}  // namespace depthmill::io
