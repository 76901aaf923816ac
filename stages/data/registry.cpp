#include "stages/data/registry.h"

#include <algorithm>
#include <map>
#include <set>

#include "stages/data/folder.h"
#include "stages/data/nyu_raw.h"

namespace depthmill::data {
namespace {

Listing list_raw(const DatasetQuery& query) {
  NyuRawOptions options;
  options.scenes = query.scenes;
  options.every = query.every;
  options.max_time_gap = query.max_time_gap;
  return list_nyu_raw(query.root, options);
}

// The scenes asked for, every n-th frame of each; scenes that are not there become failures.
Listing thinned(Listing listing, const DatasetQuery& query) {
  const std::set<std::string> wanted(query.scenes.begin(), query.scenes.end());
  std::map<std::string, int> count;
  std::vector<Frame> frames;
  for (Frame& frame : listing.frames) {
    if (!wanted.empty() && !wanted.count(frame.scene)) continue;
    if (count[frame.scene]++ % std::max(1, query.every) == 0) frames.push_back(std::move(frame));
  }
  for (const std::string& scene : wanted)
    if (!count.count(scene))
      listing.failures.push_back(
          {scene, FailureReason::kMissingFile, "no folder of this name holds its planes"});
  listing.frames = std::move(frames);
  number_frames(listing.frames);
  return listing;
}

Listing list_images(const DatasetQuery& query) {
  const std::vector<PlaneRequest> requests{{.planes = {plane::kRgb}, .where = query.root}};
  return thinned(list_planes(requests), query);
}

Listing list_pairs(const DatasetQuery& query) {
  const std::vector<PlaneRequest> requests{
      {.planes = {plane::kRgb}, .where = query.root},
      {.planes = {plane::kRawDepth}, .where = query.root, .depth_scale = query.depth_scale}};
  return thinned(list_planes(requests), query);
}

constexpr Dataset kDatasets[] = {
    {"nyu_raw", "raw_rgb depth_rel accel", "raw NYU Depth V2: scene folders of r-*.ppm, d-*.pgm, a-*.dump",
     list_raw},
    {"pairs", "rgb raw_depth",
     "RGB with registered depth: a run folder, rgb_N + sync_depth_N, a list file, ...", list_pairs},
    {"images", "rgb", "RGB alone: a run folder, any folder of images, a list file, one image", list_images},
};

}  // namespace

std::span<const Dataset> datasets() { return kDatasets; }

const Dataset* find_dataset(std::string_view name) {
  for (const Dataset& row : kDatasets)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace depthmill::data
