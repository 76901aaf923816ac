#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  StageRun run = raw_frames(parsed);
  run.label = "extract";
  run.stages.push_back(find_stage("extract")->make(parsed.config));
  return execute(parsed, std::move(run));
}

}  // namespace

Command command_extract() {
  return {
      "extract", "raw Kinect scenes -> synchronised, undistorted, registered RGB-D",
      R"(Finds every scene folder (d-*.pgm, r-*.ppm, a-*.dump) below --raw, pairs each depth frame with the
RGB frame nearest in time, undistorts the RGB image and registers the depth to it, with the geometry
of the NYU Depth V2 toolbox. Writes RUN/planes/<scene>/<frame>.rgb.png and .raw_depth.*, one row a
frame into RUN/manifest.csv. Started again, it goes on with the frames that are not done.)",
      R"(  depthmill extract --raw nyu_depth_v2_raw --out runs/raw
  depthmill extract --raw parts --scene kitchen_0001 bedroom_0002 --every 10 --crop toolbox \
      --out runs/k
  depthmill extract --raw parts --max-time-gap 0.05 --depth-format h5 --threads 8 --out runs/h5
)",
      run};
}

}  // namespace depthmill::pipeline
