#include "stages/report/planes.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "stages/data/list_planes.h"
#include "stages/data/pick_frames.h"
#include "stages/io/calibration.h"
#include "stages/io/plane_file.h"
#include "stages/report/as_scored.h"
#include "stages/run_folder/plane_files.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;

bool is_run_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "planes", ignored);
}

// The frames of these places, joined as the evaluation joined them; none when they are not there any more.
FrameList list(const std::vector<data::PlaneRequest>& requests) {
  if (requests.empty()) return {};
  try {
    FrameList frames = data::list_planes(requests).frames;
    data::hang_masks(frames);
    return frames;
  } catch (const std::exception&) {
    return {};
  }
}

// Planes that the evaluation looked at. Another plane of the same name may lie nearer, in the run folder, but
// it is not the one that was scored.
bool was_scored(std::string_view name) {
  return name == plane::kPred || name == plane::kPredMirror || name == plane::kGt ||
         name == plane::kRawDepth || name == plane::kDepth;
}

}  // namespace

PlaneFinder::PlaneFinder(const RunData& run, const ReportOptions& options) : run_(run) {
  const run_folder::RunInputs& inputs = run.inputs;
  const auto look_in = [&](const fs::path& folder) {
    folders_.push_back(
        {folder, run_folder::plane_scales(folder), run_folder::read_inputs(folder).depth_scale});
  };
  look_in(run.folder);
  for (const fs::path& folder : options.planes) look_in(folder);
  for (const std::string& folder : {inputs.gt, inputs.pred, inputs.images, inputs.in})
    if (!folder.empty() && is_run_folder(folder)) look_in(folder);

  std::vector<data::PlaneRequest> together;
  // As the run read them: with the unit and the layout that either side was told.
  const auto request = [&](const std::string& where, std::vector<std::string> planes, bool required) {
    const bool pred =
        planes.front() == plane::kPredMirror || (planes.size() == 1 && planes.front() == inputs.pred_plane);
    const bool colour = plane_kind(planes.front()) == PlaneKind::kRgb;
    const double own_scale = pred ? inputs.pred_scale : inputs.gt_scale;
    const std::string& layout = pred ? inputs.pred_layout : inputs.layout;
    const PlaneSource source = io::parse_plane_argument(where);
    data::PlaneRequest asked;
    asked.planes = std::move(planes);
    asked.where = source.file;
    asked.variable = source.name;
    asked.required = required;
    if (layout != "auto" && !colour) asked.layout = layout;
    if (own_scale > 0) {
      asked.depth_scale = own_scale;
      asked.scale_floats = true;
    } else if (inputs.depth_scale != 1000) {  // what nobody told is the layout's
      asked.depth_scale = inputs.depth_scale;
    }
    std::error_code absent;
    if (pred && fs::exists(inputs.calibration, absent))
      asked.calibration = io::read_calibration(inputs.calibration);
    if (!inputs.no_reading.empty()) {
      asked.no_reading.emplace();
      for (const std::string& word : inputs.no_reading)
        if (const auto sample = data::sample_value(word)) asked.no_reading->push_back(*sample);
    }
    return asked;
  };
  const auto ask = [&](const std::string& where, std::vector<std::string> planes, bool required) {
    if (!where.empty()) together.push_back(request(where, std::move(planes), required));
  };
  ask(inputs.gt, data::gt_planes(inputs.gt_plane), true);
  if (inputs.pred_plane == plane::kPred) ask(inputs.pred, {plane::kPred}, false);
  ask(inputs.pred_mirror, {plane::kPredMirror}, false);
  ask(inputs.images, {plane::kRgb}, false);

  if (!inputs.mask.empty() && !together.empty()) {
    together.push_back({.planes = {data::kMaskPlane}, .where = inputs.mask});
    together.back().required = false;
  }

  // A plane that took the part of another, `depth` scored as `pred`, is listed under that part.
  const auto take = [&](FrameList frames, const std::string& name, const char* part) {
    auto listed = std::make_unique<Listed>(Listed{std::move(frames), {}, name, part});
    listed->by_id.emplace(listed->frames);
    listed_.push_back(std::move(listed));
  };
  if (inputs.pred_plane != plane::kPred && !inputs.pred.empty())
    take(list({request(inputs.pred, {inputs.pred_plane}, true)}), inputs.pred_plane, plane::kPred);
  FrameList truths = list(together);
  if (inputs.gt_plane == "auto" && !is_run_folder(inputs.gt)) data::take_only_depth(truths);
  take(std::move(truths), inputs.gt_plane, plane::kGt);
  std::set<std::string> ids;
  for (const auto& listed : listed_)
    for (std::size_t i = 0; i < std::min<std::size_t>(2, listed->frames.size()); ++i)
      ids.insert(listed->frames.id(i));
  if (ids.size() == 1) only_id_ = *ids.begin();
}

bool PlaneFinder::find(const std::string& scene, const std::string& frame, const char* name,
                       PlaneSource& source) const {
  return was_scored(name)
             ? find_listed(scene, frame, name, source) || find_beside(scene, frame, name, source)
             : find_beside(scene, frame, name, source) || find_listed(scene, frame, name, source);
}

bool PlaneFinder::find_listed(const std::string& scene, const std::string& frame, const char* name,
                              PlaneSource& source) const {
  const auto id = only_id_.empty() ? frame_id(scene, frame) : only_id_;
  bool found = false;
  for (const auto& listed : listed_)
    if (const auto places = listed->by_id->find(id); !places.empty() && !found)
      for (const auto& [plane_name, one] : listed->frames[places.back()].sources)
        if (name == (plane_name == listed->name ? listed->part : plane_name)) source = one, found = true;
  return found;
}

bool PlaneFinder::find_beside(const std::string& scene, const std::string& frame, const char* name,
                              PlaneSource& source) const {
  for (const Folder& folder : folders_) {
    source = {};
    source.file = run_folder::find_plane(folder.path, scene, frame, name);
    const auto scale = folder.scales.find(name);
    source.depth_scale = scale == folder.scales.end() ? folder.otherwise : scale->second;
    if (source.file.empty()) source.file = run_folder::find_plane_below(folder.path, scene, frame, name);
    if (!source.file.empty()) return true;
  }
  return false;
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
  if (scores && scores->protocol) {
    if (scores->protocol->flip != metrics::Flip::kNone) read(plane::kPredMirror, planes.pred_mirror);
    show_as_scored(planes, *scores->protocol);
  }
  return planes;
}

ScoredPlanes PlaneFinder::read_scored(const std::string& scene, const std::string& frame,
                                      const metrics::Protocol& protocol) const {
  const auto read = [&](const char* name) {
    PlaneSource source;
    // Another truth than the one that the run was scored against gives other numbers.
    const bool truth = std::string_view(name) != plane::kPred && std::string_view(name) != plane::kPredMirror;
    const bool found = truth && !run_.inputs.gt.empty() ? find_listed(scene, frame, name, source)
                                                        : find(scene, frame, name, source);
    return found ? io::read_plane(source, io::plane_kind(name), name) : cv::Mat();
  };
  ScoredPlanes planes{.pred = read(plane::kPred)};
  if (protocol.flip != metrics::Flip::kNone) planes.pred_mirror = read(plane::kPredMirror);
  planes.gt = read(plane::kGt);
  if (planes.gt.empty() && protocol.gt == metrics::GtKind::kRaw) planes.raw_depth = read(plane::kRawDepth);
  if (planes.gt.empty() && protocol.gt == metrics::GtKind::kFilled) planes.depth = read(plane::kDepth);
  return planes;
}

}  // namespace depthmill::report
