// Layout h5-scenes: <scene>.h5 with the data sets depth/<frame> and rgb/<frame>, anywhere below the root, as
// stages/pack/h5_scenes.cpp writes them. train.h5 and test.h5 above them show the same frames and are left out.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "stages/data/layout.h"
#include "stages/io/h5_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kDepth = "depth/", kRgb = "rgb/";

// "rgb/00045": its plane's group and its frame; nothing when it lies elsewhere.
std::pair<std::string_view, std::string_view> place_of(std::string_view set) {
  for (const std::string_view group : {kDepth, kRgb})
    if (set.starts_with(group) && set.find('/', group.size()) == set.npos)
      return {group, set.substr(group.size())};
  return {};
}

bool has_both(const std::vector<io::DataSetInfo>& sets) {
  const auto has = [&](std::string_view group) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](const auto& s) { return place_of(s.name).first == group; });
  };
  return has(kDepth) && has(kRgb);
}

// The first file that can be read tells.
bool is_h5_scenes(const Tree& tree) {
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files)
      if (name.ends_with(".h5") && !folder.below_root.empty()) {
        try {
          return has_both(io::list_h5(folder.folder / name, io::H5Layout::kRowMajor));
        } catch (const FrameError&) {  // the next one may be whole
        }
      }
  return false;
}

Listing list_h5_scenes(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  Listing listing;
  listing.failures = unread_folders(tree.folders());
  std::map<std::pair<std::string, std::string>, Frame> frames;
  // Depth is whatever is asked for of it, pictures are pictures.
  const auto plane_for = [&](bool depth) -> std::string {
    for (const std::string& plane : request.planes)
      if (depth ? plane_kind(plane) == PlaneKind::kDepth && plane != plane::kPred : plane == plane::kRgb)
        return plane;
    return "";
  };
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files) {
      ++listing.files;
      const fs::path file = folder.folder / name;
      if (!name.ends_with(".h5")) {
        listing.left_out.push_back({file, "of no format that is read here"});
        continue;
      }
      std::vector<io::DataSetInfo> sets;
      try {
        sets = io::list_h5(file, io::H5Layout::kRowMajor);
      } catch (const FrameError& e) {
        listing.failures.push_back({file.stem().string(), e.reason(), e.what()});
        continue;
      }
      if (!has_both(sets)) {
        listing.left_out.push_back({file, "without depth/N and rgb/N"});
        continue;
      }
      for (const io::DataSetInfo& set : sets) {
        const auto [group, number] = place_of(set.name);
        const std::string plane = group.empty() ? "" : plane_for(group == kDepth);
        if (plane.empty()) continue;
        const std::string scene = file.stem().string();
        Frame& frame = frames[{scene, std::string(number)}];
        frame.scene = scene, frame.name = number;
        PlaneSource& source = frame.sources[plane] = source_for(request, layout, file);
        source.name = set.name;
        source.coding.unit_known = true;  // metres, as the layout has them
      }
    }
  for (auto& [key, frame] : frames) listing.frames.push_back(std::move(frame));
  return listing;
}

}  // namespace

extern const Layout kH5ScenesLayout;

const Layout kH5ScenesLayout = {
    .name = "h5-scenes",
    .gives = "rgb gt raw_depth depth",
    .help = "{train,test}/<scene>.h5 with depth/N and rgb/N, as pack --layout h5-scenes writes them",
    .detect = is_h5_scenes,
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_h5_scenes(request, tree, kH5ScenesLayout); },
};

}  // namespace depthmill::data
