// The record that travels through the run: one frame, where its planes come from, what was made of it, and
// how it fared. The only thing stages share.
#pragma once

#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/planes.h"
#include "stages/base/quote.h"

namespace depthmill {

// Why a frame has no result. One value a row in manifest.csv; `reason_name` is the spelling used there.
enum class FailureReason {
  kNone,           // the frame is fine so far
  kMissingFile,    // a file the frame needs is not there
  kUnreadable,     // a file is there but is not what its name says, or cannot be opened
  kTruncated,      // a file ends before its header says it should
  kWrongSize,      // planes of one frame, or a plane and its camera, disagree in size
  kNoPartner,      // no RGB (or depth) frame within the allowed time
  kNoValidPixel,   // nothing known in the depth, or nothing valid to evaluate
  kSolveFailed,    // the fill's linear solve ended badly
  kNonFinite,      // NaN or infinity where a depth should be
  kBadPrediction,  // the model answered with a wrong shape or type
  kOutOfRange,     // a value does not fit the format it is to be written in
  kInternal,       // an exception nobody expected; the text says which
};

inline constexpr std::string_view kFailureReasonNames[] = {
    "ok",         "missing_file",   "unreadable",     "truncated",
    "wrong_size", "no_partner",     "no_valid_pixel", "solve_failed",
    "non_finite", "bad_prediction", "out_of_range",   "internal"};

constexpr std::string_view reason_name(FailureReason reason) {
  return kFailureReasonNames[static_cast<std::size_t>(reason)];
}

// Thrown by a reader or a stage when one frame cannot go on. `what()` is one sentence that names the file
// (when there is one) and the cause; it ends up in manifest.csv.
class FrameError : public std::runtime_error {
 public:
  FrameError(FailureReason reason, const std::string& sentence)
      : std::runtime_error(sentence), reason_(reason) {}
  FailureReason reason() const { return reason_; }

 private:
  FailureReason reason_;
};

// What turns predictions into metres: scale v^power + shift. 0, where there is no prediction, stays 0, and of what is
// below 0 the power is 0.
struct Calibration {
  double scale = 1, power = 1, shift = 0;
  double of(double v) const {
    if (v == 0) return 0;
    const double raised = power == 1 ? v : v > 0 ? std::pow(v, power) : 0;
    return scale * raised + shift;
  }
  bool operator==(const Calibration&) const = default;
};

// How the samples of a depth file are to be read, where a layout or the user knows better than the defaults.
struct DepthCoding {
  bool unit_known = false;    // depth_scale was told, or is the layout's: nobody need doubt it
  bool scale_floats = false;  // depth_scale divides floating-point samples too (millimetres in a .npy)
  bool rotated_bits = false;  // 16-bit samples were rotated left by three (SUN RGB-D)
  // Samples, as the file has them, that mean "no reading" in a plane with holes. Not given: 65535 in 16-bit
  // files, which is where they end. What is not finite or not above 0 is no reading in any case.
  std::optional<std::vector<double>> no_reading = {};
  // Pictures of the plane's size; where one of them is 0 there is no reading.
  std::vector<std::filesystem::path> masks = {};
  std::optional<Calibration> calibration = {};  // of predictions, applied last
};

// FILE or FILE:NAME, and what its numbers mean. `depth_scale`: integer samples per metre (1000 = millimetres;
// 5000 TUM, 256 KITTI); it applies to integer files only. `metres_per_unit`: depth that was read is
// multiplied by it; not 1 where a layout keeps floating-point depth in another unit.
struct PlaneSource {
  std::filesystem::path file;
  std::string name;  // variable in .mat / .h5; empty = the only one, or the plane's own name
  double depth_scale = 1000.0;
  double metres_per_unit = 1.0;
  DepthCoding coding = {};

  // FILE:NAME again, for messages.
  std::string text() const { return name.empty() ? file.string() : file.string() + ":" + name; }
};

// An interval of true depth in metres: from <= depth < to.
struct DepthRange {
  double from = 0, to = 0;
  auto operator<=>(const DepthRange&) const = default;
};

// Scores of one frame under one protocol. Values are in the order of the protocol's metric keys;
// a metric that is undefined for this frame is NaN and becomes an empty cell, never a number.
struct MetricRow {
  std::string protocol;
  std::size_t valid_pixels = 0;
  std::vector<std::pair<std::string, double>> values;  // metric key -> value
  std::string note;                                    // e.g. "3 non-finite predictions"
  std::optional<DepthRange> range = {};                // set: of the pixels in it alone

  void add_note(const std::string& more) {
    if (!more.empty()) note += (note.empty() ? "" : "; ") + more;
  }
};

// "<scene>/<name>", or the name where there is no scene.
inline std::string frame_id(std::string_view scene, std::string_view name) {
  std::string id(scene);
  if (!scene.empty()) id += '/';
  return id.append(name);
}

struct Frame {
  std::size_t index = 0;  // position in the run's list; results are recorded in this order
  std::string scene;      // scene folder, "" when the data has no scenes
  std::string name;       // stem of the depth file (of the image where there is no depth)

  std::map<std::string, PlaneSource> sources;  // plane name -> where to read it
  std::map<std::string, cv::Mat> planes;       // plane name -> values, see namespace plane
  // Files that a stage made of it besides planes, in the order in which they are written: path below the run folder, and
  // bytes (Stage::files_of).
  std::vector<std::pair<std::string, std::vector<std::uint8_t>>> files;
  std::vector<MetricRow> metrics;
  std::vector<std::string> notes;  // one-line remarks for the manifest, e.g. a solver summary

  FailureReason failure = FailureReason::kNone;
  std::string failed_stage;
  std::string failure_text;

  bool ok() const { return failure == FailureReason::kNone; }
  std::string id() const { return frame_id(scene, name); }
  // Bytes of files and names in `text` are spelled out where a terminal or a table could not show them.
  void fail(std::string_view stage, FailureReason reason, std::string_view text) {
    if (!ok()) return;  // the first cause is the cause
    failure = reason;
    failed_stage = stage;
    failure_text = printable(text);
    planes.clear();
    files.clear();
  }

  // The plane, or a FrameError(kMissingFile) that says which plane of which frame is not there.
  const cv::Mat& plane(const std::string& plane_name) const {
    auto it = planes.find(plane_name);
    if (it == planes.end() || it->second.empty())
      throw FrameError(FailureReason::kMissingFile, id() + ": plane '" + plane_name + "' is not there");
    return it->second;
  }
};

}  // namespace depthmill
