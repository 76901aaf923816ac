#include <algorithm>
#include <map>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/messages.h"
#include "pipeline/plan.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

// The first frames of each scene alone, where the layout has no more.
void keep_first(StageRun& job, const pack::PackLayout& layout) {
  if (layout.frames_a_scene == 0) return;
  std::map<std::string, std::size_t> frames;
  const std::size_t before = job.frames.size();
  job.frames.edit([&](const Frame& frame) { return ++frames[frame.scene] <= layout.frames_a_scene; });
  const std::size_t left_out = before - job.frames.size();
  if (left_out > 0)
    job.warnings.push_back("layout " + std::string(layout.name) + " has " +
                           std::to_string(layout.frames_a_scene) +
                           " frames a scene: " + std::to_string(left_out) + " further ones are left out");
}

// --in for training, --test-in for testing.
StageRun from_two(ParsedCommand& parsed) {
  Config& config = parsed.config;
  if (!config.pack.split.empty())
    throw ConfigError("give --split or --test-in, not both: each says what is for testing");
  ParsedCommand test = parsed;
  test.config.data.in = config.data.test_in;
  StageRun job = packed_frames(parsed);
  test.config.pack.depth = config.pack.depth;
  StageRun more = packed_frames(test);
  auto parts = std::make_shared<std::map<std::string, pack::Part>>();
  for (const Frame& frame : job.frames) (*parts)[frame.id()] = pack::Part::kTrain;
  for (const Frame& frame : more.frames) {
    if (!parts->try_emplace(frame.id(), pack::Part::kTest).second)
      throw ConfigError("frame " + frame.id() + " is in --in and in --test-in: it cannot be for both");
    job.frames.push_back(frame);
  }
  config.pack.parts = std::move(parts);
  job.warnings.insert(job.warnings.end(), more.warnings.begin(), more.warnings.end());
  job.scene_failures += more.scene_failures;
  return job;
}

// Straight from the raw scenes: registered on the way, and filled where the layout is made of that.
StageRun from_raw(ParsedCommand& parsed) {
  Config& config = parsed.config;
  if (!config.data.in.empty()) throw ConfigError("give --in, or --raw in its place, not both");
  const pack::PackLayout& layout = *config.pack.layout;
  if (layout.raw_pictures) return raw_pictures(parsed);
  if (config.data.scenes.empty()) config.data.scenes.assign(layout.scenes.begin(), layout.scenes.end());
  StageRun job = raw_frames(parsed);
  add_stage(job, *find_stage("extract"), config);
  if (config.pack.depth_plane() == plane::kDepth) add_stage(job, *find_stage("fill"), config);
  if (layout.takes_base) add_stage(job, *find_stage("decompose"), config);
  job.keep_planes = false;
  return job;
}

int run_pack(const ParsedCommand& given) {
  ParsedCommand parsed = given;
  Config& config = parsed.config;
  if (const auto problem = config.pack.problem(); !problem.empty()) throw ConfigError(problem);
  if (config.pack.layout->raw_pictures && config.data.raw.empty())
    throw ConfigError("--raw is missing: layout " + std::string(config.pack.layout->name) +
                      " is a list of raw pictures");
  std::error_code absent;
  for (const auto& from : {config.data.in, config.data.raw})
    if (std::filesystem::equivalent(from, config.run.out, absent))
      throw ConfigError("--out: a folder of its own for the packed frames, not that of " + from.string());
  config.data.layout = config.data.in_layout;
  if (!config.data.raw.empty() && !config.data.test_in.empty())
    throw ConfigError("--test-in goes with --in; raw scenes are split by --split");
  StageRun job = !config.data.raw.empty()      ? from_raw(parsed)
                 : config.data.test_in.empty() ? packed_frames(parsed)
                                               : from_two(parsed);
  job.label = "pack";
  keep_first(job, *config.pack.layout);
  add_stage(job, *find_stage("pack"), config);
  if (config.run.dry_run) return say_plan(config, job);
  const int code = execute(parsed, std::move(job));
  if (code == kExitOk && config.run.shard.empty() && config.pack.layout->raw_pictures &&
      !std::filesystem::exists(config.run.out / pack::kP2netList)) {
    print_error("no picture of " + config.data.raw.string() +
                " has all of its neighbours, so there is no list");
    return kExitFailed;
  }
  return code;
}

}  // namespace

Command command_pack() {
  return {
      "pack", "frames of a run folder, a data set or raw scenes, laid out for the loaders of a training",
      R"(Writes every frame of --in as the loaders of --layout read it, with the lists they need; lists name
only what is there. --in is a run folder or any data set that is read; --raw registers raw scenes on
the way, and fills them where the layout is made of filled depth. A frame that the layout cannot
hold (holes where it has no sign for them, another size) is left out, and manifest.csv says why.
Scenes are split for training and testing by --split, or --test-in names the frames for testing.
Started again, it goes on where it was.

  bts           <scene>/rgb_N.jpg, sync_depth_N.png, nyudepthv2_{train,test}_files_with_gt.txt:
                BTS, AdaBins, NeWCRFs, ZoeDepth, GLPDepth
  fastdepth     {train,val}/<scene>/N.h5, and train.h5, val.h5, virtual data sets over them:
                FastDepth, sparse-to-dense, NLSPN
  densedepth    data/nyu2_train, data/nyu2_test and their .csv, of filled depth: DenseDepth, Hu
  sd-convtrans  train/images, train/wls, test/images, test/depths, of filled depth with its base
                ('depthmill decompose'): SD-ConvTrans
  ultralytics   images/{train,val}, depth/{train,val}, depth.yaml
  webdataset    {train,test}-N.tar with <scene>/N.jpg, N.depth.npy, N.json; shards.txt
  vda-nyu       <scene>/{rgb,depth}/N and nyuv2_video_500.json: Video-Depth-Anything's NYU videos
  p2net         splits/nyu_train_0_10_20_30_40.txt over the pictures of --raw: P2Net, StructDepth)",
      R"(  depthmill pack --in runs/raw --layout bts --out nyu_sync
  depthmill pack --in runs/raw --layout bts --split 0.9:1 --list-style glpdepth --out nyu_depth_v2
  depthmill pack --in tum/fr1_desk --layout ultralytics --resize 240x320 --out desk
  depthmill pack --in runs/filled --layout webdataset --packed-depth filled --out shards
  depthmill pack --in nyu_labeled/train --test-in nyu_labeled/test --layout sd-convtrans --out sd
  depthmill pack --raw nyu_depth_v2_raw --layout vda-nyu --out vda/nyuv2
)",
      run_pack};
}

}  // namespace depthmill::pipeline
