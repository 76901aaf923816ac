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
#include "stages/base/adapt.h"
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

constexpr const char *kHoldoutProtocol = "completion-holdout", *kWholeProtocol = "completion-nyu";
constexpr int kPanelWidth = 320;
constexpr double kErrorShown = 0.5;  // metres, at either end of the scale of errors

// What one frame gave under one rule and method.
struct Found {
  MetricRow holdout, nyu;
  report::FillErrors errors;
};

struct Method {
  std::string name;
  std::unique_ptr<Stage> fill;  // none: its depth lies in files, a plane a rule (completed_plane)
};

// Hides, fills and scores. What it finds waits for the frame's turn, so that sums do not hang on threads.
class ScoreFillStage : public Stage {
 public:
  ScoreFillStage(const Config& config, metrics::Protocol holdout, metrics::Protocol whole)
      : settings_(config.score_fill),
        out_(config.run.out),
        with_truth_(!config.data.gt.empty()),
        holdout_(std::move(holdout)),
        whole_(std::move(whole)),
        levin_(fill_by(config, FillMethod::kLevin)) {
    for (const std::string& word : settings_.hide) rules_.push_back(HideRule::parse(word));
    for (const std::string& word : settings_.methods)
      methods_.push_back({word, fill_by(config, kFillMethods.parse(word))});
    if (!config.data.pred.empty()) methods_.push_back({completion_name(config), nullptr});
  }
  std::string_view name() const override { return "score-fill"; }
  std::vector<std::string> needs() const override {
    std::vector<std::string> planes{plane::kRgb, plane::kRawDepth};
    if (with_truth_) planes.emplace_back(plane::kGt);
    if (!methods_.back().fill)
      for (std::size_t rule = 0; rule < rules_.size(); ++rule) planes.push_back(completed_plane(rule));
    return planes;
  }
  std::vector<std::string> adds() const override { return {}; }
  std::size_t workspace(cv::Size size) const override {
    std::size_t most = levin_->workspace(size);
    for (const Method& method : methods_)
      if (method.fill) most += method.fill->workspace(size);
    return most + 64 * static_cast<std::size_t>(size.area());
  }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      std::map<FillScores::Key, Found> found;
      const cv::Mat dense = dense_truth(frame);
      for (std::size_t rule = 0; rule < rules_.size(); ++rule) look_at(frame, rule, dense, found);
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
  static std::unique_ptr<Stage> fill_by(const Config& config, FillMethod method) {
    FillStageOptions options = config.fill;
    options.method = method;
    return make_fill_stage(options);
  }

  cv::Mat truth_of(const Frame& frame) const {
    const cv::Mat& raw = frame.plane(plane::kRawDepth);
    if (!with_truth_) return raw;
    const cv::Mat& truth = frame.plane(plane::kGt);
    if (truth.size() != raw.size())
      throw FrameError(FailureReason::kWrongSize, frame.id() + ": raw_depth and its truth differ in size");
    return truth;
  }

  // What completion-nyu scores against: the truth, its holes filled by levin as those of NYU Depth V2 are.
  cv::Mat dense_truth(const Frame& frame) const {
    const cv::Mat truth = truth_of(frame);
    const auto values = view<double>(truth);
    if (std::all_of(values.begin(), values.end(), [](double z) { return z > 0; })) return truth;
    return filled(*levin_, frame, truth, "the whole frame");
  }

  // Empty where there is nothing to fill from.
  static cv::Mat filled(Stage& fill, const Frame& frame, const cv::Mat& given, const std::string& what) {
    Frame one;
    one.scene = frame.scene, one.name = frame.name;
    one.planes[plane::kRgb] = frame.plane(plane::kRgb);
    one.planes[plane::kRawDepth] = given;
    fill.run({&one, 1});
    if (one.failure == FailureReason::kNoValidPixel) return {};
    if (!one.ok()) throw FrameError(one.failure, what + ": " + one.failure_text);
    return one.plane(plane::kDepth);
  }

  // No values where the frame has no pixel that is scored, or is too small.
  static MetricRow score(const cv::Mat& pred, const cv::Mat& truth, const cv::Mat& hidden,
                         const metrics::Protocol& protocol) {
    if (truth.empty()) return {};
    try {
      return FrameScorer({.pred = pred, .gt = truth, .hidden = hidden}).score(protocol);
    } catch (const FrameError& e) {
      if (e.reason() == FailureReason::kNoValidPixel || e.reason() == FailureReason::kWrongSize) return {};
      throw;
    }
  }

  void look_at(const Frame& frame, std::size_t number, const cv::Mat& dense,
               std::map<FillScores::Key, Found>& found) {
    const HideRule& rule = rules_[number];
    const cv::Mat& raw = frame.plane(plane::kRawDepth);
    const cv::Mat hidden = sample::hidden_readings(raw, rule, settings_.seed, frame.id());
    cv::Mat given = raw.clone();
    if (rule.kind != HideKind::kHoles) given.setTo(0, hidden);
    const cv::Mat truth = truth_of(frame);
    if (settings_.write_hidden) write_hidden(frame, rule, given, hidden);
    bool shown = static_cast<int>(frame.index) >= settings_.pictures;
    for (Method& method : methods_) {
      Found& here = found[{rule.text(), method.name}];
      const cv::Mat depth = method.fill ? filled(*method.fill, frame, given, rule.text() + ", " + method.name)
                                        : frame.plane(completed_plane(number));
      if (depth.empty()) continue;
      if (depth.size() != raw.size())
        throw FrameError(FailureReason::kWrongSize, frame.id() + ": raw_depth and the depth of " +
                                                        method.name + " for " + rule.text() +
                                                        " differ in size");
      here.holdout = score(depth, truth, hidden, holdout_);
      here.nyu = score(depth, dense, {}, whole_);
      here.errors = report::fill_errors(depth, truth, hidden, given);
      if (!shown) draw(frame, rule, given, depth, truth, hidden);
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
    const fs::path stem =
        out_ / hidden_folder(rule.text()) / "planes" / io::file_name(frame.scene) / io::file_name(frame.name);
    io::write_plane(stem.string() + ".raw_depth.npy", given, io::PlaneKind::kDepth);
    io::write_plane(stem.string() + ".hidden.png", hidden, io::PlaneKind::kLabels);
    io::write_plane(stem.string() + ".rgb.png", frame.plane(plane::kRgb), io::PlaneKind::kRgb);
  }

  ScoreFillSettings settings_;
  fs::path out_;
  bool with_truth_;
  metrics::Protocol holdout_, whole_;
  std::unique_ptr<Stage> levin_;
  std::vector<HideRule> rules_;
  std::vector<Method> methods_;
  std::mutex mutex_;
  std::map<std::size_t, std::map<FillScores::Key, Found>> found_;
};

void write_scores(const fs::path& out, const FillScores& scores,
                  const std::vector<std::pair<std::string, std::string>>& pictures) {
  for (const auto& [name, text] : {std::pair{"frames.csv", report::fill_frames_csv(scores)},
                                   {"summary.csv", report::fill_summary_csv(scores)},
                                   {"completion_nyu.csv", report::fill_nyu_csv(scores)},
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
  const auto protocol = [&](const char* name) {
    try {
      return find_protocol(name, config.evaluate.protocol_folder);
    } catch (const std::exception& e) {
      throw ConfigError(e.what());
    }
  };
  auto stage = std::make_unique<ScoreFillStage>(config, protocol(kHoldoutProtocol), protocol(kWholeProtocol));
  ScoreFillStage& found = *stage;
  job.stages.push_back(std::move(stage));

  FillScores scores;
  scores.title = config.data.in.empty() ? config.data.pairs.string() : config.data.in.string();
  scores.reference = config.data.gt.empty() ? "the readings that were hidden" : config.data.gt;
  scores.dense = config.data.gt.empty() ? "levin's fill of all readings"
                                        : config.data.gt + ", its holes filled by levin";
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
      scores.by_frame[key].push_back({frame.scene, frame.name, std::move(one.holdout), std::move(one.nyu)});
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
keeps what each fill was given, a folder a rule, for a network that completes depth; --pred scores
what it made of them beside the fills. completion_nyu.csv scores whole maps as papers on depth
completion do (protocol completion-nyu), against the truth with its holes filled by levin.)",
          R"(  depthmill score-fill --in runs/a --out runs/a/fill
  depthmill score-fill --in nyu_sync --hide random:0.2,block:32 --methods levin --out fill
  depthmill score-fill --in runs/sample --gt sample/truth --hide holes,projector --out fill
  depthmill score-fill --in runs/a --hide samples:500 --write-hidden --out given
  depthmill score-fill --in runs/a --hide samples:500 --pred nlspn --out scores
)",
          run_score_fill};
}

}  // namespace depthmill::pipeline
