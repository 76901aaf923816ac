// The evaluate stage: scores a prediction against ground truth under any number of protocols.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame.h"
#include "stages/base/stage.h"
#include "stages/io/key_table.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill {

struct EvaluateOptions {
  // Names of files in `protocol_folder`, paths of files ending in .ini, or "all".
  std::vector<std::string> protocols = {"eigen"};
  // Folder with the protocol files.
  std::filesystem::path protocol_folder = "configs/protocols";
  // A prediction with NaN or infinity fails its frame; with this it is scored by the protocol's own rule and
  // every row of it carries the count in its note.
  bool allow_missing = false;
  // Empty, or two protocols FROM, TO: instead of `protocols` the steps between them are scored, one row a
  // step (see metrics/explain.h); explain_table makes the table. What `depthmill evaluate --explain FROM,TO`
  // sets.
  std::vector<std::string> explain = {};
  // Empty, or ascending bounds in metres: every protocol is also scored in each interval of true depth, in
  // rows named as range_row_name says.
  std::vector<double> depth_ranges = {};
  // Depth that looks like another scale (8 bits, centimetres, 1/256, 1/5000, 1/6000) gets a line in the
  // frame's notes. What giving --depth-scale turns off.
  bool check_units = true;
  // Camera of the ground truth for plane_* metrics: focal lengths and principal point fx, fy, cx, cy, pixels,
  // counted from 1; default: the NYU Depth V2 colour camera.
  std::vector<double> plane_camera = {518.857901, 519.469611, 325.582449, 253.736166};
  // There are maps of normals and no depth: protocols that need depth do not fit.
  bool only_normals = false;

  // "" or a sentence naming the bad field.
  std::string problem() const;
};

// Section [evaluate].
const std::vector<io::Key<EvaluateOptions>>& evaluate_keys();

// The planes of one frame that scoring looks at.
struct ScoredPlanes {
  cv::Mat pred;               // one channel, float or double
  cv::Mat pred_mirror = {};   // the same size, or empty
  cv::Mat gt;                 // one channel, float or double, metres, 0 = no reading
  cv::Mat edges = {};         // one channel, 8 bits, size of gt, or empty
  cv::Mat plane_labels = {};  // one channel, 8 bits, size of gt, or empty
  cv::Mat pred_normals = {};  // three channels, float, or empty
  cv::Mat gt_normals = {};
  metrics::PlaneCamera camera = {};
};

// One row of scores: mirror fusion, resizing and rounding of the ground truth here, the rest in
// metrics::evaluate. The note names what is undefined or left out. Throws FrameError(kWrongSize) when the
// protocol does not fit the sizes.
MetricRow score(const ScoredPlanes& planes, const metrics::Protocol& protocol);

// One row a protocol from one pass: predictions and ground truth are fused, rounded and resized once for all
// protocols that do so alike. A protocol that does not fit gives a row without values whose note says why.
std::vector<MetricRow> score_all(const ScoredPlanes& planes, std::span<const metrics::Protocol> protocols);

// The protocols these options name, in order: for the columns and tables of a run. Throws std::runtime_error or
// io::TextFileError.
std::vector<metrics::Protocol> evaluate_protocols(const EvaluateOptions& options);

// The steps of EvaluateOptions::explain as a Markdown table: a row a step, a column a metric, and under each
// value what the step moved. `rows`: everything the run scored.
std::string explain_table(const EvaluateOptions& options, std::span<const FrameScore> rows);

// Needs "pred" (with only_normals: "pred_normals"); the ground truth is plane "gt" if it is there, otherwise
// "raw_depth" or "depth" as the protocol's kind of ground truth says. Adds one MetricRow a protocol to
// Frame::metrics. A protocol that does not fit the frame's sizes or planes gives a row without values and a
// note; the frame fails only if none fits, or for predictions that are not finite (see allow_missing).
// `prepare` reads the protocol files and throws std::runtime_error.
std::unique_ptr<Stage> make_evaluate_stage(const EvaluateOptions& options);

}  // namespace depthmill
