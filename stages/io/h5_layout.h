// Where a data set's numbers lie: in its header, in one piece, or in chunks behind one of six kinds of index.
#pragma once

#include <string>
#include <vector>

#include "stages/io/h5_object.h"

namespace depthmill::io {

// The numbers of a data set, row-major and as they lie in the file (H5Number says how); chunks that were
// never written hold the fill value. `bytes` is their size, all dimensions and the number's size multiplied.
// Memory is taken only after the file was found to hold as much as it promises. FrameError, naming `label`:
//  - kTruncated: the data do not lie inside the file
//  - kUnreadable: promises more than the file holds, other files' bytes, an unknown filter or layout, damage
std::vector<std::uint8_t> h5_read_numbers(H5Bytes& file, const std::vector<H5Message>& messages,
                                          const H5Shape& shape, std::size_t number_size, std::size_t bytes,
                                          const std::string& label);

}  // namespace depthmill::io
