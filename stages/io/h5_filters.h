// The filters through which HDF5 writes chunks (specification IV.A.2.l), backwards: what is read here is
// deflate, shuffle, Fletcher32 and h5py's LZF.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stages/io/h5_object.h"

namespace depthmill::io {

struct H5Filter {
  std::uint64_t id = 0;
  std::string name;  // as the file gives it; often ""
};

// In the order in which they were applied. FrameError(kUnreadable) that names a filter that is not known
// here; `label` is the data set's.
std::vector<H5Filter> h5_filters(H5Bytes& file, const std::vector<H5Message>& messages,
                                 const std::string& label);

// The `size` bytes of a chunk as they were before the filters, of which the bits of `skipped` leave out some
// (bit 0: the first). Nothing when they are damaged.
std::vector<std::uint8_t> h5_unpack(std::vector<std::uint8_t> stored, const std::vector<H5Filter>& filters,
                                    std::uint64_t skipped, std::size_t size, std::size_t number_size);

}  // namespace depthmill::io
