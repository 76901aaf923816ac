#include "stages/data/folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "stages/data/folders.h"
#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/io/plane_file.h"
#include "stages/io/safe_name.h"
#include "stages/nyu/timestamps.h"
#include "stages/run_folder/plane_files.h"

namespace depthmill::data {
namespace fs = std::filesystem;

std::string frame_name(const PlaneName& name, const fs::path& file) {
  if (!name.frame.empty()) return name.frame;
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  return folder.empty() ? "frame" : folder;
}

PlaneSource source_for(const PlaneRequest& request, const fs::path& file) {
  PlaneSource source;
  source.file = file;
  source.name = request.variable;
  source.depth_scale = request.depth_scale;
  return source;
}

namespace {

using Key = std::pair<std::string, std::string>;  // scene, frame

// How well a file fits: kind of name, place among the planes its word may mean, format, name. Less is better.
using Rank = std::tuple<int, int, int, std::string>;
constexpr int kBorrowedName = 3;  // first part of Rank: named like another plane

struct Found {
  Rank rank;
  PlaneSource source;
};
using Planes = std::map<std::string, Found>;  // plane name -> best file so far

// Place of the file's format among those that can hold the plane, the best being 0; -1 when it cannot.
int format_rank(const fs::path& file, const std::string& plane) {
  const auto formats = io::formats_for(plane_kind(plane));
  const auto at = std::find(formats.begin(), formats.end(), io::find_format(file));
  return at == formats.end() ? -1 : static_cast<int>(at - formats.begin());
}

bool readable_as(const fs::path& file, const std::string& plane) { return format_rank(file, plane) >= 0; }

// The plane of the request that the file serves, and how well; nullopt when none.
std::optional<std::pair<std::string, Rank>> match(const PlaneRequest& request, const fs::path& file,
                                                  const PlaneName& name, bool run_folder) {
  const std::string file_name = file.filename().string();
  const auto ranked = [&](int kind, int place, const std::string& plane) {
    return std::pair(plane, Rank{kind, place, format_rank(file, plane), file_name});
  };
  if (run_folder && name.kind != NameKind::kDotted) return std::nullopt;
  // Raw Kinect codes are no plane of metres, and no image; layout nyu-raw takes them.
  if (const auto raw = nyu::parse_raw_name(file_name); raw && raw->kind != 'r') return std::nullopt;
  std::optional<std::pair<std::string, Rank>> best;
  for (const std::string& plane : request.planes) {
    const int place = place_in_list(name.planes, plane);
    if (place < 0 || !readable_as(file, plane)) continue;
    auto candidate = ranked(name.kind == NameKind::kDotted ? 0 : 1, place, plane);
    if (!best || candidate.second < best->second) best = std::move(candidate);
  }
  if (best || name.kind == NameKind::kDotted) return best;
  const std::string& first = request.planes.front();
  if (!readable_as(file, first)) return std::nullopt;
  if (name.kind == NameKind::kBare) return ranked(2, 0, first);
  // Predictions, and maps that go with them, are often stored under the name of their image.
  if (const PlaneRow* row = find_plane_row(first); row && row->traits.named_like_image)
    return ranked(kBorrowedName, 0, first);
  return std::nullopt;
}

// The planes of the files in and below `root`. In a run folder only names of the form <frame>.<plane>.<ext>
// count.
Listing list_tree(const PlaneRequest& request, const fs::path& root, bool run_folder) {
  std::map<Key, Planes> frames;
  const std::vector<FolderListing> folders = list_folders(root);
  for (const FolderListing& listing : folders)
    for (const std::string& file_name : listing.files) {
      const fs::path file = listing.folder / file_name;
      const PlaneName name = parse_plane_name(file_name);
      auto found = match(request, file, name, run_folder);
      if (!found) continue;
      Planes& planes = frames[{listing.below_root, frame_name(name, file)}];
      const auto at = planes.find(found->first);
      if (at == planes.end() || found->second < at->second.rank)
        planes[found->first] = {std::move(found->second), source_for(request, file)};
    }
  // Borrowed names only serve where there is nothing better in the whole tree.
  const auto borrowed = [](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(),
                       [](const auto& found) { return std::get<0>(found.second.rank) == kBorrowedName; });
  };
  if (!std::all_of(frames.begin(), frames.end(), borrowed)) std::erase_if(frames, borrowed);

  Listing listing;
  listing.failures = unread_folders(folders);
  listing.frames.reserve(frames.size());
  for (auto& [key, planes] : frames) {
    Frame& frame = listing.frames.emplace_back();
    std::tie(frame.scene, frame.name) = key;
    for (auto& [plane, found] : planes) frame.sources[plane] = std::move(found.source);
  }
  return listing;
}

bool is_run_folder(const fs::path& where) {
  std::error_code ignored;
  return fs::is_directory(where / "planes", ignored);
}

bool is_folder(const fs::path& where) {
  std::error_code ignored;
  return fs::is_directory(where, ignored);
}

// The names that the safe ones (safe_name.h) stand for. A long name of a frame begins in the folders above it.
void restore_names(Frame& frame) {
  for (std::size_t slash; io::goes_on(frame.scene); frame.scene.erase(slash)) {
    slash = frame.scene.rfind('/');
    frame.name.insert(0, frame.scene.substr(slash + 1) + "/");
    if (slash == std::string::npos) slash = 0;
  }
  frame.scene = io::name_of_file(frame.scene);
  frame.name = io::name_of_file(frame.name);
}

Listing list_run_folder(const PlaneRequest& request) {
  Listing listing = list_tree(request, request.where / "planes", true);
  for (Frame& frame : listing.frames) restore_names(frame);
  return listing;
}

Listing list_folder(const PlaneRequest& request) { return list_tree(request, request.where, false); }

void write_planes(const fs::path& root, const Frame& frame, const LayoutWriteOptions& options) {
  const fs::path run = root / part_name(options.part);
  for (const auto& [name, values] : frame.planes) {
    const fs::path file = run_folder::plane_path(run, frame.scene, frame.name, name, *options.depth_format);
    io::write_plane(file, values, plane_kind(name), {.depth_scale = options.depth_scale, .name = name});
  }
}

}  // namespace

extern const Layout kPlanesLayout, kFolderLayout;

const Layout kPlanesLayout = {
    .name = "planes",
    .gives = "",
    .help = "a run folder: planes/<scene>/<frame>.<plane>.<ext>",
    .detect = is_run_folder,
    .list = list_run_folder,
    .write = write_planes,
};

const Layout kFolderLayout = {
    .name = "folder",
    .gives = "",
    .help = "any tree of images, planes told by their names: rgb_N + sync_depth_N, N_image, ...",
    .detect = is_folder,
    .list = list_folder,
};

}  // namespace depthmill::data
