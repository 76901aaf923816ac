// Layout planes: the planes of a run folder, planes/<scene>/<frame>.<plane>.<ext>. Only names of that form count, and
// each says all there is to say.
#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "stages/data/folder.h"
#include "stages/data/folders.h"
#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "stages/io/safe_name.h"
#include "stages/run_folder/inputs.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

using Key = std::pair<std::string, std::string>;  // scene, frame
using Rank = std::pair<int, std::string>;         // place of the format, name; less is better

// The names that the safe ones (safe_name.h) stand for. A long name of a frame begins in the folders above
// it.
void restore_names(Frame& frame) {
  for (std::size_t slash; io::goes_on(frame.scene); frame.scene.erase(slash)) {
    slash = frame.scene.rfind('/');
    frame.name.insert(0, frame.scene.substr(slash + 1) + "/");
    if (slash == std::string::npos) slash = 0;
  }
  frame.scene = io::name_of_file(frame.scene);
  frame.name = io::name_of_file(frame.name);
}

// 16-bit files of a run folder do not say their unit; its journal does, of the planes that a stage has written. What the
// user says otherwise about one side of a comparison is an error; --depth-scale is for what is written, then, and a
// note says so.
void hold_against(const PlaneRequest& request, const std::string& plane, double written, Listing& listing) {
  if (!request.depth_scale || *request.depth_scale == written) return;
  const std::string text = request.where.string() + ": its 16-bit " + plane + " is written in " +
                           io::format_number(written) + " samples a metre";
  if (request.scale_floats)
    throw std::runtime_error(text + ", not " + io::format_number(*request.depth_scale) +
                             ": leave the unit to the folder");
  if (listing.notes.empty())
    listing.notes.push_back({"", FailureReason::kNone,
                             text + " and read so; --depth-scale " + io::format_number(*request.depth_scale) +
                                 " is for what is written"});
}

Listing list_run_planes(const PlaneRequest& request, const Layout& layout, const fs::path& root) {
  std::map<Key, std::map<std::string, std::pair<Rank, fs::path>>> frames;
  const std::vector<FolderListing> folders = list_folders(root);
  for (const FolderListing& folder : folders)
    for (const std::string& file_name : folder.files) {
      const PlaneName name = parse_plane_name(file_name);
      const std::string plane(name.planes);
      if (name.kind != NameKind::kDotted ||
          std::count(request.planes.begin(), request.planes.end(), plane) == 0)
        continue;
      const fs::path file = folder.folder / file_name;
      Rank rank{format_rank(file, plane), file_name};
      if (rank.first < 0) continue;
      auto& planes = frames[{folder.below_root, frame_name(name, file)}];
      const auto at = planes.find(plane);
      if (at == planes.end() || rank < at->second.first) planes[plane] = {std::move(rank), file};
    }
  Listing listing;
  listing.failures = unread_folders(folders);
  const std::map<std::string, double> scales = run_folder::plane_scales(root.parent_path());
  std::error_code absent;
  const bool made_by_us = fs::exists(root.parent_path() / "manifest.csv", absent);
  for (auto& [key, planes] : frames) {
    Frame frame;
    std::tie(frame.scene, frame.name) = key;
    restore_names(frame);
    for (auto& [plane, found] : planes) {
      const bool whole =
          plane_kind(plane) == PlaneKind::kDepth && io::find_format(found.second)->depth_bits == 16;
      const auto scale = scales.find(plane);
      PlaneRequest of_file = request;
      if (whole && scale != scales.end()) {
        hold_against(request, plane, scale->second, listing);
        of_file.depth_scale = scale->second;
      }
      const PlaneSource& source = frame.sources[plane] = source_for(of_file, layout, found.second);
      if (whole && made_by_us && !source.coding.unit_known && listing.notes.empty())
        listing.notes.push_back({"", FailureReason::kNone,
                                 request.where.string() +
                                     ": its journal does not say the unit of its 16-bit " + plane +
                                     ", which is read as " + io::format_number(source.depth_scale) +
                                     " samples a metre (--depth-scale)"});
    }
    listing.frames.push_back(std::move(frame));
  }
  return listing;
}

}  // namespace

extern const Layout kPlanesLayout;

const Layout kPlanesLayout = {
    .name = "planes",
    .gives = "",
    .help = "a run folder: planes/<scene>/<frame>.<plane>.<ext>",
    .detect = [](const Tree& tree) { return tree.has_folder("planes"); },
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_run_planes(request, kPlanesLayout, tree.root() / "planes"); },
};

}  // namespace depthmill::data
