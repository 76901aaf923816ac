// Layout nyu-raw, the raw part of NYU Depth V2: folders of r-*.ppm, d-*.pgm and a-*.dump files, one a scene.
// Scene folders lie at and below the root (any depth; links are followed) and hold at least one well-formed
// raw name (nyu/timestamps.h). Each depth file becomes a frame, in the order and with the partners of
// get_synched_frames over the well-formed names:
//   Frame::scene    the folder's name, or its path below the root where two folders share a name
//   Frame::name     stem of the depth file
//   Frame::sources  raw_rgb, depth_rel (kKinectPgm), and accel (kAccelDump) where there is one
// Notes: no accelerometer files; stray files that the toolbox would have taken for frames; files that
// INDEX.txt lists and that are not there. Failures: a folder that cannot be listed; a scene without depth; a
// scene without RGB, whose depth frames are listed as failed. Only folder listings and INDEX.txt are read.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "stages/data/folders.h"
#include "stages/data/layout.h"
#include "stages/data/pick_frames.h"
#include "stages/io/ordinary_file.h"
#include "stages/nyu/sync.h"
#include "stages/nyu/timestamps.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

struct SceneFolder {
  std::string scene;
  const FolderListing* listing;
};

std::vector<SceneFolder> scene_folders(const std::vector<FolderListing>& folders) {
  std::vector<SceneFolder> scenes;
  std::map<std::string, int> count;
  for (const FolderListing& listing : folders) {
    const auto raw = [](const std::string& name) { return nyu::parse_raw_name(name).has_value(); };
    if (std::none_of(listing.files.begin(), listing.files.end(), raw)) continue;
    std::string scene = fs::canonical(listing.folder).filename().string();
    ++count[scene];
    scenes.push_back({std::move(scene), &listing});
  }
  for (SceneFolder& s : scenes)
    if (count[s.scene] > 1 && !s.listing->below_root.empty()) s.scene = s.listing->below_root;
  return scenes;
}

// "a, b and 3 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::vector<std::string> absent_from_folder(const SceneFolder& scene) {
  std::vector<std::string> absent;
  const fs::path file = scene.listing->folder / "INDEX.txt";
  if (io::refusal_of(file)) return absent;
  const std::vector<std::string>& files = scene.listing->files;
  std::ifstream index(file);
  for (std::string line; std::getline(index, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (nyu::parse_raw_name(line) && !std::binary_search(files.begin(), files.end(), line))
      absent.push_back(line);
  }
  return absent;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

bool has_kind(const nyu::WellFormedNames& names, char kind) {
  return std::any_of(names.kept.begin(), names.kept.end(),
                     [&](const std::string& name) { return name[0] == kind; });
}

Frame make_frame(const SceneFolder& scene, const nyu::SynchedFrame& synched, double max_time_gap) {
  Frame frame;
  frame.scene = scene.scene;
  frame.name = fs::path(synched.depth).stem().string();
  const auto source = [&](const std::string& file) {
    PlaneSource s;
    s.file = scene.listing->folder / file;
    return s;
  };
  frame.sources[plane::kDepthRel] = source(synched.depth);
  if (!synched.accel.empty()) frame.sources[plane::kAccel] = source(synched.accel);
  if (synched.rgb.empty()) {
    frame.fail(kListStage, FailureReason::kNoPartner, frame.id() + ": the scene has no RGB frame");
    return frame;
  }
  frame.sources[plane::kRawRgb] = source(synched.rgb);
  const double gap = std::abs(nyu::synch_seconds(synched.depth) - nyu::synch_seconds(synched.rgb));
  if (max_time_gap > 0 && !(gap <= max_time_gap))
    frame.fail(kListStage, FailureReason::kNoPartner,
               frame.id() + ": the nearest RGB frame " + synched.rgb + " is " + seconds_text(gap) +
                   " s away, more than " + seconds_text(max_time_gap) + " s");
  return frame;
}

void add_scene(const SceneFolder& scene, const PlaneRequest& request, Listing& listing) {
  const auto note = [&](const std::string& text) {
    listing.notes.push_back({scene.scene, FailureReason::kNone, scene.scene + ": " + text});
  };
  const auto failure = [&](FailureReason reason, const std::string& text) {
    listing.failures.push_back({scene.scene, reason, scene.scene + ": " + text});
  };
  nyu::WellFormedNames names = nyu::well_formed_names(scene.listing->files);
  if (!names.strays.empty()) note("left out as no raw frames: " + some_of(names.strays));
  if (const auto absent = absent_from_folder(scene); !absent.empty())
    note("INDEX.txt lists " + std::to_string(absent.size()) +
         " files that are not there: " + some_of(absent));
  if (!has_kind(names, 'd')) {
    failure(FailureReason::kNoPartner, "the scene has no depth frame");
    return;
  }
  if (!has_kind(names, 'r')) failure(FailureReason::kNoPartner, "the scene has no RGB frame");
  if (!has_kind(names, 'a')) note("no accelerometer files");

  const auto synched = nyu::get_synched_frames(std::move(names.kept));
  for (std::size_t i = 0; i < synched.size(); i += static_cast<std::size_t>(request.every))
    listing.frames.push_back(make_frame(scene, synched[i], request.max_time_gap));
}

Listing list_nyu_raw(const PlaneRequest& request, const Tree& tree) {
  const fs::path& root = request.where;
  const std::vector<FolderListing>& folders = tree.folders();
  Listing listing;
  listing.failures = unread_folders(folders);
  const std::vector<SceneFolder> scenes = scene_folders(folders);
  if (scenes.empty() && listing.failures.empty())
    throw std::runtime_error(root.string() +
                             ": no scene folder (with d-*.pgm and r-*.ppm files) at or below");

  const std::set<std::string> wanted(request.scenes.begin(), request.scenes.end());
  std::set<std::string> found;
  for (const SceneFolder& scene : scenes) {
    if (!wanted.empty()) {
      bool named = false;
      for (const std::string& glob : wanted)
        for (const std::string& name :
             {scene.scene, scene.listing->below_root, scene.listing->folder.filename().string()})
          if (matches_glob(glob, name)) named = true, found.insert(glob);
      if (!named) continue;
    }
    add_scene(scene, request, listing);
  }
  for (const std::string& name : wanted)
    if (!found.count(name))
      listing.failures.push_back(
          {name, FailureReason::kMissingFile, "no scene folder of this name at or below " + root.string()});
  return listing;
}

}  // namespace

extern const Layout kNyuRawLayout;

// Never recognised by itself: the folder of raw scenes may hold other images, too.
const Layout kNyuRawLayout = {
    .name = "nyu-raw",
    .gives = "raw_rgb depth_rel accel",
    .help = "raw NYU Depth V2: scene folders of r-*.ppm, d-*.pgm, a-*.dump",
    .list = list_nyu_raw,
};

}  // namespace depthmill::data
