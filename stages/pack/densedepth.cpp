// Layout densedepth, as DenseDepth and Hu et al. are trained on:
//
//   data/nyu2_train/<scene>_out/1.jpg, 1.png                   depth in 8 bits: 255 = 10 m
//   data/nyu2_test/00000_colors.png, 00000_depth.png           depth in 16 bits: millimetres
//   data/nyu2_train.csv, data/nyu2_test.csv                    "rgb,depth" a line, from the root
//
// Source: ialhashim/DenseDepth, data.py and PyTorch/data.py; JunjH/Revisiting_Single_Depth, loaddata.py. There is no
// sign for "no reading", so depth must be filled; what is beyond 10 m is 10 m.
#include <algorithm>
#include <cmath>

#include "stages/base/adapt.h"
#include "stages/io/png.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace densedepth {

constexpr double kFarthest = 10;  // metres

bool is_train(const Place& place) { return place.part == Part::kTrain; }

std::string stem(const Place& place) {
  return is_train(place) ? "data/nyu2_train/" + place.scene + "_out/" + std::to_string(place.number)
                         : "data/nyu2_test/" + digits(place.in_part, 5);
}

std::string depth_path(const Place& place, const PackOptions&) {
  return stem(place) + (is_train(place) ? ".png" : "_depth.png");
}
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  if (!is_train(place)) return depth_png(pixels.depth, 1000, place);
  cv::Mat samples(pixels.depth.size(), CV_8UC1);
  const auto metres = view<double>(pixels.depth);
  const auto out = view_mut<std::uint8_t>(samples);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(std::clamp(std::floor(metres[i] / kFarthest * 255 + 0.5), 1.0, 255.0));
  return io::encode_png(samples);
}

std::string rgb_path(const Place& place, const PackOptions&) {
  return stem(place) + (is_train(place) ? ".jpg" : "_colors.png");
}
Bytes rgb_bytes(const Pixels& pixels, const Place& place, const PackOptions& options) {
  return is_train(place) ? picture_bytes(pixels, place, options) : io::encode_png(pixels.rgb);
}

constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, rgb_bytes}};

std::vector<std::pair<std::string, std::string>> lists(std::span<const Place> places,
                                                       const PackOptions& options) {
  std::string train, test;
  for (const Place& place : places)
    (is_train(place) ? train : test) += rgb_path(place, options) + "," + depth_path(place, options) + "\n";
  std::vector<std::pair<std::string, std::string>> files;
  if (!train.empty()) files.emplace_back("data/nyu2_train.csv", train);
  if (!test.empty()) files.emplace_back("data/nyu2_test.csv", test);
  return files;
}

}  // namespace densedepth

extern const PackLayout kDensedepthLayout;

const PackLayout kDensedepthLayout = {
    .name = "densedepth",
    .help = "data/nyu2_train (8-bit depth), data/nyu2_test and their CSV: DenseDepth, Hu",
    .files = densedepth::kFiles,
    .depth = PackDepth::kFilled,
    .whole_depth = true,
    .size = {640, 480},
    .jpg_alone = true,
    .first_number = 1,
    .remark = "training depth is in 255 steps of 39 mm, and what is beyond 10 m becomes 10 m",
    .index = densedepth::lists,
};

}  // namespace depthmill::pack
