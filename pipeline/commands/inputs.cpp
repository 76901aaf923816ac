#include "pipeline/commands/inputs.h"

#include <algorithm>
#include <map>
#include <set>

#include "stages/base/counted.h"
#include "stages/data/folders.h"
#include "stages/data/frame_index.h"
#include "stages/data/list_file.h"
#include "stages/data/list_planes.h"
#include "stages/data/pick_frames.h"
#include "stages/io/calibration.h"
#include "stages/io/exif.h"
#include "stages/io/image_file.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/plane_file.h"
#include "stages/io/stack.h"
#include "stages/io/tar_file.h"
#include "stages/nyu/timestamps.h"
#include "stages/pack/split.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

void take_listing(data::Listing listing, StageRun& run) {
  for (const std::string& line : listing.account) run.warnings.push_back(line);
  for (const auto& remark : listing.notes) run.warnings.push_back(remark.text);
  for (const auto& remark : listing.failures) {
    run.warnings.push_back(remark.text);
    ++run.scene_failures;
  }
  run.frames = std::move(listing.frames);
}

// Whose input it is: each side of a comparison has its own layout and unit.
enum class Side { kInput, kTruth, kPrediction };

std::string layout_word(const std::string& word) { return word == "auto" ? "" : word; }

// What the user says of the samples, whatever the layout knows.
void say_coding(const ParsedCommand& parsed, Side side, data::PlaneRequest& asked) {
  const Config& config = parsed.config;
  const double own = side == Side::kTruth        ? config.data.gt_scale
                     : side == Side::kPrediction ? config.data.pred_scale
                                                 : config.data.in_scale;
  if (own > 0) {
    asked.depth_scale = own;
    asked.scale_floats = true;
  } else if (parsed.has("depth-scale")) {
    asked.depth_scale = config.output.depth_scale;
  }
  if (side == Side::kPrediction && !config.data.calibration.empty()) try {
      asked.calibration = io::read_calibration(config.data.calibration);
    } catch (const std::exception& e) {
      throw ConfigError(e.what());
    }
  if (!config.data.no_reading.empty()) {
    asked.no_reading.emplace();
    for (const std::string& word : config.data.no_reading)
      asked.no_reading->push_back(*data::sample_value(word));
  }
}

// A folder or list argument may name the variable of .h5 and .mat files: DIR:NAME.
data::PlaneRequest request(const ParsedCommand& parsed, Side side, const std::string& where,
                           std::vector<std::string> planes) {
  data::PlaneRequest asked;
  const PlaneSource source = io::parse_plane_argument(where);
  asked.where = source.file;
  asked.variable = source.name;
  asked.planes = std::move(planes);
  asked.layout =
      layout_word(side == Side::kPrediction ? parsed.config.data.pred_layout : parsed.config.data.layout);
  say_coding(parsed, side, asked);
  return asked;
}

// --mask: the masks of the frames, for every plane of depth that has holes.
data::PlaneRequest mask_request(const DataSettings& data) {
  data::PlaneRequest asked;
  asked.planes = {data::kMaskPlane};
  asked.where = data.mask;
  return asked;
}

// --split and --part: only the scenes of one part.
void keep_part(data::Listing& listing, const DataSettings& data) {
  if (data.split.empty()) {
    if (data.part != DataSettings().part)
      throw std::runtime_error("--part needs --split, which makes the parts");
    return;
  }
  std::set<std::string> scenes;
  for (std::size_t i = 0; i < listing.frames.size(); ++i) scenes.emplace(listing.frames.scene(i));
  const pack::Split split(data.split, scenes);
  if (const auto& absent = split.not_there(); !absent.empty())
    listing.notes.push_back({"", FailureReason::kMissingFile,
                             data.split + ": " + counted(absent.size(), "scene") +
                                 " named there without a frame here, for example " + absent.front()});
  listing.frames.edit(
      [&](const Frame& frame) { return split.part_of(frame.scene, frame.name) == data.part; });
}

// Pictures that a camera has marked as turned are read upright; one note says how many there are.
void read_upright(StageRun& run) {
  std::size_t turned = 0;
  run.frames.edit([&](Frame& frame) {
    for (auto& [name, source] : frame.sources)
      if (source.name.empty() && io::find_format(source.file) == &io::kJpegFormat &&
          io::exif_orientation(source.file) != io::kUpright)
        source.name = io::kUprightName, ++turned;
    return true;
  });
  if (turned > 0)
    run.warnings.push_back(
        counted(turned, "picture") +
        " that the camera has marked as turned (EXIF): read upright, and so is what is made of it");
}

StageRun listed(const Config& config, std::vector<data::PlaneRequest> requests) {
  StageRun run;
  try {
    const bool masked = !config.data.mask.empty();
    if (masked) requests.push_back(mask_request(config.data));
    data::Listing listing = data::list_planes(requests);
    if (masked) data::hang_masks(listing.frames);
    keep_part(listing, config.data);
    data::pick_frames(listing, pick_of(config.data));
    take_listing(std::move(listing), run);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  return run;
}

// A plane takes another part than its name says: filled depth is scored as a prediction, say.
void cast_plane(FrameList& frames, const std::string& name, const std::string& part) {
  if (name == part) return;
  frames.edit([&](Frame& frame) {
    if (auto node = frame.sources.extract(name)) frame.sources[part] = node.mapped();
    return true;
  });
}

// With --allow-missing a frame without its prediction is left out, and the manifest and the tables say so.
void leave_out_missing(StageRun& run) {
  run.frames.edit([&](const Frame& frame) {
    const bool missing =
        frame.failure == FailureReason::kNoPartner || frame.failure == FailureReason::kMissingFile;
    if (missing) run.skipped.push_back(frame);
    return !missing;
  });
}

// Planes that are not called predictions (--pred-plane depth scores the fill itself) are listed apart from
// the ground truth, which may bear the same name, and joined by scene and frame.
void join_predictions(const ParsedCommand& parsed, FrameList& frames, const std::string& where,
                      const std::vector<std::string>& wanted, const std::string& part, const char* stage) {
  const data::PlaneRequest asked = request(parsed, Side::kPrediction, where, wanted);
  FrameList predictions;
  try {
    predictions = data::list_planes({&asked, 1}).frames;
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  const auto plane_of = [&](const Frame& frame) {
    return std::find_if(wanted.begin(), wanted.end(),
                        [&](const std::string& name) { return frame.sources.contains(name); });
  };
  predictions.edit([&](const Frame& frame) { return plane_of(frame) != wanted.end(); });
  const data::FrameIndex by_id(predictions);
  frames.edit([&](Frame& frame) {
    if (const auto places = by_id.find(frame.id()); !places.empty()) {
      const Frame found = predictions[places.back()];
      frame.sources[part] = found.sources.at(*plane_of(found));
    } else {
      frame.fail(stage, FailureReason::kNoPartner,
                 frame.id() + ": no plane '" + wanted.front() + "' in " + where);
    }
    return true;
  });
}

// Frames of one set are all looked at by the same plane: those that lack it fail.
bool any_has(const FrameList& frames, const std::string& plane_name) {
  for (const Frame& frame : frames)
    if (frame.sources.contains(plane_name)) return true;
  return false;
}
void fail_without(FrameList& frames, const std::string& plane_name, const char* stage,
                  const std::string& in) {
  frames.edit([&](Frame& frame) {
    if (frame.ok() && !frame.sources.contains(plane_name))
      frame.fail(stage, FailureReason::kNoPartner,
                 frame.id() + ": no " + plane_name + " in " + in + ", which other frames there have");
    return true;
  });
}

}  // namespace

std::map<std::string, std::string> companion_maps(const Config& config) {
  std::map<std::string, std::string> given;
  for (const auto& [name, where] : {std::pair{plane::kPredMirror, &config.data.pred_mirror},
                                    {plane::kEdges, &config.data.edges},
                                    {plane::kPlaneLabels, &config.data.plane_labels},
                                    {plane::kHidden, &config.data.hidden},
                                    {plane::kPredNormals, &config.data.pred_normals},
                                    {plane::kGtNormals, &config.data.gt_normals}})
    if (!where->empty()) given[name] = *where;
  return given;
}

bool only_normals(const Config& config) {
  const DataSettings& data = config.data;
  return data.pred.empty() && data.gt.empty() && !data.pred_normals.empty() && !data.gt_normals.empty();
}

namespace {

std::vector<data::PlaneRequest> pair_requests(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.in.empty() && config.data.pairs.empty())
    throw ConfigError("--in is missing: a run folder or a folder of rgb and depth pairs");
  if (!config.data.in.empty() && !config.data.pairs.empty())
    throw ConfigError("give --in, or --pairs in its place, not both");
  const std::string in = config.data.in.empty() ? config.data.pairs.string() : config.data.in.string();
  return {request(parsed, Side::kInput, in, {plane::kRawDepth}),
          request(parsed, Side::kInput, in, {plane::kRgb})};
}

}  // namespace

StageRun fill_frames(const ParsedCommand& parsed) { return listed(parsed.config, pair_requests(parsed)); }

StageRun hidden_frames(const ParsedCommand& parsed) {
  std::vector<data::PlaneRequest> requests = pair_requests(parsed);
  if (!parsed.config.data.gt.empty())
    requests.push_back(request(parsed, Side::kTruth, parsed.config.data.gt, {plane::kGt, plane::kDepth}));
  StageRun run = listed(parsed.config, requests);
  cast_plane(run.frames, plane::kDepth, plane::kGt);
  if (parsed.config.data.pred.empty()) return run;
  const fs::path pred = parsed.config.data.pred;
  const auto& rules = parsed.config.score_fill.hide;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const fs::path own = pred / hidden_folder(rules[i]);
    if (!fs::exists(own) && rules.size() > 1)
      throw ConfigError("--pred " + pred.string() + " has no folder " + own.filename().string() +
                        ", for what was hidden by " + rules[i] +
                        " ('score-fill --write-hidden' makes what a network is given for it)");
    join_predictions(parsed, run.frames, (fs::exists(own) ? own : pred).string(),
                     {plane::kPred, plane::kDepth}, completed_plane(i), "score-fill");
  }
  return run;
}

std::string completed_plane(std::size_t rule) { return "completed_" + std::to_string(rule); }

std::string hidden_folder(const std::string& rule) {
  std::string folder = rule;
  std::replace(folder.begin(), folder.end(), ':', '-');
  return folder;
}

std::string completion_name(const Config& config) {
  const fs::path pred = fs::absolute(config.data.pred).lexically_normal();
  const std::string name = (pred.filename().empty() ? pred.parent_path() : pred).filename().string();
  const auto& fills = config.score_fill.methods;
  return std::find(fills.begin(), fills.end(), name) == fills.end() ? name : name + " (--pred)";
}

bool brings_rgb(const Config& config) {
  const DataSettings& data = config.data;
  return !data.pairs.empty() || (!data.in.empty() && !fs::is_directory(data.in / "planes"));
}

StageRun filled_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.in.empty()) throw ConfigError("--in is missing: a run folder with filled depth");
  std::vector<data::PlaneRequest> requests{
      request(parsed, Side::kInput, config.data.in.string(), {plane::kDepth})};
  const bool guided = config.decompose.guide == DecomposeGuide::kRgb;
  if (guided || brings_rgb(config)) {
    requests.push_back(request(parsed, Side::kInput, config.data.in.string(), {plane::kRgb}));
    requests.back().required = guided;
  }
  return listed(config, requests);
}

StageRun measured_frames(const ParsedCommand& parsed, std::string& plane) {
  const Config& config = parsed.config;
  if (config.data.in.empty()) throw ConfigError("--in is missing: a run folder or a data set; or --raw");
  const std::string in = config.data.in.string();
  std::vector<std::string> planes{config.data.plane};
  if (config.data.plane == "auto") planes = {plane::kRawDepth, plane::kDepth, plane::kGt, plane::kPred};
  std::vector<data::PlaneRequest> requests{request(parsed, Side::kInput, in, planes),
                                           request(parsed, Side::kInput, in, {plane::kRgb})};
  requests.back().required = false;
  StageRun run = listed(config, requests);
  // The same plane of every frame.
  const auto taken = std::find_if(planes.begin(), planes.end(),
                                  [&](const std::string& name) { return any_has(run.frames, name); });
  plane = taken == planes.end() ? planes.front() : *taken;
  fail_without(run.frames, plane, "stats", in);
  return run;
}

StageRun packed_frames(ParsedCommand& parsed) {
  Config& config = parsed.config;
  if (config.data.in.empty())
    throw ConfigError("--in is missing: a run folder or a folder of rgb and depth pairs");
  const std::string in = config.data.in.string(), wanted = config.pack.depth_plane();
  const bool choose = config.pack.depth == pack::PackDepth::kAuto;
  const std::string other = wanted == plane::kDepth ? plane::kRawDepth : plane::kDepth;
  std::vector<data::PlaneRequest> requests{
      request(parsed, Side::kInput, in, choose ? std::vector{wanted, other} : std::vector{wanted}),
      request(parsed, Side::kInput, in, {plane::kRgb})};
  if (config.pack.layout->takes_base) {
    requests.push_back(request(parsed, Side::kInput, in, {plane::kBase}));
    requests.back().required = false;
  }
  StageRun run = listed(config, requests);
  if (!choose) return run;
  // One kind of depth for the whole set: that of some frames must not be filled and that of others not.
  const bool has_wanted = any_has(run.frames, wanted);
  const std::string& taken = has_wanted ? wanted : other;
  config.pack.depth = taken == plane::kDepth ? pack::PackDepth::kFilled : pack::PackDepth::kRaw;
  if (!has_wanted)
    run.warnings.push_back(in + ": has no " + wanted + ", which layout " +
                           std::string(config.pack.layout->name) + " is made of: " + other + " is packed");
  fail_without(run.frames, taken, "pack", in);
  return run;
}

StageRun raw_pictures(const ParsedCommand& parsed) {
  const DataSettings& data = parsed.config.data;
  StageRun run;
  try {
    data::Listing listing;
    for (const data::FolderListing& folder : data::list_folders(data.raw)) {
      std::vector<std::pair<double, std::string>> pictures;
      for (const std::string& file : folder.files)
        if (const auto name = nyu::parse_raw_name(file); name && name->kind == 'r')
          pictures.emplace_back(name->seconds, file);
      std::sort(pictures.begin(), pictures.end());
      for (const auto& [seconds, file] : pictures) {
        Frame frame;
        frame.scene = folder.below_root;
        frame.name = fs::path(file).stem().string();
        frame.sources[plane::kRawRgb].file = folder.folder / file;
        listing.frames.push_back(std::move(frame));
      }
      if (!folder.problem.empty())
        listing.failures.push_back({folder.below_root, FailureReason::kUnreadable, folder.problem});
    }
    data::pick_frames(listing, pick_of(data));
    take_listing(std::move(listing), run);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  return run;
}

StageRun image_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.data.images.empty())
    throw ConfigError("--images is missing: a run folder, a folder, a list (.txt) or one image");
  data::PlaneRequest asked = request(parsed, Side::kInput, config.data.images, {plane::kRgb});
  asked.every_picture = true;
  StageRun run = listed(config, {asked});
  read_upright(run);
  return run;
}

StageRun scored_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  // Ground truth leads: a prediction that is missing is a frame that failed, not one that is left out.
  std::vector<data::PlaneRequest> requests;
  auto maps = companion_maps(config);
  const bool named_pred = config.data.pred_plane == plane::kPred;
  const std::vector<std::string> gt_planes = data::gt_planes(config.data.gt_plane);
  if (only_normals(config)) {
    for (const char* name : {plane::kGtNormals, plane::kPredNormals})
      requests.push_back(request(parsed, Side::kTruth, maps.extract(name).mapped(), {name}));
  } else {
    requests.push_back(request(parsed, Side::kTruth, config.data.gt, gt_planes));
    if (named_pred) requests.push_back(request(parsed, Side::kPrediction, config.data.pred, {plane::kPred}));
  }
  for (const auto& [name, where] : maps) {
    requests.push_back(request(parsed, Side::kPrediction, where, {name}));
    requests.back().required = false;
  }
  StageRun run = listed(config, requests);
  if (only_normals(config)) return run;
  if (!named_pred)
    join_predictions(parsed, run.frames, config.data.pred, {config.data.pred_plane}, plane::kPred,
                     "evaluate");
  if (config.evaluate.allow_missing) leave_out_missing(run);
  if (gt_planes.size() == 1)
    cast_plane(run.frames, gt_planes.front(), plane::kGt);
  else if (!fs::is_directory(requests.front().where / "planes"))
    data::take_only_depth(run.frames);
  return run;
}

FrameList depth_frames(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  const std::string wanted =
      data::gt_planes(config.data.gt_plane).back();  // filled depth where nothing is named
  StageRun run = listed(config, {request(parsed, Side::kTruth, config.data.gt, {wanted})});
  cast_plane(run.frames, wanted, plane::kGt);
  return std::move(run.frames);
}

data::Pick pick_of(const DataSettings& data) {
  return {data.scenes, data.every, data.limit, data.list, data.skip_list};
}

bool is_single_plane(const std::string& text) {
  const PlaneSource source = io::parse_plane_argument(text);
  if (io::find_format(source.file) == &io::kTarFormat && source.name.empty()) return false;
  return !fs::is_directory(source.file) && !data::is_list_name(source.file) &&
         io::planes_inside(source, PlaneKind::kDepth).empty() &&
         io::planes_inside(source, PlaneKind::kRgb).empty();
}

std::size_t maps_in(const std::string& text) {
  return io::planes_inside(io::parse_plane_argument(text), PlaneKind::kDepth).size();
}

PlaneSource single_plane(const ParsedCommand& parsed, const std::string& text, const std::string& flag) {
  const DataSettings& data = parsed.config.data;
  const bool pred = flag == "--pred" || flag == "--pred-mirror", gt = flag == "--gt";
  const data::PlaneRequest asked = request(parsed,
                                           pred ? Side::kPrediction
                                           : gt ? Side::kTruth
                                                : Side::kInput,
                                           text, {plane::kDepth});
  if (const auto refusal = io::refusal_of(asked.where))
    throw ConfigError(flag + ": " + asked.where.string() + ": " + refusal->why);
  PlaneSource source =
      data::source_for(asked, data::find_layout(asked.layout.empty() ? "file" : asked.layout), asked.where);
  if (!data.mask.empty() && (gt || flag == "--depth")) source.coding.masks.emplace_back(data.mask);
  return source;
}

StageRun raw_frames(const ParsedCommand& parsed) {
  const DataSettings& data = parsed.config.data;
  if (data.raw.empty()) throw ConfigError("--raw is missing: the folder with the raw scenes");
  data::PlaneRequest asked;
  asked.layout = data.layout == "auto" ? "nyu-raw" : data.layout;
  asked.planes = {plane::kRawRgb, plane::kDepthRel, plane::kAccel};
  asked.where = data.raw;
  asked.scenes = data.scenes;  // what is wrong with the other scenes does not matter then
  asked.every = data.every;
  if (data.max_time_gap > 0) asked.max_time_gap = data.max_time_gap;
  if (const auto problem = asked.problem(); !problem.empty()) throw ConfigError(problem);
  StageRun run;
  try {
    data::Listing listing = data::list_planes({&asked, 1});
    keep_part(listing, data);
    data::pick_frames(listing, {.limit = data.limit, .list = data.list, .skip_list = data.skip_list});
    take_listing(std::move(listing), run);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  return run;
}

}  // namespace depthmill::pipeline
