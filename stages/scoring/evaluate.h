// The evaluate stage: scores a prediction against ground truth under any number of protocols.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame.h"
#include "stages/base/stage.h"
#include "stages/io/key_table.h"

namespace depthmill {

struct EvaluateOptions {
  // Names of files in `protocol_folder`, paths of files ending in .ini, or "all": of all, those are scored that take what
  // the predictions are, depth or disparity, by the sign of their correlation with the true depth in the run's first
  // frame that tells; the others have rows without values that say so.
  std::vector<std::string> protocols = {"eigen"};
  // Folder with the protocol files.
  std::filesystem::path protocol_folder = "configs/protocols";
  // A prediction with NaN or infinity fails its frame; with this it is scored by the protocol's own rule and
  // every row of it carries the count in its note.
  bool allow_missing = false;
  // Empty, or two protocols FROM, TO: instead of `protocols` the steps between them are scored, one row a
  // step (scoring/explain.h).
  std::vector<std::string> explain = {};
  // Empty, or ascending bounds in metres: every protocol is also scored in each interval of true depth, in
  // rows with a range.
  std::vector<double> depth_ranges = {};
  // Depth that looks like another scale (8 bits, centimetres, 1/256, 1/5000, 1/6000) gets a line in the
  // frame's notes. What giving --depth-scale turns off.
  bool check_units = true;
  // Camera of the ground truth for metrics of planes and points and for tae: focal lengths and principal point fx, fy, cx,
  // cy, pixels, counted from 1. Empty: the NYU Depth V2 colour camera for maps of 480x640, else those metrics are
  // undefined.
  std::vector<double> plane_camera = {};
  // Poses of the frames for tae (poses.h); empty = none.
  std::filesystem::path poses = {};
  // There are maps of normals and no depth: protocols that need depth do not fit.
  bool only_normals = false;

  // Are all protocols asked for, whichever fit?
  bool all() const;
  // "" or a sentence naming the bad field.
  std::string problem() const;
};

// Section [evaluate].
const std::vector<io::Key<EvaluateOptions>>& evaluate_keys();

// The protocols these options name, in order: for the columns and tables of a run. Throws std::runtime_error
// naming the file or the name.
std::vector<metrics::Protocol> evaluate_protocols(const EvaluateOptions& options);

// Needs "pred" (with only_normals: "pred_normals"); the ground truth is plane "gt" if it is there, otherwise
// "raw_depth" or "depth" as the protocol's kind of ground truth says. Adds one MetricRow a protocol to
// Frame::metrics (score.h), and those of depth ranges behind them. A protocol that does not fit the frame's
// sizes or planes gives a row without values and a note; the frame fails only if none fits, or for
// predictions that are not finite (see allow_missing). `prepare` reads the protocol files and throws
// std::runtime_error.
std::unique_ptr<Stage> make_evaluate_stage(const EvaluateOptions& options);

}  // namespace depthmill
