// The protocols of 2024 to 2026 against numbers that the authors' own code gave (tests/data/golden/protocols2), through
// the evaluate stage and the tables. Limits are those of the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <set>

#include "stages/base/frame_list.h"
#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/total_tables.h"
#include "stages/scoring/totals.h"
#include "tests/golden/metrics_golden.h"
#include "tests/support/h5_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using metrics::Protocol;
using test::map_of;

struct Expected {
  double value, relative, absolute;
};
// (row, metric) -> value of one part of one run.
using GoldenRows = std::map<std::pair<std::string, std::string>, Expected>;

GoldenRows read_run(const std::filesystem::path& file, const std::string& run, const std::string& part) {
  const io::CsvTable table = io::read_csv_file(file);
  GoldenRows values;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    if (row[0] == run && row[1] == part)
      values[{row[2], row[3]}] = {table.number(i, 4), table.number(i, 5), table.number(i, 6)};
  }
  return values;
}

void expect_close(double ours, const Expected& golden, const std::string& what) {
  if (std::isnan(golden.value)) {
    EXPECT_TRUE(std::isnan(ours)) << what;
    return;
  }
  // A share is a share of float32 or of doubles: half a pixel in 300,000.
  const double limit = std::max({golden.absolute, golden.relative * std::abs(golden.value), 1e-12});
  EXPECT_NEAR(ours, golden.value, limit) << what;
}

struct Golden {
  const char* run;
  const char* protocol;
  const char* part;                 // "float64" where there is one
  std::function<Frame(int)> frame;  // image i
  int images;
  std::map<std::string, std::string> keys = {};  // golden name -> ours, where they differ
  std::function<void(Protocol&)> change =
      {};  // what the reference run did otherwise than the published protocol
};
std::ostream& operator<<(std::ostream& out, const Golden& golden) { return out << golden.run; }

test::H5File pair_file(int i) {
  return test::H5File(*test::find_golden("metrics/pair_" + std::to_string(i) + ".h5"));
}

void nan_to_zero(cv::Mat& map) { map.setTo(0, map != map); }

Frame pair_frame(int i, const char* pred, const char* gt = "gt") {
  const test::H5File file = pair_file(i);
  Frame frame;
  frame.name = "pair_" + std::to_string(i);
  frame.planes[plane::kPred] = map_of(file, pred, CV_32F);
  frame.planes[plane::kGt] = map_of(file, gt, CV_64F);
  nan_to_zero(frame.planes[plane::kGt]);
  return frame;
}

std::function<Frame(int)> pairs(const char* pred, const char* gt = "gt") {
  return [=](int i) { return pair_frame(i, pred, gt); };
}

cv::Mat inverse_of(const cv::Mat& map, cv::Range rows, cv::Range cols) {
  cv::Mat part = map(rows, cols).clone(), out;
  part.convertTo(part, CV_32F);
  cv::divide(1.0f, part, out);
  return out;
}

std::function<Frame(int)> p2net_pair(bool flip) {
  return [=](int i) {
    const test::H5File file = pair_file(i);
    Frame frame = pair_frame(i, "pred_half", "gt_dense");
    frame.planes[plane::kPred] = inverse_of(map_of(file, "pred_half", CV_32F), {22, 236}, {20, 301});
    if (flip)
      frame.planes[plane::kPredMirror] =
          inverse_of(map_of(file, "pred_half_mirror", CV_32F), {22, 236}, {19, 300});
    return frame;
  };
}

// MoGe's and UniK3D's rays are at pixel centres with the first at 0.5; --plane-camera counts centres from 1.
std::vector<double> pair_camera() {
  auto camera = pair_file(0).attribute("intrinsics_fx_fy_cx_cy").values;
  camera[2] += 0.5, camera[3] += 0.5;
  return camera;
}

// 1.1 times the true depth, shifted right by one pixel.
Frame shifted_pair(int i) {
  Frame frame = pair_frame(i, "gt_dense");
  cv::Mat& pred = frame.planes[plane::kPred];
  cv::Mat shifted;
  cv::copyMakeBorder(pred, shifted, 0, 0, 1, 0, cv::BORDER_REPLICATE);
  pred = cv::Mat(shifted.colRange(0, 640) * 1.1);
  return frame;
}

Frame completion_frame(const char* pred) {
  const test::H5File file(*test::find_golden("protocols2/completion_0.h5"));
  Frame frame;
  frame.name = "completion_0";
  frame.planes[plane::kPred] = map_of(file, pred, CV_32F);
  frame.planes[plane::kGt] = map_of(file, "gt", CV_64F);
  cv::Mat hidden = cv::Mat::zeros(480, 640, CV_8UC1);
  for (double index : file.dataset("hidden").values) hidden.data[static_cast<std::size_t>(index)] = 1;
  frame.planes[plane::kHidden] = hidden;
  return frame;
}

void with_boundary(Protocol& p) {
  for (const char* key : {"disc_boundary_f1_1", "disc_boundary_f1_2", "disc_boundary_f1_3"})
    if (std::find(p.metrics.begin(), p.metrics.end(), key) == p.metrics.end()) p.metrics.push_back(key);
}
void max_10(Protocol& p) {
  p.range.max = p.clamp_max = 10;
  p.nan_to = p.inf_to = 10;
}

const std::map<std::string, std::string> kCompletion = {
    {"irmse", "irmse_floored"}, {"imae", "imae_floored"}, {"abs_rel", "abs_rel_shifted"},
    {"d1", "d1_signed"},        {"d2", "d2_signed"},      {"d3", "d3_signed"}};

const std::map<std::string, std::string> kMoge = {{"abs_rel", "abs_rel_shifted"},
                                                  {"boundary_f1_r1", "disc_boundary_f1_1"},
                                                  {"boundary_f1_r2", "disc_boundary_f1_2"},
                                                  {"boundary_f1_r3", "disc_boundary_f1_3"}};
const std::map<std::string, std::string> kUnik3d = {{"medianlog", "median_log"},
                                                    {"silog", "silog_unbiased"},
                                                    {"d1_ssi", "d1_ssi_trimmed"},
                                                    {"tau_ssi", "tau_ssi_trimmed"},
                                                    {"abs_rel_ssi", "abs_rel_ssi_trimmed"},
                                                    {"arel_3d", "abs_rel_3d"},
                                                    {"f1", "f1_3d"},
                                                    {"f1_si", "f1_3d_si"}};

const std::vector<Golden> kGoldens = {
    {"moge-metric", "moge-metric", "float64", pairs("pred_half"), 4, kMoge, with_boundary},
    {"moge-scale", "moge-scale", "float64", pairs("pred_half"), 4, kMoge, with_boundary},
    {"moge-affine", "moge-affine", "float64", pairs("pred_affine"), 4, kMoge, with_boundary},
    {"moge-affine", "moge-affine-exact", "exact_l1", pairs("pred_affine"), 4, kMoge, with_boundary},
    {"moge-affine-of-metric", "moge-affine", "float64", pairs("pred_half"), 4, kMoge},
    {"moge-disparity", "moge-disparity", "float64", pairs("pred_disparity"), 4, kMoge, with_boundary},
    {"moge-disparity-of-metric", "moge-disparity-of-depth", "float64", pairs("pred_half"), 4, kMoge},
    {"moge-points-metric", "moge-points-metric", "float64", pairs("pred_half"), 4},
    {"moge-points-scale", "moge-points-scale", "float64", pairs("pred_half"), 4},
    {"moge-points-affine", "moge-points-affine", "float64", pairs("pred_half"), 4},
    {"moge-boundary", "moge-boundary", "float64", shifted_pair, 4, kMoge},
    {"unik3d", "unik3d", "float64", pairs("pred_half"), 4, kUnik3d},
    {"unik3d-3d", "unik3d-3d", "float64", pairs("pred_half"), 4, kUnik3d},
    {"completion-nyu", "completion-nyu", "float64", [](int) { return completion_frame("pred_crop"); }, 1,
     kCompletion},
    {"completion-holdout", "completion-holdout", "float64", [](int) { return completion_frame("pred_full"); },
     1, kCompletion},
    {"completion-full", "completion-holdout", "float64", [](int) { return completion_frame("pred_full"); }, 1,
     kCompletion, [](Protocol& p) { p.valid = metrics::ValidRule::kRange; }},
    {"ultralytics", "ultralytics", "plain", pairs("pred_half"), 4},
    {"ultralytics-full", "ultralytics", "plain", pairs("pred"), 4},
    {"ultralytics-max10", "ultralytics", "plain", pairs("pred_half"), 4, {}, max_10},
    {"ultralytics-full-max10", "ultralytics", "plain", pairs("pred"), 4, {}, max_10},
    {"ultralytics-none", "ultralytics-none", "plain", pairs("pred_half"), 4},
    {"ultralytics-none-full", "ultralytics-none", "plain", pairs("pred"), 4},
    {"ultralytics-none-max10", "ultralytics-none", "plain", pairs("pred_half"), 4, {}, max_10},
    {"ultralytics-none-full-max10", "ultralytics-none", "plain", pairs("pred"), 4, {}, max_10},
    {"p2net", "p2net", "plain", p2net_pair(true), 4},
    {"p2net-noflip", "p2net", "plain", p2net_pair(false), 4},
    {"monst3r", "monst3r", "float64", pairs("pred_half"), 4},
    {"cut3r", "cut3r", "float64", pairs("pred_half"), 4},
};

class ProtocolsGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(ProtocolsGolden, IsReproduced) {
  const Golden& golden = GetParam();
  DEPTHMILL_GOLDEN(expected_file, "protocols2/expected.csv");
  const GoldenRows expected = read_run(expected_file, golden.run, golden.part);
  ASSERT_FALSE(expected.empty());

  Protocol protocol = find_protocol(golden.protocol, test::protocol_folder());
  if (golden.change) golden.change(protocol);
  test::ScratchFolder scratch;
  std::ofstream(scratch / (protocol.name + ".ini")) << protocol_text(protocol);
  const auto stage = make_evaluate_stage({.protocols = {golden.protocol},
                                          .protocol_folder = scratch.path(),
                                          .allow_missing = true,
                                          .plane_camera = pair_camera()});
  stage->prepare();
  std::vector<FrameScore> rows;
  for (int i = 0; i < golden.images; ++i) {
    std::vector<Frame> frames;
    frames.push_back(golden.frame(i));
    stage->run(frames);
    ASSERT_TRUE(frames[0].ok()) << frames[0].failure_text;
    ASSERT_EQ(frames[0].metrics.size(), 1u);
    rows.push_back({frames[0].scene, frames[0].name, frames[0].metrics[0]});
  }
  write_metric_tables(scratch / "metrics", rows, {&protocol, 1});
  std::set<std::string> compared;
  const auto ours_of = [&](const std::string& key) {
    const auto at = golden.keys.find(key);
    return at == golden.keys.end() ? key : at->second;
  };
  for (const auto& [place, value] : expected) {
    const auto& [row, metric] = place;
    const std::string key = ours_of(metric), what = row + " " + metric;
    if (metric.starts_with("fit ") || metric == "rays") continue;  // rays are shared, and so always 1
    if (row == "aggregate") {
      for (const ScoreSummary& s : read_summary_table(scratch / "metrics"))
        if (s.metric == key) expect_close(s.value, value, what), compared.insert(key);
      continue;
    }
    for (const FrameScore& r : rows) {
      if (r.frame != row) continue;
      if (metric == "valid")
        EXPECT_EQ(r.row.valid_pixels, static_cast<std::size_t>(value.value)) << what;
      else
        expect_close(r.value(key), value, what), compared.insert(key);
    }
  }
  EXPECT_EQ(compared, std::set<std::string>(protocol.metrics.begin(), protocol.metrics.end()));
}

INSTANTIATE_TEST_SUITE_P(, ProtocolsGolden, ::testing::ValuesIn(kGoldens), [](const auto& param_info) {
  std::string name = std::string(param_info.param.run) + "_as_" + param_info.param.protocol;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

// Clips: whole, and its two halves as two clips, whose average is the aggregate.
struct ClipGolden {
  const char* run;
  const char* protocol;
  const char* part;
  const char* pred;
  std::function<void(Protocol&)> change = {};
};
std::ostream& operator<<(std::ostream& out, const ClipGolden& golden) { return out << golden.run; }

void whole_map(Protocol& p) { p.crop = {}, p.covers = metrics::Covers::kMap; }
void crop_8_11(Protocol& p) {
  p.crop = {metrics::CropKind::kBorder, 8, 8, 11, 11, 0, 0};
  p.covers = metrics::Covers::kCrop;
}
void clip_max_10(Protocol& p) {
  p.range.max = 10;
  p.clamp_at = metrics::ClampAt::kAfterAlign;
  p.clamp_min = -std::numeric_limits<double>::infinity(), p.clamp_max = 10;
}
void only(Protocol& p, std::vector<std::string> metrics) { p.metrics = std::move(metrics); }
void errors_only(Protocol& p) { only(p, {"abs_rel", "rmse", "d1"}); }
void tae_only(Protocol& p) { only(p, {"tae"}); }

const std::vector<ClipGolden> kClipGoldens = {
    {"depthcrafter", "depthcrafter", "plain", "pred_disparity"},
    {"depthcrafter-crop", "depthcrafter", "plain", "pred_disparity_crop", crop_8_11},
    {"depthcrafter-len6", "depthcrafter", "plain", "pred_disparity", [](Protocol& p) { p.end_frame = 6; }},
    {"depthcrafter-len1", "depthcrafter", "plain", "pred_disparity", [](Protocol& p) { p.end_frame = 1; }},
    {"vda-500", "vda-500", "plain", "pred_disparity_crop", errors_only},
    {"vda-500-nocrop", "vda-500", "plain", "pred_disparity",
     [](Protocol& p) { errors_only(p), whole_map(p); }},
    {"vda-len6", "vda-500", "plain", "pred_disparity_crop",
     [](Protocol& p) { errors_only(p), p.end_frame = 6; }},
    {"vda-tae", "vda-500", "plain", "pred_disparity_crop", tae_only},
    {"vda-tae-hard-crop", "vda-500-hard-crop", "plain", "pred_disparity", tae_only},
    {"vda-tae-nocrop", "vda-500", "plain", "pred_disparity", [](Protocol& p) { tae_only(p), whole_map(p); }},
    {"cut3r-video-metric", "cut3r-video-metric", "float64", "pred_depth"},
    {"cut3r-video-metric-max10", "cut3r-video-metric", "float64", "pred_depth", clip_max_10},
    {"cut3r-video-scale", "cut3r-video-scale", "float64", "pred_depth"},
    {"cut3r-video-scale-max10", "cut3r-video-scale", "float64", "pred_depth", clip_max_10},
    {"cut3r-video-scale", "cut3r-video-scale-exact", "exact_l1", "pred_depth"},
    {"cut3r-video-scale-shift", "cut3r-video-scale-shift", "float64", "pred_depth"},
    {"cut3r-video-scale-shift-max10", "cut3r-video-scale-shift", "float64", "pred_depth", clip_max_10},
    {"cut3r-video-scale-shift", "cut3r-video-scale-shift-exact", "exact_l1", "pred_depth"},
};

class ClipsGolden : public ::testing::TestWithParam<ClipGolden> {
 protected:
  void SetUp() override {
    const auto found = test::find_golden("protocols2/clip_0.h5");
    if (!found) GTEST_SKIP() << "golden file protocols2/clip_0.h5 is not here (tests/data/golden)";
    file_.emplace(*found);
  }

  cv::Mat plane_of(const std::string& name, int frame) const {
    const auto array = file_->dataset(name);
    const int rows = static_cast<int>(array.shape[1]), cols = static_cast<int>(array.shape[2]);
    cv::Mat map(rows, cols, CV_32FC1);
    const std::size_t size = map.total();
    for (std::size_t i = 0; i < size; ++i)
      map.ptr<float>()[i] = static_cast<float>(array.values[static_cast<std::size_t>(frame) * size + i]);
    return map;
  }

  // The frames first ... end as files of a scene.
  void write_clip(const std::string& scene, const char* pred, int first, int end) {
    const auto poses = file_->dataset("pose").values;
    for (int i = first; i < end; ++i) {
      Frame frame;
      frame.scene = scene, frame.name = "frame_" + std::to_string(i);
      for (const auto& [name, set] : {std::pair{plane::kPred, pred}, {plane::kGt, "gt"}}) {
        const auto file = scratch_ / scene / (frame.name + "." + name + ".npy");
        io::write_plane(file, plane_of(set, i), PlaneKind::kDepth);
        frame.sources[name].file = file;
      }
      std::filesystem::create_directories(scratch_ / "poses" / scene);
      std::ofstream pose(scratch_ / "poses" / scene / (frame.name + ".txt"));
      pose.precision(17);
      for (std::size_t k = 0; k < 16; ++k) pose << poses[static_cast<std::size_t>(i) * 16 + k] << " ";
      pose.close();
      list_.push_back(std::move(frame));
    }
  }

  std::vector<double> camera() const {
    const auto k = file_->dataset("K").values;
    return {k[0], k[4], k[2] + 1, k[5] + 1};
  }

  // Backwards: a clip's fit does not hang on which of its frames comes first.
  std::vector<FrameScore> score(const Protocol& protocol) {
    std::ofstream(scratch_ / (protocol.name + ".ini")) << protocol_text(protocol);
    const auto stage = make_evaluate_stage({.protocols = {protocol.name},
                                            .protocol_folder = scratch_.path(),
                                            .plane_camera = camera(),
                                            .poses = scratch_ / "poses"});
    stage->expect_frames(list_);
    stage->prepare();
    std::vector<FrameScore> rows;
    for (std::size_t i = list_.size(); i-- > 0;) {
      std::vector<Frame> frames{list_[i]};
      for (const auto& [name, source] : frames[0].sources)
        frames[0].planes[name] = io::read_plane(source, plane_kind(name), name);
      stage->run(frames);
      for (const MetricRow& row : frames[0].metrics)
        if (!row.values.empty()) rows.push_back({frames[0].scene, frames[0].name, row});
    }
    return rows;
  }

  std::optional<test::H5File> file_;
  test::ScratchFolder scratch_;
  FrameList list_;
};

TEST_P(ClipsGolden, IsReproduced) {
  const ClipGolden& golden = GetParam();
  DEPTHMILL_GOLDEN(expected_file, "protocols2/expected.csv");
  const GoldenRows expected = read_run(expected_file, golden.run, golden.part);
  ASSERT_FALSE(expected.empty());
  Protocol protocol = find_protocol(golden.protocol, test::protocol_folder());
  if (golden.change) golden.change(protocol);
  const std::map<std::string, std::pair<int, int>> clips = {
      {"0:8", {0, 8}}, {"0:4", {0, 4}}, {"4:8", {4, 8}}};
  for (const auto& [name, part] : clips)
    write_clip("whole" + std::to_string(part.first) + std::to_string(part.second), golden.pred, part.first,
               part.second);
  const std::vector<FrameScore> rows = score(protocol);
  const auto total_of = [&](const std::vector<std::string>& scenes, const std::string& key) {
    std::vector<FrameScore> some;
    for (const FrameScore& row : rows)
      if (std::find(scenes.begin(), scenes.end(), row.scene) != scenes.end()) some.push_back(row);
    for (const ScoreSummary& s : summarise(some, {&protocol, 1}))
      if (s.metric == key) return s.value;
    return std::nan("");
  };
  std::set<std::string> compared;
  for (const auto& [place, value] : expected) {
    const auto& [row, metric] = place;
    if (metric.starts_with("fit ") || metric == "valid") continue;
    std::vector<std::string> scenes{"whole04", "whole48"};
    if (row != "aggregate") scenes = {"whole" + row.substr(14, 1) + row.substr(16, 1)};
    expect_close(total_of(scenes, metric), value, row + " " + metric);
    compared.insert(metric);
  }
  EXPECT_EQ(compared, std::set<std::string>(protocol.metrics.begin(), protocol.metrics.end()));
}

INSTANTIATE_TEST_SUITE_P(, ClipsGolden, ::testing::ValuesIn(kClipGoldens), [](const auto& param_info) {
  std::string name = std::string(param_info.param.run) + "_as_" + param_info.param.protocol;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace depthmill
