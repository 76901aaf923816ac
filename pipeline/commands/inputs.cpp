#include "pipeline/commands/inputs.h"

#include "stages/datasets/folder.h"
#include "stages/datasets/nyu_raw.h"
#include "stages/io/plane_file.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

void take_listing(datasets::Listing listing, StageRun& run) {
  for (const auto& remark : listing.notes) run.warnings.push_back(remark.text);
  for (const auto& remark : listing.failures) {
    run.warnings.push_back(remark.text);
    ++run.scene_failures;
  }
  run.frames = std::move(listing.frames);
}

// A folder or list argument may name the variable of .h5 and .mat files: DIR:NAME.
datasets::PlaneRequest request(const Config& config, const std::string& where,
                               std::vector<std::string> planes) {
  datasets::PlaneRequest asked;
  const PlaneSource source = io::parse_plane_argument(where);
  asked.where = source.file;
  asked.variable = source.name;
  asked.planes = std::move(planes);
  asked.depth_scale = config.output.depth_scale;
  return asked;
}

StageRun listed(const Config& config, const std::vector<datasets::PlaneRequest>& requests) {
  StageRun run;
  try {
    datasets::Listing listing = datasets::list_planes(requests);
    if (!config.data.list.empty()) datasets::keep_listed(listing, config.data.list);
    take_listing(std::move(listing), run);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  return run;
}

// Ground truth as --gt-plane has it: a plane by name, or what the protocol will choose from.
std::vector<std::string> gt_planes(const Config& config) {
  const std::string& wanted = config.data.gt_plane;
  if (wanted == "auto") return {plane::kGt, plane::kRawDepth, plane::kDepth};
  return {wanted};
}

// With --gt-plane NAME the evaluation has no choice: the plane is the ground truth.
void rename_gt(const Config& config, std::vector<Frame>& frames) {
  if (config.data.gt_plane == "auto" || config.data.gt_plane == plane::kGt) return;
  for (Frame& frame : frames)
    if (auto node = frame.sources.extract(config.data.gt_plane)) {
      node.key() = plane::kGt;
      frame.sources.insert(std::move(node));
    }
}

}  // namespace

StageRun fill_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.in.empty())
    throw ConfigError("--in is missing: a run folder or a folder of rgb and depth pairs");
  return listed(config, {request(config, config.data.in.string(), {plane::kRawDepth}),
                         request(config, config.data.in.string(), {plane::kRgb})});
}

StageRun image_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.images.empty())
    throw ConfigError("--images is missing: a run folder, a folder, a list (.txt) or one image");
  return listed(config, {request(config, config.data.images, {plane::kRgb})});
}

StageRun scored_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.pred.empty() || config.data.gt.empty())
    throw ConfigError("evaluate takes --pred and --gt: two folders (or run folders), or two single planes");
  // Ground truth leads: a prediction that is missing is a frame that failed, not one that is left out.
  StageRun run = listed(config, {request(config, config.data.gt, gt_planes(config)),
                                 request(config, config.data.pred, {plane::kPred})});
  rename_gt(config, run.frames);
  return run;
}

std::vector<Frame> depth_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  const std::string wanted =
      config.data.gt_plane == "auto" ? std::string(plane::kDepth) : config.data.gt_plane;
  StageRun run = listed(config, {request(config, config.data.gt, {wanted})});
  for (Frame& frame : run.frames) {
    auto node = frame.sources.extract(wanted);
    if (node.empty()) continue;
    node.key() = plane::kGt;
    frame.sources.insert(std::move(node));
  }
  return run.frames;
}

bool is_single_plane(const std::string& text) {
  const PlaneSource source = io::parse_plane_argument(text);
  return !fs::is_directory(source.file) && source.file.extension() != ".txt";
}

PlaneSource single_plane(const Config& config, const std::string& text, const std::string& flag) {
  PlaneSource source = io::parse_plane_argument(text);
  source.depth_scale = config.output.depth_scale;
  if (!fs::is_regular_file(source.file))
    throw ConfigError(flag + ": there is no file " + source.file.string());
  return source;
}

StageRun raw_frames(const ParsedCommand& parsed) {
  const DataSettings& data = parsed.config.data;
  if (data.raw.empty()) throw ConfigError("--raw is missing: the folder with the raw scenes");
  datasets::NyuRawOptions options;
  options.scenes = data.scenes;
  options.every = data.every;
  if (data.max_time_gap > 0) options.max_time_gap = data.max_time_gap;
  if (const auto problem = options.problem(); !problem.empty()) throw ConfigError(problem);
  StageRun run;
  try {
    take_listing(datasets::list_nyu_raw(data.raw, options), run);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  return run;
}

}  // namespace depthmill::pipeline
