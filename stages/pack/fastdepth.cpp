// Layout fastdepth, as FastDepth, sparse-to-dense, NLSPN and CSPN are trained on:
//
//   train/<scene>/00001.h5, val/<scene>/00001.h5 (of the labelled set val/official/00001.h5)
//     rgb    uint8    3 x 480 x 640
//     depth  float32  480 x 640, metres, 0 = no reading
//
// Source: dwofk/fast-depth, dataloaders/; the scale of the loaders, 250/480, expects this size. FastDepth holds files
// called 00001.h5 and 00201.h5 back from training.
#include <hdf5.h>

#include "stages/io/h5_handle.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace fastdepth {

std::string path(const Place& place, const PackOptions& options) {
  const std::string folder = place.part == Part::kTrain ? "train/" + place.scene
                             : options.official         ? "val/official"
                                                        : "val/" + place.scene;
  return folder + "/" + digits(place.number, 5) + ".h5";
}

Bytes bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  std::vector<cv::Mat> channels;
  cv::split(pixels.rgb, channels);
  cv::Mat planar;
  for (const cv::Mat& channel : channels) planar.push_back(channel);
  const auto rows = static_cast<hsize_t>(pixels.rgb.rows), cols = static_cast<hsize_t>(pixels.rgb.cols);
  return io::h5_bytes(place.source, [&](hid_t out) {
    const io::H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    const auto write = [&](const char* name, std::vector<hsize_t> shape, hid_t stored, hid_t memory,
                           const void* data) {
      const io::H5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                               H5Sclose);
      const io::H5Handle set(H5Dcreate2(out, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                             H5Dclose);
      return set.ok() && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    };
    return write("depth", {rows, cols}, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, pixels.depth.data) &&
           write("rgb", {3, rows, cols}, H5T_STD_U8LE, H5T_NATIVE_UINT8, planar.data);
  });
}

constexpr FileRule kFiles[] = {{path, bytes}};

}  // namespace fastdepth

extern const PackLayout kFastdepthLayout;

const PackLayout kFastdepthLayout = {
    .name = "fastdepth",
    .help = "{train,val}/<scene>/N.h5 with rgb and depth: FastDepth, sparse-to-dense, NLSPN",
    .files = fastdepth::kFiles,
    .size = {640, 480},
    .labeled_depth = PackDepth::kFilled,
    .first_number = 1,
};

}  // namespace depthmill::pack
