// Layout ultralytics, as Ultralytics' depth task is trained on:
//
//   images/{train,val}/<scene>_00045.jpg
//   depth/{train,val}/<scene>_00045.png     16 bits, 1000 a metre, 0 = no reading
//   depth.yaml                              where what lies; paths from its own folder
//
// Source: the package ultralytics 8.4, data/dataset.py and cfg/datasets/nyu-depth.yaml (facts alone).
#include <algorithm>

#include "stages/pack/encode.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace ultralytics {

constexpr double kScale = 1000;

std::string below(const char* root, const Place& place, const std::string& ending) {
  return std::string(root) + (place.part == Part::kTrain ? "/train/" : "/val/") + place.scene + "_" +
         digits(place.number, 5) + "." + ending;
}
std::string depth_path(const Place& place, const PackOptions&) { return below("depth", place, "png"); }
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  return depth_png(pixels.depth, kScale, place);
}
std::string rgb_path(const Place& place, const PackOptions& options) {
  return below("images", place, options.picture_ending());
}

constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, picture_bytes}};

std::vector<std::pair<std::string, std::string>> description(std::span<const Place> places,
                                                             const PackOptions&) {
  const auto has = [&](Part part) {
    return std::any_of(places.begin(), places.end(), [&](const Place& place) { return place.part == part; });
  };
  if (places.empty()) return {};
  std::string text = "# Paths from the folder of this file.\n";
  if (has(Part::kTrain)) text += "train: images/train\n";
  if (has(Part::kTest)) text += "val: images/val\n";
  return {{"depth.yaml", text + "nc: 1\nnames:\n  0: depth\nchannels: 3\ndepth_scale: 1000\n"}};
}

}  // namespace ultralytics

extern const PackLayout kUltralyticsLayout;

const PackLayout kUltralyticsLayout = {
    .name = "ultralytics",
    .help = "images/ and depth/ with {train,val} and depth.yaml: Ultralytics' depth task",
    .files = ultralytics::kFiles,
    .index = ultralytics::description,
};

}  // namespace depthmill::pack
