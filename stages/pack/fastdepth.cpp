// Layout fastdepth, as FastDepth, sparse-to-dense, NLSPN and CSPN are trained on:
//
//   train/<scene>/00001.h5, val/<scene>/00001.h5 (of the labelled set val/official/00001.h5)
//     rgb    uint8    3 x 480 x 640
//     depth  float32  480 x 640, metres, 0 = no reading
//
// and train.h5, val.h5: virtual data sets of the same names over all of them, N x 3 x 480 x 640 and N x 480 x 640, with
// the `file` that each frame is in.
//
// Source: dwofk/fast-depth, dataloaders/; the scale of the loaders, 250/480, expects this size. FastDepth holds files
// called 00001.h5 and 00201.h5 back from training.
#include <hdf5.h>

#include "stages/io/h5_handle.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"
#include "stages/pack/virtual_set.h"

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

constexpr hsize_t kRows = 480, kCols = 640;

// train.h5 and val.h5, beside the folders, where the loaders do not look: all frames of a part as one data set that lies
// in their files.
std::vector<std::pair<std::string, std::string>> list(std::span<const Place> places,
                                                      const PackOptions& options) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [part, name] : {std::pair{Part::kTrain, "train.h5"}, {Part::kTest, "val.h5"}}) {
    std::vector<std::string> files;
    std::vector<VirtualPiece> depth, rgb;
    for (const Place& place : places)
      if (place.part == part) {
        files.push_back(path(place, options));
        depth.push_back({files.back(), "depth"}), rgb.push_back({files.back(), "rgb"});
      }
    if (files.empty()) continue;
    const auto bytes = io::h5_bytes(name, [&](hid_t out) {
      return put_virtual(out, "depth", {kRows, kCols}, H5T_IEEE_F32LE, depth) &&
             put_virtual(out, "rgb", {3, kRows, kCols}, H5T_STD_U8LE, rgb) && put_texts(out, "file", files);
    });
    all.emplace_back(name, std::string(bytes.begin(), bytes.end()));
  }
  return all;
}

}  // namespace fastdepth

extern const PackLayout kFastdepthLayout;

const PackLayout kFastdepthLayout = {
    .name = "fastdepth",
    .help = "{train,val}/<scene>/N.h5 with rgb and depth: FastDepth, sparse-to-dense, NLSPN",
    .files = fastdepth::kFiles,
    .size = {fastdepth::kCols, fastdepth::kRows},
    .labeled_depth = PackDepth::kFilled,
    .first_number = 1,
    .index = fastdepth::list,
};

}  // namespace depthmill::pack
