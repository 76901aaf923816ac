#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>

#include "metrics/calibrate.h"
#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/messages.h"
#include "pipeline/run_graph.h"
#include "pipeline/run_summary.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/base/adapt.h"
#include "stages/base/counted.h"
#include "stages/io/atomic_file.h"
#include "stages/io/calibration.h"
#include "stages/io/csv.h"

namespace depthmill::pipeline {
namespace {

using metrics::CalibrationFrame;
using metrics::CalibrationModel;
using metrics::FittedCalibration;

constexpr std::size_t kMostPixels = 20'000;  // of a frame, spread over it

// Takes pixels of every frame with a prediction and a truth. What it finds waits for the frame's turn.
class SampleStage : public Stage {
 public:
  std::string_view name() const override { return "calibrate"; }
  std::vector<std::string> needs() const override { return {plane::kPred}; }
  std::vector<std::string> uses() const override { return {plane::kGt, plane::kRawDepth, plane::kDepth}; }
  std::vector<std::string> adds() const override { return {}; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      CalibrationFrame found = pixels_of(frame);
      const std::lock_guard lock(mutex_);
      found_.emplace(frame.index, std::move(found));
    });
  }
  CalibrationFrame take(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return std::move(found_.extract(index).mapped());
  }

 private:
  static CalibrationFrame pixels_of(const Frame& frame) {
    const cv::Mat* truth = nullptr;
    for (const char* name : {plane::kGt, plane::kRawDepth, plane::kDepth})
      if (const auto at = frame.planes.find(name); at != frame.planes.end() && !truth) truth = &at->second;
    if (!truth) throw FrameError(FailureReason::kMissingFile, frame.id() + ": has no ground truth");
    cv::Mat pred, gt;
    frame.plane(plane::kPred).convertTo(pred, CV_64F);
    truth->convertTo(gt, CV_64F);
    if (pred.size() != gt.size())
      throw FrameError(FailureReason::kWrongSize,
                       frame.id() + ": prediction and ground truth differ in size");
    const auto p = view<double>(pred), g = view<double>(gt);
    const std::size_t step = std::max<std::size_t>(1, p.size() / kMostPixels);
    CalibrationFrame pixels;
    for (std::size_t i = 0; i < p.size(); i += step)
      if (std::isfinite(p[i]) && p[i] > 0 && std::isfinite(g[i]) && g[i] > 0)
        pixels.pred.push_back(p[i]), pixels.gt.push_back(g[i]);
    if (pixels.pred.empty())
      throw FrameError(FailureReason::kNoValidPixel, frame.id() + ": no pixel has a prediction and a truth");
    return pixels;
  }

  std::mutex mutex_;
  std::map<std::size_t, CalibrationFrame> found_;
};

// So many frames, spread over the list.
std::vector<std::size_t> spread(std::size_t frames, int wanted) {
  std::vector<std::size_t> places;
  const std::size_t n = std::min(frames, static_cast<std::size_t>(wanted));
  for (std::size_t i = 0; i < n; ++i) places.push_back(i * frames / n);
  return places;
}

struct Tried {
  CalibrationModel model;
  std::string_view word;
  double held_out = 0;
};

std::string short_share(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

int run_calibrate(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.run.out.empty())
    throw ConfigError("--out is missing: the file to write, such as net.calibration.ini");
  if (std::filesystem::is_directory(config.run.out))
    throw ConfigError("--out: " + config.run.out.string() + " is a folder, and a file is to be written");
  StageRun job = scored_frames(parsed);
  for (const std::string& warning : job.warnings) say(config, "note: " + warning);
  auto stage = std::make_unique<SampleStage>();
  SampleStage& found = *stage;
  job.stages.push_back(std::move(stage));
  const ThreadBudget budget(resolve_threads(config.run.threads));
  std::vector<CalibrationFrame> frames;
  FailureCount failures;
  FrameSink sink;
  sink.record = [&](const Frame& frame, FrameSink::Record) {
    failures.add(frame);
    if (frame.ok()) frames.push_back(found.take(frame.index));
  };
  GraphOptions graph;
  graph.label = "calibrate";
  graph.quiet = config.run.quiet;
  graph.threads = budget.threads();
  const auto places = spread(job.frames.size(), config.calibrate.frames);
  const GraphOutcome outcome = run_graph(job.frames, places, job.stages, graph, sink);
  if (!outcome.fatal.empty() || outcome.interrupted) {
    print_error(outcome.interrupted ? "interrupted; nothing is written"
                                    : "the run stopped: " + outcome.fatal);
    return outcome.interrupted ? interrupted_code() : kExitStopped;
  }
  for (const std::string& line : failures.lines(places.size())) print_error(line);
  if (frames.size() < 2) {
    print_error("calibrate needs two frames at least, as each is held against the others: " +
                counted(frames.size(), "frame") + " could be read");
    return kExitFailed;
  }

  const double before = metrics::d1_of({}, frames);
  Tried best{CalibrationModel::kScale, "", -1};
  std::string table;
  for (const auto& [word, model, name] :
       {std::tuple{CalibrationWord::kScale, CalibrationModel::kScale, "scale"},
        {CalibrationWord::kScaleShift, CalibrationModel::kScaleShift, "scale-shift"},
        {CalibrationWord::kLogLinear, CalibrationModel::kLogLinear, "log-linear"}}) {
    if (config.calibrate.model != CalibrationWord::kAuto && config.calibrate.model != word) continue;
    const double d1 = metrics::held_out_d1(model, frames);
    table += std::string("  ") + name + ": held-out d1 " +
             (std::isnan(d1) ? "not to be fitted" : short_share(d1)) + "\n";
    constexpr double kWorthAnother = 1e-3;  // the simpler one stays unless this much is gained
    if (d1 > best.held_out + (best.word.empty() ? 0 : kWorthAnother)) best = {model, name, d1};
  }
  say(config, "calibrate: " + counted(frames.size(), "frame") + ", d1 as they are " + short_share(before) +
                  "\n" + table);
  if (!(best.held_out > before)) {
    print_error("no calibration improves d1 on frames that it was not fitted on (" + short_share(before) +
                " as they are); nothing is written");
    return kExitFailed;
  }
  const FittedCalibration fitted = metrics::fit_calibration(best.model, frames);
  const Calibration calibration{fitted.scale, fitted.power, fitted.shift};
  io::write_whole_file(
      config.run.out, io::calibration_text(calibration, {{"model", std::string(best.word)},
                                                         {"frames", std::to_string(frames.size())},
                                                         {"d1-before", io::format_number(before)},
                                                         {"d1-held-out", io::format_number(best.held_out)}}));
  say(config, "calibrate: " + std::string(best.word) + ", metres = " + io::format_number(fitted.scale) +
                  " v^" + io::format_number(fitted.power) + " + " + io::format_number(fitted.shift) +
                  ", in " + config.run.out.string());
  return outcome.failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace

Command command_calibrate() {
  return {
      "calibrate", "fit predictions that are off scale on a few frames, and keep what holds on others",
      R"(Fits predictions to their ground truth on a few frames by a scale, a scale and a shift, or a power
(log-linear), and accepts only what improves d1 on frames that it was not fitted on: each frame is
held against the fit of all others. Writes a file that 'evaluate --calibration' and
'infer --calibration' take; with the latter, relative depth becomes metres. Disparity is not depth,
and is refused.)",
      R"(  depthmill calibrate --pred runs/net --gt nyu_labeled/train --frames 20 --out net.calibration.ini
  depthmill evaluate --pred runs/net --gt nyu_labeled/test --calibration net.calibration.ini \
      --out runs/net
  depthmill infer --model net.ini --images photos --calibration net.calibration.ini --out metres
)",
      run_calibrate};
}

}  // namespace depthmill::pipeline
