#include "stages/report/planes.h"

#include <stdexcept>

#include "stages/data/list_planes.h"
#include "stages/io/artifacts.h"
#include "stages/io/ini.h"
#include "stages/report/as_scored.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;

// A configuration that cannot be read is shown as it is, and names nothing.
io::IniFile parsed(const std::string& config) {
  try {
    return io::IniFile::parse(config, "config.ini");
  } catch (const io::TextFileError&) {
    return {};
  }
}

double depth_scale(const io::IniFile& config) {
  try {
    return config.number("output", "depth-scale", 1000.0);
  } catch (const io::TextFileError&) {
    return 1000.0;
  }
}

double depth_scale_of(const fs::path& folder) {
  try {
    return depth_scale(io::IniFile::read(folder / "config.ini"));
  } catch (const io::TextFileError&) {
    return 1000.0;
  }
}

bool is_run_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "planes", ignored);
}

// The inputs of the run as its evaluation listed them; empty when they are not there any more.
std::vector<Frame> list_inputs(const io::IniFile& config, double scale) {
  std::vector<data::PlaneRequest> requests;
  auto ask = [&](const std::string& key, std::vector<std::string> planes, bool required) {
    const std::string where = config.text("data", key, "");
    if (where.empty()) return;
    const PlaneSource source = io::parse_plane_argument(where);
    requests.push_back({std::move(planes), source.file, scale, source.name, required});
  };
  const std::string gt = config.text("data", "gt-plane", "auto");
  ask("gt",
      gt == "auto" ? std::vector<std::string>{plane::kGt, plane::kRawDepth, plane::kDepth} : std::vector{gt},
      true);
  ask("pred", {plane::kPred}, false);
  ask("images", {plane::kRgb}, false);
  if (requests.empty()) return {};
  std::vector<Frame> frames;
  try {
    frames = data::list_planes(requests).frames;
  } catch (const std::exception&) {
    return {};
  }
  if (gt != "auto" && gt != plane::kGt)
    for (Frame& frame : frames)
      if (auto node = frame.sources.extract(gt)) {
        node.key() = plane::kGt;
        frame.sources.insert(std::move(node));
      }
  return frames;
}

}  // namespace

PlaneFinder::PlaneFinder(const RunData& run, const ReportOptions& options) : run_(run) {
  const io::IniFile config = parsed(run.config);
  const double scale = depth_scale(config);
  folders_.push_back({run.folder, scale});
  for (const fs::path& folder : options.planes) folders_.push_back({folder, depth_scale_of(folder)});
  for (const char* key : {"gt", "pred", "images", "in"})
    if (const fs::path folder = config.text("data", key, ""); !folder.empty() && is_run_folder(folder))
      folders_.push_back({folder, depth_scale_of(folder)});
  for (Frame& frame : list_inputs(config, scale)) listed_[frame.id()] = std::move(frame);
}

bool PlaneFinder::find(const std::string& scene, const std::string& frame, const char* name,
                       PlaneSource& source) const {
  for (const Folder& folder : folders_) {
    source = {};
    source.file = io::find_plane(folder.path, scene, frame, name);
    source.depth_scale = folder.depth_scale;
    if (!source.file.empty()) return true;
    for (const char* extension : {"png", "h5", "mat", "npy", "pfm", "jpg"}) {
      source.file = folder.path / scene / (frame + "." + name + "." + extension);
      if (fs::exists(source.file)) return true;
    }
  }
  auto it = listed_.find(scene.empty() ? frame : scene + "/" + frame);
  // A single pair of files is one frame whatever its names are.
  if (it == listed_.end() && listed_.size() == 1) it = listed_.begin();
  if (it == listed_.end()) return false;
  auto at = it->second.sources.find(name);
  if (at == it->second.sources.end()) return false;
  source = at->second;
  return true;
}

FramePlanes PlaneFinder::read(const std::string& scene, const std::string& frame, const std::string& protocol,
                              std::vector<std::string>* warnings, bool with_rgb) const {
  FramePlanes planes;
  auto read = [&](const char* name, cv::Mat& into) {
    PlaneSource source;
    if (!find(scene, frame, name, source)) return;
    try {
      into = io::read_plane(source, io::plane_kind(name), name);
    } catch (const FrameError& e) {
      if (warnings) warnings->push_back(run_.label + ": left out of the pictures: " + e.what());
    }
  };
  if (with_rgb) read(plane::kRgb, planes.rgb);
  read(plane::kRawDepth, planes.raw_depth);
  read(plane::kDepth, planes.depth);
  read(plane::kGt, planes.gt);
  read(plane::kPred, planes.pred);
  const ProtocolScores* scores = run_.find(protocol);
  if (scores && scores->protocol) show_as_scored(planes, *scores->protocol);
  return planes;
}

}  // namespace depthmill::report
