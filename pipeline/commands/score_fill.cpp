#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/messages.h"
#include "pipeline/run_graph.h"
#include "pipeline/run_summary.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/base/counted.h"
#include "stages/fill/fill.h"
#include "stages/io/atomic_file.h"
#include "stages/io/plane_file.h"
#include "stages/io/png.h"
#include "stages/io/safe_name.h"
#include "stages/report/fill_scores.h"
#include "stages/report/strip.h"
#include "stages/sample/hide.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/score.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;
using report::FillScores;
using sample::HideKind;
using sample::HideRule;

constexpr const char* kHoldoutProtocol = "completion-holdout";
constexpr int kPanelWidth = 320;
constexpr double kErrorShown = 0.5;  // metres, at either end of the scale of errors

// What one frame gave under one rule and method.
struct Found {
  MetricRow holdout;
  report::FillErrors errors;
};

struct Method {
  std::string name;
  std::unique_ptr<Stage> fill;
};

// Hides, fills and scores. What it finds waits for the frame's turn, so that sums do not hang on threads.
class ScoreFillStage : public Stage {
 public:
  ScoreFillStage(const Config& config, metrics::Protocol protocol)
      : settings_(config.score_fill),
        out_(config.run.out),
        with_truth_(!config.data.gt.empty()),
        protocol_(std::move(protocol)) {
    for (const std::string& word : settings_.hide) rules_.push_back(HideRule::parse(word));
    for (const std::string& word : settings_.methods) {
      FillStageOptions options = config.fill;
      options.method = kFillMethods.parse(word);
      methods_.push_back({word, make_fill_stage(options)});
    }
  }
  std::string_view name() const override { return "score-fill"; }
  std::vector<std::string> needs() const override {
    std::vector<std::string> planes{plane::kRgb, plane::kRawDepth};
    if (with_truth_) planes.emplace_back(plane::kGt);
    return planes;
  }
  std::vector<std::string> adds() const override { return {}; }
  std::size_t workspace(cv::Size size) const override {
    std::size_t most = 0;
    for (const Method& method : methods_) most += method.fill->workspace(size);
    return most + 64 * static_cast<std::size_t>(size.area());
  }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      std::map<FillScores::Key, Found> found;
      for (const HideRule& rule : rules_) look_at(frame, rule, found);
      const std::lock_guard lock(mutex_);
      found_.emplace(frame.index, std::move(found));
    });
  }

  std::map<FillScores::Key, Found> take(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return std::move(found_.extract(index).mapped());
  }
  std::vector<FillScores::Key> order() const {
    std::vector<FillScores::Key> keys;
    for (const HideRule& rule : rules_)
      for (const Method& method : methods_) keys.emplace_back(rule.text(), method.name);
    return keys;
  }
  // Of one picture, its path below --out.
  static std::string picture_of(const Frame& frame, const HideRule& rule) {
    std::string stem = frame.id() + "." + rule.text();
    for (char& c : stem)
      if (c == '/' || c == ':') c = '_';
    return "pictures/" + io::file_name(stem).string() + ".png";
  }
  const std::vector<HideRule>& rules() const { return rules_; }

 private:
  void look_at(const Frame& frame, const HideRule& rule, std::map<FillScores::Key, Found>& found) {
    const cv::Mat& raw = frame.plane(plane::kRawDepth);
    const cv::Mat hidden = sample::hidden_readings(raw, rule, settings_.seed, frame.id());
    cv::Mat given = raw.clone();
    if (rule.kind != HideKind::kHoles) given.setTo(0, hidden);
    cv::Mat truth = raw;
    if (with_truth_) {
      truth = frame.plane(plane::kGt);
      if (truth.size() != raw.size())
        throw FrameError(FailureReason::kWrongSize, frame.id() + ": raw_depth and its truth differ in size");
    }
    if (settings_.write_hidden) write_hidden(frame, rule, given, hidden);
    bool shown = static_cast<int>(frame.index) >= settings_.pictures;
    for (Method& method : methods_) {
      Frame one;
      one.scene = frame.scene, one.name = frame.name;
      one.planes[plane::kRgb] = frame.plane(plane::kRgb);
      one.planes[plane::kRawDepth] = given;
      method.fill->run({&one, 1});
      if (one.failure == FailureReason::kNoValidPixel) {  // nothing is left to fill from
        found[{rule.text(), method.name}];
        continue;
      }
      if (!one.ok())
        throw FrameError(one.failure, rule.text() + ", " + method.name + ": " + one.failure_text);
      const cv::Mat& filled = one.plane(plane::kDepth);
      FrameScorer scorer({.pred = filled, .gt = truth, .hidden = hidden});
      Found& here = found[{rule.text(), method.name}];
      try {
        here.holdout = scorer.score(protocol_);
      } catch (const FrameError& e) {
        if (e.reason() != FailureReason::kNoValidPixel) throw;  // nothing was hidden in this frame
      }
      here.errors = report::fill_errors(filled, truth, hidden, given);
      if (!shown) draw(frame, rule, given, filled, truth, hidden);
      shown = true;  // of the first method
    }
  }

  void draw(const Frame& frame, const HideRule& rule, const cv::Mat& given, const cv::Mat& filled,
            const cv::Mat& truth, const cv::Mat& hidden) const {
    report::FramePlanes planes;
    planes.rgb = frame.plane(plane::kRgb);
    planes.raw_depth = given;
    planes.pred = filled;
    planes.pred_remark = " (filled)";
    planes.gt = cv::Mat::zeros(truth.size(), CV_64FC1);
    truth.copyTo(planes.gt, hidden);
    report::FrameView view = report::make_view(planes, kPanelWidth, kErrorShown);
    view.scene = frame.scene, view.frame = frame.name;
    view.caption = rule.text() + ", " + methods_.front().name;
    io::write_whole_file(out_ / picture_of(frame, rule), io::encode_png(report::draw_strip(view)));
  }

  void write_hidden(const Frame& frame, const HideRule& rule, const cv::Mat& given,
                    const cv::Mat& hidden) const {
    std::string folder = rule.text();
    std::replace(folder.begin(), folder.end(), ':', '-');
    const fs::path stem = out_ / folder / "planes" / io::file_name(frame.scene) / io::file_name(frame.name);
    io::write_plane(stem.string() + ".raw_depth.npy", given, io::PlaneKind::kDepth);
    io::write_plane(stem.string() + ".hidden.png", hidden, io::PlaneKind::kLabels);
    io::write_plane(stem.string() + ".rgb.png", frame.plane(plane::kRgb), io::PlaneKind::kRgb);
  }

  ScoreFillSettings settings_;
  fs::path out_;
  bool with_truth_;
  metrics::Protocol protocol_;
  std::vector<HideRule> rules_;
  std::vector<Method> methods_;
  std::mutex mutex_;
  std::map<std::size_t, std::map<FillScores::Key, Found>> found_;
};

void write_scores(const fs::path& out, const FillScores& scores,
                  const std::vector<std::pair<std::string, std::string>>& pictures) {
  for (const auto& [name, text] : {std::pair{"frames.csv", report::fill_frames_csv(scores)},
                                   {"summary.csv", report::fill_summary_csv(scores)},
                                   {"by_distance.csv", report::fill_distance_csv(scores)},
                                   {"by_depth.csv", report::fill_depth_csv(scores)},
                                   {"score-fill.md", report::fill_markdown(scores)},
                                   {"score-fill.html", report::fill_page(scores, pictures)}})
    io::write_whole_file(out / name, text);
}

void check_words(const Config& config) {
  for (const std::string& word : config.score_fill.hide)
    if (HideRule::parse(word).kind == HideKind::kHoles && config.data.gt.empty())
      throw ConfigError(
          "--hide holes needs --gt: of the sensor's own holes nobody knows the truth otherwise");
}

int run_score_fill(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  require_out_folder(config, "where should the tables and the page go?");
  make_out_folder(config.run.out);
  check_words(config);
  StageRun job = hidden_frames(parsed);
  for (const std::string& warning : job.warnings) say(config, "note: " + warning);
  metrics::Protocol protocol;
  try {
    protocol = find_protocol(kHoldoutProtocol, config.evaluate.protocol_folder);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  auto stage = std::make_unique<ScoreFillStage>(config, std::move(protocol));
  ScoreFillStage& found = *stage;
  job.stages.push_back(std::move(stage));

  FillScores scores;
  scores.title = config.data.in.empty() ? config.data.pairs.string() : config.data.in.string();
  scores.reference = config.data.gt.empty() ? "the readings that were hidden" : config.data.gt;
  scores.seed = config.score_fill.seed;
  scores.order = found.order();
  for (const auto& key : scores.order) scores.by_frame[key], scores.pooled[key];
  std::vector<std::pair<std::string, std::string>> pictures;
  FailureCount failures;
  FrameSink sink;
  sink.record = [&](const Frame& frame, FrameSink::Record) {
    failures.add(frame);
    if (!frame.ok()) return;
    ++scores.frames;
    for (auto& [key, one] : found.take(frame.index)) {
      scores.by_frame[key].push_back({frame.scene, frame.name, std::move(one.holdout)});
      scores.pooled[key].add(one.errors);
    }
    if (static_cast<int>(frame.index) < config.score_fill.pictures)
      for (const HideRule& rule : found.rules())
        pictures.emplace_back(ScoreFillStage::picture_of(frame, rule),
                              frame.id() + ", hidden: " + rule.text());
  };
  const ThreadBudget budget(resolve_threads(config.run.threads));
  prepare(job.stages, {});
  GraphOptions graph;
  graph.label = "score-fill";
  graph.quiet = config.run.quiet;
  graph.threads = budget.threads();
  const GraphOutcome outcome = run_graph(job.frames, job.stages, graph, sink);
  if (!outcome.fatal.empty() || outcome.interrupted) {
    print_error(outcome.interrupted ? "interrupted; no table is written"
                                    : "the run stopped: " + outcome.fatal);
    return outcome.interrupted ? interrupted_code() : kExitStopped;
  }
  scores.remarks = failures.lines(job.frames.size());
  if (std::all_of(scores.pooled.begin(), scores.pooled.end(),
                  [](const auto& one) { return one.second.all.pixels == 0; })) {
    for (const std::string& line : scores.remarks) print_error(line);
    print_error("no pixel was scored, so there is no table");
    return kExitFailed;
  }
  write_scores(config.run.out, scores, pictures);
  if (!config.run.quiet) {
    std::fputs(report::fill_markdown(scores).c_str(), stdout);
    say(config, "score-fill: " + (config.run.out / "score-fill.html").string());
  }
  if (outcome.failed > 0)
    print_error(std::to_string(outcome.failed) + " of " + counted(job.frames.size(), "frame") +
                " could not be scored; what went wrong is in score-fill.md");
  bool empty = false;
  for (const auto& [key, sums] : scores.pooled)
    if (sums.all.pixels == 0) {
      print_error(key.first + ", " + key.second + ": no pixel was scored");
      empty = true;
    }
  return outcome.failed + job.scene_failures > 0 || empty ? kExitFailed : kExitOk;
}

}  // namespace

Command command_score_fill() {
  return {"score-fill", "how good is the fill? Readings are hidden from it and asked for afterwards",
          R"(Hides readings of every frame of --in (a run folder or pairs of rgb and raw depth), fills what is
left by every method, and scores the fill where readings were hidden: frames.csv and summary.csv by
protocol completion-holdout, by_distance.csv by the distance to the nearest reading that was left,
by_depth.csv, score-fill.md, and score-fill.html with pictures. With --gt the truth is that of
another folder (of 'depthmill sample', say), and --hide holes scores the sensor's own holes. Which
readings are hidden depends on the seed, the frame's name and its readings alone. --write-hidden
keeps what each fill was given, for a network that completes depth; 'depthmill evaluate --protocol
completion-holdout --hidden DIR' scores what it makes of it.)",
          R"(  depthmill score-fill --in runs/a --out runs/a/fill
  depthmill score-fill --in nyu_sync --hide random:0.2,block:32 --methods levin --out fill
  depthmill score-fill --in runs/sample --gt sample/truth --hide holes,projector --out fill
)",
          run_score_fill};
}

}  // namespace depthmill::pipeline
