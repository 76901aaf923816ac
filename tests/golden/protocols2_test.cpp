// The protocols of 2024 to 2026 against numbers that the authors' own code gave (tests/data/golden/protocols2), through
// the evaluate stage and the tables. Limits are those of the file.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <opencv2/core.hpp>

#include "stages/io/csv.h"
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

void max_10(Protocol& p) {
  p.range.max = p.clamp_max = 10;
  p.nan_to = p.inf_to = 10;
}

const std::map<std::string, std::string> kCompletion = {
    {"irmse", "irmse_floored"}, {"imae", "imae_floored"}, {"abs_rel", "abs_rel_shifted"},
    {"d1", "d1_signed"},        {"d2", "d2_signed"},      {"d3", "d3_signed"}};

const std::vector<Golden> kGoldens = {
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
  const auto stage = make_evaluate_stage(
      {.protocols = {golden.protocol}, .protocol_folder = scratch.path(), .allow_missing = true});
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
  std::size_t compared = 0;
  const auto ours_of = [&](const std::string& key) {
    const auto at = golden.keys.find(key);
    return at == golden.keys.end() ? key : at->second;
  };
  for (const auto& [place, value] : expected) {
    const auto& [row, metric] = place;
    const std::string key = ours_of(metric), what = row + " " + metric;
    if (metric.starts_with("fit ")) continue;
    if (row == "aggregate") {
      for (const ScoreSummary& s : read_summary_table(scratch / "metrics"))
        if (s.metric == key) expect_close(s.value, value, what), ++compared;
      continue;
    }
    for (const FrameScore& r : rows) {
      if (r.frame != row) continue;
      if (metric == "valid")
        EXPECT_EQ(r.row.valid_pixels, static_cast<std::size_t>(value.value)) << what;
      else
        expect_close(r.value(key), value, what), ++compared;
    }
  }
  EXPECT_EQ(compared, protocol.metrics.size() * static_cast<std::size_t>(golden.images + 1));
}

INSTANTIATE_TEST_SUITE_P(, ProtocolsGolden, ::testing::ValuesIn(kGoldens), [](const auto& param_info) {
  std::string name = param_info.param.run;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace depthmill
