// Layout h5-scenes, one HDF5 file a scene and one over all:
//
//   train/<scene>.h5, test/<scene>.h5
//     depth/00045  float32  rows x columns, metres, 0 = no reading
//     rgb/00045    uint8    rows x columns x 3
//   train.h5, test.h5: virtual data sets depth (N x rows x columns) and rgb (N x rows x columns x 3) over all frames of a
//     part, with the `scene` and the `frame` of each
//
// A frame is one chunk, shuffled and packed as h5py's shuffle and gzip would. All frames are of one size, that of --resize
// or 480 x 640, as a data set over all of them has but one.
#include <hdf5.h>

#include <map>

#include "stages/io/deflate.h"
#include "stages/io/h5_large_file.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"
#include "stages/pack/virtual_set.h"

namespace depthmill::pack {
namespace h5_scenes {

constexpr int kDeflateLevel = 1;  // what the file says; readers do not ask

cv::Size size_of(const PackOptions& options) {
  return options.resize ? cv::Size(options.resize->second, options.resize->first) : cv::Size(640, 480);
}

std::string part_of(const Place& place) { return place.part == Part::kTrain ? "train" : "test"; }
std::string file_of(const Place& place, const PackOptions&) {
  return part_of(place) + "/" + place.scene + ".h5";
}
std::string set_of(const Place& place, const char* plane) {
  return std::string(plane) + "/" + digits(place.number, 5);
}

void hold_size(const Pixels& pixels, const Place& place, const PackOptions& options) {
  const cv::Size size = size_of(options);
  if (pixels.rgb.size() != size)
    throw FrameError(FailureReason::kWrongSize, place.source + ": is " + std::to_string(pixels.rgb.rows) +
                                                    " x " + std::to_string(pixels.rgb.cols) +
                                                    "; the data set over all frames has one size, " +
                                                    std::to_string(size.height) + " x " +
                                                    std::to_string(size.width) + " (--resize HEIGHTxWIDTH)");
}

// The bytes of each sample apart, as HDF5's filter has them: those of one place are alike, and pack better.
Bytes shuffled(const std::uint8_t* bytes, std::size_t count, std::size_t sample) {
  Bytes out(count * sample);
  for (std::size_t b = 0; b < sample; ++b)
    for (std::size_t i = 0; i < count; ++i) out[b * count + i] = bytes[i * sample + b];
  return out;
}

// Members are called by scene as well, so that no two frames of a set have one.
std::string depth_path(const Place& place, const PackOptions&) {
  return place.scene + "/" + set_of(place, "depth");
}
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions& options) {
  hold_size(pixels, place, options);
  cv::Mat depth;
  pixels.depth.convertTo(depth, CV_32F);
  const Bytes apart = shuffled(depth.data, depth.total(), sizeof(float));
  return io::deflated(apart.data(), apart.size());
}

std::string rgb_path(const Place& place, const PackOptions&) {
  return place.scene + "/" + set_of(place, "rgb");
}
Bytes rgb_bytes(const Pixels& pixels, const Place&, const PackOptions&) {
  const cv::Mat rgb = pixels.rgb.isContinuous() ? pixels.rgb : pixels.rgb.clone();
  return io::deflated(rgb.data, rgb.total() * rgb.elemSize());
}

constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, rgb_bytes}};

class SceneFile : public FileGroup {
 public:
  SceneFile(const std::filesystem::path& file, cv::Size size) : file_(file), size_(size) {}
  void add(const Frame& frame) override {
    for (const auto& file : frame.files)
      file_.fill(
          [&](hid_t out) { return put(out, file.first.substr(file.first.find('/') + 1), file.second); });
  }
  void close() override { file_.close(); }

 private:
  bool put(hid_t out, const std::string& set_name, const Bytes& chunk) const {
    const bool depth = set_name.starts_with("depth/");
    std::vector<hsize_t> shape{static_cast<hsize_t>(size_.height), static_cast<hsize_t>(size_.width)};
    if (!depth) shape.push_back(3);
    const int dimensions = static_cast<int>(shape.size());
    const io::H5Handle space(H5Screate_simple(dimensions, shape.data(), nullptr), H5Sclose);
    const io::H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const io::H5Handle groups(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    if (H5Pset_obj_track_times(creation, false) < 0 || H5Pset_chunk(creation, dimensions, shape.data()) < 0 ||
        (depth && H5Pset_shuffle(creation) < 0) || H5Pset_deflate(creation, kDeflateLevel) < 0 ||
        H5Pset_create_intermediate_group(groups, 1) < 0)
      return false;
    const io::H5Handle set(H5Dcreate2(out, set_name.c_str(), depth ? H5T_IEEE_F32LE : H5T_STD_U8LE, space,
                                      groups, creation, H5P_DEFAULT),
                           H5Dclose);
    const hsize_t first[3] = {0, 0, 0};
    return set.ok() && H5Dwrite_chunk(set, H5P_DEFAULT, 0, first, chunk.size(), chunk.data()) >= 0;
  }

  io::H5LargeFile file_;
  cv::Size size_;
};

std::vector<std::pair<std::string, std::string>> list(std::span<const Place> places,
                                                      const PackOptions& options) {
  const auto rows = static_cast<hsize_t>(size_of(options).height),
             cols = static_cast<hsize_t>(size_of(options).width);
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [part, name] : {std::pair{Part::kTrain, "train.h5"}, {Part::kTest, "test.h5"}}) {
    std::vector<VirtualPiece> depth, rgb;
    std::vector<std::string> scenes, frames;
    for (const Place& place : places)
      if (place.part == part) {
        depth.push_back({file_of(place, options), set_of(place, "depth")});
        rgb.push_back({file_of(place, options), set_of(place, "rgb")});
        scenes.push_back(place.scene), frames.push_back(place.frame);
      }
    if (scenes.empty()) continue;
    const auto bytes = io::h5_bytes(name, [&](hid_t out) {
      return put_virtual(out, "depth", {rows, cols}, H5T_IEEE_F32LE, depth) &&
             put_virtual(out, "rgb", {rows, cols, 3}, H5T_STD_U8LE, rgb) && put_texts(out, "scene", scenes) &&
             put_texts(out, "frame", frames);
    });
    all.emplace_back(name, std::string(bytes.begin(), bytes.end()));
  }
  return all;
}

}  // namespace h5_scenes

extern const PackLayout kH5ScenesLayout;

const PackLayout kH5ScenesLayout = {
    .name = "h5-scenes",
    .help = "{train,test}/<scene>.h5 with depth/N and rgb/N, and train.h5, test.h5 over all: h5py",
    .files = h5_scenes::kFiles,
    .index = h5_scenes::list,
    .group = h5_scenes::file_of,
    .open_group = [](const std::filesystem::path& file,
                     const PackOptions& options) -> std::unique_ptr<FileGroup> {
      return std::make_unique<h5_scenes::SceneFile>(file, h5_scenes::size_of(options));
    },
};

}  // namespace depthmill::pack
