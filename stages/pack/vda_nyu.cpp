// Layout vda-nyu, the videos of Video-Depth-Anything's NYU benchmark (its folder nyuv2/):
//
//   <scene>/rgb/00000.jpg        rows 45:471, columns 41:601 of the undistorted picture
//   <scene>/depth/00000.png      not cut, 16 bits at 6000 a metre, 0 = no reading
//   nyuv2_video_500.json         {"nyuv2": [{"<scene>": [{"image", "gt_depth", "factor"}, ..]}, ..]}
//
// Source: DepthAnything/Video-Depth-Anything, benchmark/dataset_extract/dataset_extract_nyuv2.py. Which frames of the raw
// scenes it was made of, and whether they were filled, is not published: here every depth frame in turn, not filled. The
// published script exchanges red and blue in its pictures; --swap-rb does so, too.
#include <opencv2/imgproc.hpp>

#include "stages/io/json_text.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace vda_nyu {

const cv::Rect kCut(41, 45, 560, 426);
constexpr std::string_view kScenes[] = {"basement_0001a",  "bookstore_0001a", "cafe_0001a",
                                        "classroom_0001a", "kitchen_0003",    "office_0004",
                                        "playroom_0002",   "study_0002"};

std::string rgb_path(const Place& place, const PackOptions& options) {
  return place.scene + "/rgb/" + digits(place.number, 5) + "." + options.picture_ending();
}
Bytes rgb_bytes(const Pixels& pixels, const Place& place, const PackOptions& options) {
  Pixels cut{pixels.rgb(kCut).clone(), {}};
  if (options.swap_rb) cv::cvtColor(cut.rgb, cut.rgb, cv::COLOR_RGB2BGR);
  return picture_bytes(cut, place, options);
}
std::string depth_path(const Place& place, const PackOptions&) {
  return place.scene + "/depth/" + digits(place.number, 5) + ".png";
}
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  return depth_png(pixels.depth, 6000, place);
}

constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, rgb_bytes}};

std::vector<std::pair<std::string, std::string>> list(std::span<const Place> places,
                                                      const PackOptions& options) {
  if (places.empty()) return {};
  std::string text = "{\"nyuv2\": [", scene;
  for (const Place& place : places) {
    if (place.scene != scene) {
      text += (scene.empty() ? "\n{" : "]},\n{") + io::json_text(place.scene) + ": [\n";
      scene = place.scene;
    } else {
      text += ",\n";
    }
    text += "{\"image\": " + io::json_text(rgb_path(place, options)) +
            ", \"gt_depth\": " + io::json_text(depth_path(place, options)) + ", \"factor\": 6000.0}";
  }
  return {{"nyuv2_video_500.json", text + "]}\n]}\n"}};
}

}  // namespace vda_nyu

extern const PackLayout kVdaNyuLayout;

const PackLayout kVdaNyuLayout = {
    .name = "vda-nyu",
    .help = "<scene>/{rgb,depth}/N and nyuv2_video_500.json: Video-Depth-Anything's benchmark",
    .files = vda_nyu::kFiles,
    .size = {640, 480},
    .remark =
        "the benchmark's own choice of frames is not published: these are the first 500 depth frames of a "
        "scene, "
        "not filled",
    .scenes = vda_nyu::kScenes,
    .frames_a_scene = 500,
    .index = vda_nyu::list,
};

}  // namespace depthmill::pack
