// HDF5 data sets that lie in other files.
#pragma once

#include <hdf5.h>

#include <span>
#include <string>
#include <vector>

namespace depthmill::pack {

// One frame's data set: its file, by the path from the file that names it, and its path therein.
struct VirtualPiece {
  std::string file, set;
};

// Below `out`, a data set of N x `shape` that is made of these, one behind the other. Without time stamps, as all that is
// written here. False when the library refuses.
bool put_virtual(hid_t out, const char* name, std::vector<hsize_t> shape, hid_t type,
                 std::span<const VirtualPiece> pieces);

// Texts of one length, filled up with NUL.
bool put_texts(hid_t out, const char* name, std::span<const std::string> texts);

}  // namespace depthmill::pack
