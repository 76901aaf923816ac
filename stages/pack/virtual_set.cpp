#include "stages/pack/virtual_set.h"

#include <algorithm>

#include "stages/io/h5_handle.h"

namespace depthmill::pack {
namespace {

io::H5Handle without_times() {
  io::H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  return creation;
}

io::H5Handle space_of(const std::vector<hsize_t>& shape) {
  return {H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose};
}

}  // namespace

bool put_virtual(hid_t out, const char* name, std::vector<hsize_t> shape, hid_t type,
                 std::span<const VirtualPiece> pieces) {
  const io::H5Handle source = space_of(shape);
  std::vector<hsize_t> start(shape.size() + 1, 0), block{1};
  block.insert(block.end(), shape.begin(), shape.end());
  const std::vector<hsize_t> each(block.size(), 1);
  shape.insert(shape.begin(), pieces.size());
  const io::H5Handle space = space_of(shape), whole = space_of(shape), creation = without_times();
  for (start[0] = 0; start[0] < pieces.size(); ++start[0])
    if (const VirtualPiece& piece = pieces[start[0]];
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, each.data(), block.data()) < 0 ||
        H5Pset_virtual(creation, space, piece.file.c_str(), piece.set.c_str(), source) < 0)
      return false;
  const io::H5Handle set(H5Dcreate2(out, name, type, whole, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
  return set.ok();
}

bool put_texts(hid_t out, const char* name, std::span<const std::string> texts) {
  std::size_t longest = 1;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  std::string all;
  for (const std::string& text : texts) all += text + std::string(longest - text.size(), '\0');
  const io::H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space = space_of({texts.size()}),
                                                        creation = without_times();
  H5Tset_size(type, longest);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  const io::H5Handle set(H5Dcreate2(out, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
  return set.ok() && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) >= 0;
}

}  // namespace depthmill::pack
