// Layout tum (also ICL-NUIM, Bonn): sequences of RGB-D with a time for every picture, told apart by
//
//   <seq>/rgb.txt, depth.txt        time path; paths are relative to the sequence
//   <seq>/associations.txt          time path time path, in whichever order; the folders say which is depth; or such a
//                                   list itself, whatever it is called
//
// Colour and depth of one frame have different names. Where there are associations they decide; else colour
// and depth are paired as TUM's tool does: of all pairs less than 0.02 s apart the nearest first, each file
// once. Scene = the sequence's folder below the root, frame = the colour picture's stem, which is its time.
// Depth is 16-bit at 5000 a metre. Source: TUM RGB-D benchmark, associate.py; ORB-SLAM2, rgbd_tum.cc.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "stages/data/layout.h"
#include "stages/data/list_file.h"
#include "stages/io/plane_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

constexpr double kLongestGap = 0.02;  // seconds

bool has(const FolderListing& folder, const char* file) {
  return std::binary_search(folder.files.begin(), folder.files.end(), file);
}
bool is_sequence(const FolderListing& folder) {
  return (has(folder, "rgb.txt") && has(folder, "depth.txt")) || has(folder, "associations.txt");
}

bool is_tum(const Tree& tree) {
  if (tree.is_file()) return is_list_name(tree.root()) && names_times_and_pairs(tree.root());
  return std::any_of(tree.folders().begin(), tree.folders().end(), is_sequence);
}

struct Timed {
  double time;
  std::string path;
};

// The time of a picture is its name.
std::vector<Timed> timed_paths(const fs::path& list) {
  std::vector<Timed> timed;
  for (const ListedFrame& listed : read_list(list)) {
    const std::string stem = fs::path(listed.paths[0]).stem().string();
    double time = 0;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), time);
    if (error != std::errc{} || end != stem.data() + stem.size())
      throw std::runtime_error(list.string() + ", line " + std::to_string(listed.line) + ": " +
                               listed.paths[0] + " has no time for a name");
    timed.push_back({time, listed.paths[0]});
  }
  std::sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.time < b.time; });
  return timed;
}

std::vector<ListedPair> pairs_by_time(const std::vector<Timed>& rgb, const std::vector<Timed>& depth,
                                      double gap) {
  std::vector<std::tuple<double, std::size_t, std::size_t>> near;
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    auto at = std::lower_bound(depth.begin(), depth.end(), rgb[i].time - gap,
                               [](const Timed& t, double time) { return t.time < time; });
    for (; at != depth.end() && at->time < rgb[i].time + gap; ++at)
      if (const double apart = std::abs(at->time - rgb[i].time); apart < gap)
        near.emplace_back(apart, i, static_cast<std::size_t>(at - depth.begin()));
  }
  std::sort(near.begin(), near.end());
  std::map<std::size_t, std::size_t> partner;
  std::set<std::size_t> taken;
  for (const auto& [apart, i, j] : near)
    if (!partner.contains(i) && taken.insert(j).second) partner[i] = j;
  std::vector<ListedPair> pairs;
  for (const auto& [i, j] : partner) pairs.push_back({rgb[i].path, depth[j].path});
  return pairs;
}

std::vector<ListedPair> pairs_of(const FolderListing& folder, const PlaneRequest& request, bool& by_time) {
  by_time = !has(folder, "associations.txt");
  if (by_time)
    return pairs_by_time(timed_paths(folder.folder / "rgb.txt"), timed_paths(folder.folder / "depth.txt"),
                         request.max_time_gap > 0 ? request.max_time_gap : kLongestGap);
  std::vector<ListedPair> pairs;
  for (const ListedFrame& listed : read_list(folder.folder / "associations.txt"))
    pairs.push_back(pair_of(listed));
  return pairs;
}

Listing list_tum(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  if (tree.is_file()) {
    Listing listing = list_lines(request, layout);
    listing.how = "pairs and order by the list";
    return listing;
  }
  const std::string& plane = request.planes.front();
  const bool colour = plane_kind(plane) == PlaneKind::kRgb;
  Listing listing;
  listing.failures = unread_folders(tree.folders());
  std::set<std::string> used;
  for (const FolderListing& folder : tree.folders()) {
    if (!is_sequence(folder)) continue;
    bool by_time = false;
    std::vector<ListedPair> pairs = pairs_of(folder, request, by_time);
    if (by_time) listing.how = "rgb paired with depth by nearest time, less than 0.02 s apart";
    if (by_time && request.max_time_gap > 0) listing.how = "rgb paired with depth by nearest time";
    if (!by_time) listing.how = "rgb paired with depth by associations.txt";
    // A picture without depth is a picture still.
    if (colour && has(folder, "rgb.txt")) {
      pairs.clear();
      for (const Timed& timed : timed_paths(folder.folder / "rgb.txt")) pairs.push_back({timed.path, ""});
    }
    for (const ListedPair& pair : pairs) {
      const std::string& word = colour ? pair.first : pair.second;
      if (pair.first.empty() || word.empty()) continue;
      Frame frame;
      frame.scene = folder.below_root;
      frame.name = fs::path(pair.first).stem().string();
      const fs::path file = folder.folder / fs::path(word).relative_path();
      frame.sources[plane] = source_for(request, layout, file);
      used.insert(file.lexically_normal().string());
      std::error_code ignored;
      if (!fs::exists(file, ignored))
        frame.fail(kListStage, FailureReason::kMissingFile,
                   frame.id() + ": " + file.string() + " is not there");
      listing.frames.push_back(std::move(frame));
    }
  }
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files) {
      const fs::path file = folder.folder / name;
      ++listing.files;
      if (used.contains(file.lexically_normal().string())) continue;
      listing.left_out.push_back({file, is_list_name(name) ? "lists"
                                        : io::format_of_name(name)
                                            ? "named by no list, or without a partner in time"
                                            : "of no format that is read"});
    }
  return listing;
}

}  // namespace

extern const Layout kTumLayout;

const Layout kTumLayout = {
    .name = "tum",
    .gives = "rgb gt raw_depth depth",
    .help = "TUM RGB-D, ICL-NUIM, Bonn: rgb.txt and depth.txt, or associations.txt; depth at 5000 a metre",
    .detect = is_tum,
    .list = [](const PlaneRequest& request, const Tree& tree) { return list_tum(request, tree, kTumLayout); },
    .depth_scale = 5000,
};

}  // namespace depthmill::data
