// Every protocol against numbers that the authors' own code gave on the same four pairs
// (tests/data/golden/metrics/README.md), through the evaluate stage and the tables.
//
// Tolerances, relative, from that README: sources are single precision, hence 1e-5; 1e-3 where their sums
// cancel (silog, fitted scale and shift); 1e-2 where single pixels decide (edges); shares of pixels 1e-4
// absolute.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <opencv2/core.hpp>

#include "metrics/protocol.h"
#include "stages/evaluate.h"
#include "stages/io/csv.h"
#include "stages/metrics_csv.h"
#include "stages/protocol_file.h"
#include "stages/resize.h"
#include "tests/support/h5_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using metrics::Protocol;

constexpr int kPairs = 4;

struct Column {
  const char* golden;  // name in the reference run
  const char* key;     // ours
};

struct GoldenRun {
  const char* run;       // reference run in expected/summary.csv
  const char* protocol;  // ours
  const char* pred;      // data sets of the pairs
  const char* mirror;    // or ""
  const char* gt;
  std::vector<Column> columns;
  std::function<void(Protocol&)> change;  // what the reference run did otherwise than the published protocol
  bool gt_nan_to_zero = false;            // the reference was given ground truth without NaN
  double loosest = 0;  // a larger tolerance for the whole run, with its reason where it stands
};

std::ostream& operator<<(std::ostream& out, const GoldenRun& run) {
  return out << run.run << " " << run.protocol;
}

// (row, metric) -> value of one reference run.
std::map<std::pair<std::string, std::string>, double> reference(const std::filesystem::path& file,
                                                                const std::string& run) {
  const io::CsvTable table = io::read_csv_file(file);
  std::map<std::pair<std::string, std::string>, double> values;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][0] == run) {
      const bool undefined = table.rows[i][3] == "nan" || table.rows[i][3].empty();
      values[{table.rows[i][1], table.rows[i][2]}] = undefined ? std::nan("") : table.number(i, 3);
    }
  return values;
}

cv::Mat map_of(const test::H5File& file, const std::string& name, int type) {
  const auto array = file.dataset(name);
  cv::Mat map(static_cast<int>(array.shape.at(0)), static_cast<int>(array.shape.at(1)), CV_64FC1);
  std::copy(array.values.begin(), array.values.end(), map.ptr<double>());
  cv::Mat out;
  map.convertTo(out, type);
  return out;
}

Frame frame_of(const std::filesystem::path& pair, const GoldenRun& run) {
  const test::H5File file(pair);
  Frame frame;
  frame.name = pair.stem().string();
  frame.planes[plane::kPred] = map_of(file, run.pred, CV_32F);
  frame.planes[plane::kGt] = map_of(file, run.gt, CV_64F);
  if (*run.mirror) frame.planes[plane::kPredMirror] = map_of(file, run.mirror, CV_32F);
  if (run.gt_nan_to_zero) {
    cv::Mat& gt = frame.planes[plane::kGt];
    gt.setTo(0, gt != gt);
  }
  return frame;
}

bool is_share(const std::string& key) {
  return key[0] == 'd' || key.starts_with("tau") || key.starts_with("edge_accuracy");
}

double tolerance(const std::string& key) {
  if (key.starts_with("silog") || key.starts_with("median")) return 1e-3;
  if (key.starts_with("edge")) return 1e-2;
  return 1e-5;
}

// Relative error to report; shares count absolutely and are judged by 1e-4.
void expect_close(double ours, double golden, const std::string& key, const std::string& where,
                  double loosest, double& worst) {
  if (std::isnan(golden)) {
    EXPECT_TRUE(std::isnan(ours)) << where << " " << key;
    return;
  }
  const double relative = std::abs(ours - golden) / std::max(std::abs(golden), 1e-12);
  if (is_share(key)) {
    EXPECT_NEAR(ours, golden, 1e-4) << where << " " << key;
  } else {
    EXPECT_LE(relative, std::max(loosest, tolerance(key)))
        << where << " " << key << ": ours " << ours << ", golden " << golden;
  }
  if (ours != golden) worst = std::max(worst, relative);
}

class MetricsGolden : public ::testing::TestWithParam<GoldenRun> {};

TEST_P(MetricsGolden, IsReproduced) {
  const GoldenRun& run = GetParam();
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const auto expected = reference(expected_file, run.run);
  ASSERT_FALSE(expected.empty());

  const auto published = std::filesystem::path(DEPTHMILL_CONFIGS_DIR) / "protocols";
  Protocol protocol = find_protocol(run.protocol, published);
  if (run.change) run.change(protocol);
  test::ScratchFolder scratch;
  std::ofstream(scratch / (protocol.name + ".ini")) << protocol_text(protocol);
  const std::vector<Protocol> protocols = {find_protocol(run.protocol, scratch.path())};

  const auto stage = make_evaluate_stage(
      {.protocols = {run.protocol}, .protocol_folder = scratch.path(), .allow_missing = true});
  stage->prepare();
  std::vector<Frame> frames;
  for (int i = 0; i < kPairs; ++i) {
    DEPTHMILL_GOLDEN(pair, "metrics/pair_" + std::to_string(i) + ".h5");
    frames.push_back(frame_of(pair, run));
  }
  stage->run(frames);

  double worst = 0;
  std::vector<FrameScore> rows;
  for (const Frame& frame : frames) {
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    ASSERT_EQ(frame.metrics.size(), 1u);
    rows.push_back({frame.scene, frame.name, frame.metrics[0]});
    for (const Column& column : run.columns) {
      const auto golden = expected.find({frame.name, column.golden});
      if (golden == expected.end()) {  // a name only the aggregate has
        ASSERT_TRUE(expected.contains({"aggregate", column.golden})) << column.golden;
        continue;
      }
      expect_close(rows.back().value(column.key), golden->second, column.key, frame.name, run.loosest, worst);
    }
  }

  write_metric_tables(scratch / "metrics", rows, protocols);
  const auto summary = read_summary_table(scratch / "metrics" / "summary.csv");
  for (const Column& column : run.columns) {
    const auto golden = expected.find({"aggregate", column.golden});
    if (golden == expected.end()) continue;
    const auto ours =
        std::find_if(summary.begin(), summary.end(), [&](const auto& s) { return s.metric == column.key; });
    ASSERT_NE(ours, summary.end()) << column.key;
    if (std::isnan(golden->second))
      continue;  // sources let one undefined image undo the mean; we name it instead
    expect_close(ours->value, golden->second, column.key, "aggregate", run.loosest, worst);
  }
  std::cout << "    " << run.run << " as " << run.protocol << ": largest relative difference " << worst
            << "\n";
}

const std::vector<Column> kBts = {{"silog", "silog"},   {"log10", "log10"}, {"abs_rel", "abs_rel"},
                                  {"sq_rel", "sq_rel"}, {"rmse", "rmse"},   {"rmse_log", "rmse_log"},
                                  {"d1", "d1"},         {"d2", "d2"},       {"d3", "d3"}};

const GoldenRun kRuns[] = {
    {"bts_eigen", "eigen", "pred", "", "gt", kBts, {}},
    {"laina_pooled",
     "laina",
     "pred_half",
     "",
     "gt_dense",
     {{"rel", "abs_rel"}, {"rms", "rmse"}, {"log10", "log10"}},
     {},
     false,
     3e-4 /* see SinglePrecisionSums below */},
    {"sd_convtrans",
     "sd-convtrans",
     "pred_half",
     "",
     "gt_dense",
     {{"RMSE", "rmse"},
      {"REL", "abs_rel_shifted"},
      {"LOG_10", "mae_log_shifted"},
      {"RMSE_log", "rmse_log_shifted"},
      {"RMSE_LOG", "rmse_log_shifted"},
      {"L1", "mae"},
      {"THR0", "d1_shifted"},
      {"THR1", "d2_shifted"},
      {"THR2", "d3_shifted"}},
     {}},
};

INSTANTIATE_TEST_SUITE_P(, MetricsGolden, ::testing::ValuesIn(kRuns), [](const auto& param_info) {
  std::string name = std::string(param_info.param.run) + "__" + param_info.param.protocol;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

// The reference numbers of laina were summed in single precision, pixel by pixel down the columns, and are
// off by 2e-4 for that reason alone: the same sums over our own resized maps give their digits.
TEST(LainaGolden, SinglePrecisionSumsGiveTheReferenceDigits) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const auto expected = reference(expected_file, "laina_pooled");
  float rel = 0, square = 0, log10 = 0;
  std::size_t n = 0;
  for (int i = 0; i < kPairs; ++i) {
    DEPTHMILL_GOLDEN(pair, "metrics/pair_" + std::to_string(i) + ".h5");
    const test::H5File file(pair);
    const cv::Mat gt = map_of(file, "gt_dense", CV_32F);
    cv::Mat pred;
    resize_map(map_of(file, "pred_half", CV_64F), gt.rows, gt.cols,
               metrics::Interpolation::kBilinearAntialias)
        .convertTo(pred, CV_32F);
    for (int c = 0; c < gt.cols; ++c)
      for (int r = 0; r < gt.rows; ++r, ++n) {
        const float p = pred.at<float>(r, c), g = gt.at<float>(r, c);
        rel += std::abs(p - g) / g;
        square += (p - g) * (p - g);
        log10 += std::abs(std::log10(p) - std::log10(g));
      }
  }
  const float count = static_cast<float>(n);
  EXPECT_NEAR(rel / count / expected.at({"aggregate", "rel"}), 1, 1e-6);
  EXPECT_NEAR(std::sqrt(square / count) / expected.at({"aggregate", "rms"}), 1, 1e-6);
  EXPECT_NEAR(log10 / count / expected.at({"aggregate", "log10"}), 1, 1e-6);
}

}  // namespace
}  // namespace depthmill
