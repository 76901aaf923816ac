#include "stages/report/planes.h"

#include "stages/io/artifacts.h"
#include "stages/report/as_scored.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;

// In the run's own planes/, then in the extra folders, which may be run folders or hold the scenes
// themselves.
fs::path locate(const RunData& run, const ReportOptions& options, const std::string& scene,
                const std::string& frame, const char* name) {
  if (fs::path file = io::find_plane(run.folder, scene, frame, name); !file.empty()) return file;
  for (const fs::path& folder : options.planes) {
    if (fs::path file = io::find_plane(folder, scene, frame, name); !file.empty()) return file;
    for (const char* extension : {"png", "h5", "mat", "npy", "pfm", "jpg"}) {
      fs::path file = folder / scene / (frame + "." + name + "." + extension);
      if (fs::exists(file)) return file;
    }
  }
  return {};
}

}  // namespace

FramePlanes read_planes(const RunData& run, const ReportOptions& options, const std::string& scene,
                        const std::string& frame, const std::string& protocol,
                        std::vector<std::string>* warnings, bool with_rgb) {
  FramePlanes planes;
  auto read = [&](const char* name, cv::Mat& into) {
    const fs::path file = locate(run, options, scene, frame, name);
    if (file.empty()) return;
    try {
      into = io::read_plane({file, {}, 1000.0, PlaneCodec::kAuto}, io::plane_kind(name), name);
    } catch (const FrameError& e) {
      if (warnings) warnings->push_back(run.label + ": left out of the pictures: " + e.what());
    }
  };
  if (with_rgb) read(plane::kRgb, planes.rgb);
  read(plane::kRawDepth, planes.raw_depth);
  read(plane::kDepth, planes.depth);
  read(plane::kGt, planes.gt);
  read(plane::kPred, planes.pred);
  const ProtocolScores* scores = run.find(protocol);
  if (scores && scores->protocol) show_as_scored(planes, *scores->protocol);
  return planes;
}

}  // namespace depthmill::report
