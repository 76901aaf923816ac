// Layout bts, as BTS, AdaBins, NeWCRFs, ZoeDepth and GLPDepth are trained on:
//
//   <scene>/rgb_00045.jpg                        480 x 640
//   <scene>/sync_depth_00045.png                 16 bits, millimetres, 0 = no reading, registered, neither cut nor filled
//   nyudepthv2_{train,test}_files_with_gt.txt    "rgb depth focal" a line
//
// Source: cleinc/bts, pytorch/bts_dataloader.py and utils/sync_project_frames_multi_threads.m; NeWCRFs,
// newcrfs/dataloaders/dataloader.py; GLPDepth, code/dataset/nyudepthv2.py. The loaders cut rows 45:472 and columns
// 43:608 without looking at the size, so other sizes are refused.
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace bts {

constexpr const char* kFocal = "518.8579";

std::string rgb_path(const Place& place, const PackOptions& options) {
  return place.scene + "/rgb_" + digits(place.number, 5) + "." + options.picture_ending();
}
std::string depth_path(const Place& place, const PackOptions&) {
  return place.scene + "/sync_depth_" + digits(place.number, 5) + ".png";
}
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  return depth_png(pixels.depth, 1000, place);
}

// Depth first: a picture that is there has its depth.
constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, picture_bytes}};

std::string line_of(const Place& place, const PackOptions& options) {
  const std::string rgb = rgb_path(place, options), depth = depth_path(place, options);
  switch (options.list_style) {
    case ListStyle::kBts:
      return rgb + " " + depth + " " + kFocal + "\n";
    case ListStyle::kNewcrfs:
      return rgb + " " + depth + " " + depth + "\n";
    case ListStyle::kGlpdepth:
      return "/" + rgb + " /" + depth + "\n";
  }
  return "";
}

std::vector<std::pair<std::string, std::string>> lists(std::span<const Place> places,
                                                       const PackOptions& options) {
  std::string train, test;
  for (const Place& place : places) (place.part == Part::kTrain ? train : test) += line_of(place, options);
  std::vector<std::pair<std::string, std::string>> files;
  if (!train.empty()) files.emplace_back("nyudepthv2_train_files_with_gt.txt", train);
  if (!test.empty()) files.emplace_back("nyudepthv2_test_files_with_gt.txt", test);
  return files;
}

}  // namespace bts

extern const PackLayout kBtsLayout;

const PackLayout kBtsLayout = {
    .name = "bts",
    .help = "rgb_N.jpg, sync_depth_N.png and lists: BTS, AdaBins, NeWCRFs, ZoeDepth, GLPDepth",
    .files = bts::kFiles,
    .size = {640, 480},
    .by_scene_type = true,
    .index = bts::lists,
};

}  // namespace depthmill::pack
