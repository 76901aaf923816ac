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
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/total_tables.h"
#include "stages/scoring/totals.h"
#include "tests/golden/metrics_golden.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using metrics::Protocol;
using test::kPairs;
using test::map_of;
using test::reference;

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
  // Row of the reference that our totals are compared with; another one than this has no per-image numbers.
  const char* total_row = "aggregate";
};

std::ostream& operator<<(std::ostream& out, const GoldenRun& run) {
  return out << run.run << " " << run.protocol;
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
  if (key.ends_with("_ssi")) return 3e-2;  // see UniDepthGolden below
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
    EXPECT_NEAR(ours, golden, key.ends_with("_ssi") ? 1e-2 : 1e-4) << where << " " << key;
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

  const auto published = test::protocol_folder();
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
    if (std::string(run.total_row) != "aggregate") continue;
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
  const auto summary = read_summary_table(scratch / "metrics");
  for (const Column& column : run.columns) {
    const auto golden = expected.find({run.total_row, column.golden});
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
const std::vector<Column> kZoe = {{"a1", "d1"},
                                  {"a2", "d2"},
                                  {"a3", "d3"},
                                  {"abs_rel", "abs_rel"},
                                  {"rmse", "rmse"},
                                  {"log_10", "log10"},
                                  {"rmse_log", "rmse_log"},
                                  {"silog", "silog"},
                                  {"sq_rel", "sq_rel"}};
const std::vector<Column> kDepthAnything = {{"d1", "d1"},
                                            {"d2", "d2"},
                                            {"d3", "d3"},
                                            {"abs_rel", "abs_rel"},
                                            {"sq_rel", "sq_rel"},
                                            {"rmse", "rmse"},
                                            {"rmse_log", "rmse_log"},
                                            {"log10", "log10"},
                                            {"silog", "silog_half"}};
const std::vector<Column> kMarigold = {{"abs_relative_difference", "abs_rel"},
                                       {"squared_relative_difference", "sq_rel"},
                                       {"rmse_linear", "rmse"},
                                       {"rmse_log", "rmse_log"},
                                       {"log10", "log10"},
                                       {"delta1_acc", "d1"},
                                       {"delta2_acc", "d2"},
                                       {"delta3_acc", "d3"},
                                       {"i_rmse", "irmse"},
                                       {"silog_rmse", "silog"}};
const std::vector<Column> kMdec = {{"eigen.AbsRel", "abs_rel"},
                                   {"eigen.SqRel", "sq_rel"},
                                   {"eigen.RMSE", "rmse"},
                                   {"eigen.LogRMSE", "rmse_log"},
                                   {"eigen.d<1.25", "d1"},
                                   {"eigen.d<1.25^2", "d2"},
                                   {"eigen.d<1.25^3", "d3"},
                                   {"benchmark.MAE", "mae"},
                                   {"benchmark.RMSE", "rmse"},
                                   {"benchmark.InvMAE", "imae_km"},
                                   {"benchmark.InvRMSE", "irmse_km"},
                                   {"benchmark.LogMAE", "mae_log_pct"},
                                   {"benchmark.LogRMSE", "rmse_log_pct"},
                                   {"benchmark.LogSI", "silog"},
                                   {"benchmark.AbsRel", "abs_rel_pct"},
                                   {"benchmark.SqRel", "sq_rel_pct"}};
const std::vector<Column> kHu = {{"MSE", "mse"},
                                 {"RMSE", "rmse"},
                                 {"RMSE_of_image", "rmse"},
                                 {"ABS_REL", "abs_rel"},
                                 {"LG10", "log10"},
                                 {"MAE", "mae"},
                                 {"DELTA1", "d1_le"},
                                 {"DELTA2", "d2_le"},
                                 {"DELTA3", "d3_le"},
                                 {"edge_0.25.accuracy", "edge_accuracy_025"},
                                 {"edge_0.25.precision", "edge_precision_025"},
                                 {"edge_0.25.recall", "edge_recall_025"},
                                 {"edge_0.25.f1", "edge_f1_025"},
                                 {"edge_0.5.accuracy", "edge_accuracy_05"},
                                 {"edge_0.5.precision", "edge_precision_05"},
                                 {"edge_0.5.recall", "edge_recall_05"},
                                 {"edge_0.5.f1", "edge_f1_05"},
                                 {"edge_1.accuracy", "edge_accuracy_1"},
                                 {"edge_1.precision", "edge_precision_1"},
                                 {"edge_1.recall", "edge_recall_1"},
                                 {"edge_1.f1", "edge_f1_1"}};

std::vector<Column> metric3d(const char* const (&names)[9]) {
  const char* keys[] = {"abs_rel", "sq_rel", "log10", "rmse", "rmse_log10", "silog_log10", "d1", "d2", "d3"};
  std::vector<Column> columns;
  for (int i = 0; i < 9; ++i) columns.push_back({names[i], keys[i]});
  return columns;
}
#define DEPTHMILL_METRIC3D(kind)                                                                           \
  metric3d({kind ".abs_rel", kind ".sq_rel", kind ".log10", kind ".rmse", kind ".rmse_log", kind ".silog", \
            kind ".delta1", kind ".delta2", kind ".delta3"})

void no_alignment(Protocol& p) { p.align = metrics::AlignKind::kNone; }
void today_bilinear(Protocol& p) { p.resize = metrics::Interpolation::kBilinear; }
void no_crop(Protocol& p) { p.crop = {}; }
void no_clamp(Protocol& p) { p.clamp_at = metrics::ClampAt::kNever; }
// The reference took every second row and column of the ground truth.
void half_gt(Protocol& p) {
  p.prepare = {{metrics::PrepareStep::kPredSize, 0, 0, metrics::Interpolation::kNearestFloor}};
}

const GoldenRun kRuns[] = {
    {"bts_eigen", "eigen", "pred", "", "gt", kBts, {}},
    {"bts_nocrop", "eigen-nocrop", "pred", "", "gt", kBts, {}},
    {"bts_garg", "garg", "pred", "", "gt", kBts, {}},
    {"bts_eigen", "newcrfs", "pred", "", "gt", kBts, {}},  // the same without a mirrored prediction
    {"adabins_eigen_tta", "adabins", "pred_half", "pred_half_mirror", "gt", kZoe, {}},
    {"zoedepth_eigen_full", "zoedepth", "pred", "", "gt", kZoe, {}},
    {"zoedepth_eigen_half", "zoedepth", "pred_half", "", "gt", kZoe, {}},
    {"zoedepth_eigen_flip", "zoedepth", "pred_half", "pred_half_mirror", "gt", kZoe, {}},
    {"depth_anything_v2_metric_max10", "depth-anything-v2", "pred_half", "", "gt", kDepthAnything, {}},
    {"depth_anything_v2_metric_max20", "depth-anything-v2-max20", "pred_half", "", "gt", kDepthAnything, {}},
    {"glpdepth_eigen", "glpdepth", "pred_half", "", "gt", kDepthAnything, {}},
    {"midas_disparity",
     "midas",
     "pred_disparity",
     "",
     "gt",
     {{"bad_1_25_percent", "bad1"},
      {"bad_1_25_2_percent", "bad2"},
      {"bad_1_25_3_percent", "bad3"},
      {"aligned_d1", "d1"},
      {"aligned_d2", "d2"},
      {"aligned_d3", "d3"},
      {"aligned_abs_rel", "abs_rel"},
      {"aligned_sq_rel", "sq_rel"},
      {"aligned_rmse", "rmse"},
      {"aligned_rmse_log", "rmse_log"},
      {"aligned_log10", "log10"},
      {"aligned_silog", "silog_half"}},
     {},
     true,
     3e-5 /* fitted in single precision, see AlignmentGolden */},
    {"marigold_none_eigen", "marigold", "pred", "", "gt", kMarigold, no_alignment},
    {"marigold_least_square_eigen", "marigold", "pred_affine", "", "gt", kMarigold, {}},
    {"marigold_least_square_nocrop", "marigold-nocrop", "pred_affine", "", "gt", kMarigold, {}},
    {"marigold_least_square_disparity_eigen",
     "marigold-disparity",
     "pred_disparity",
     "",
     "gt",
     kMarigold,
     {}},
    {"hu_align_corners_true", "hu", "pred_hu", "", "gt_dense", kHu, {}},
    {"hu_align_corners_false", "hu", "pred_hu", "", "gt_dense", kHu, today_bilinear},
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
    {"laina_pooled",
     "laina",
     "pred_half",
     "",
     "gt_dense",
     {{"rel", "abs_rel"}, {"rms", "rmse"}, {"log10", "log10"}},
     {},
     false,
     3e-4 /* see SinglePrecisionSums below */},
    {"densedepth_crop",
     "densedepth",
     "pred_half",
     "",
     "gt_dense",
     {{"a1", "d1"},
      {"a2", "d2"},
      {"a3", "d3"},
      {"rel", "abs_rel_pred"},
      {"rms", "rmse"},
      {"log_10", "log10"}},
     no_clamp},
    {"densedepth_crop",
     "densedepth-corrected",
     "pred_half",
     "",
     "gt_dense",
     {{"a1", "d1"}, {"a2", "d2"}, {"a3", "d3"}, {"rel", "abs_rel"}, {"rms", "rmse"}, {"log_10", "log10"}},
     no_clamp,
     false,
     0,
     "aggregate_argument_order_corrected"},
    {"idisc_eigen",
     "idisc",
     "pred_half",
     "",
     "gt",
     {{"d05", "d05"},
      {"d1", "d1"},
      {"d2", "d2"},
      {"d3", "d3"},
      {"rmse", "rmse_eps"},
      {"rmse_log", "rmse_log_eps"},
      {"abs_rel", "abs_rel"},
      {"sq_rel", "sq_rel"},
      {"log10", "log10"},
      {"silog", "silog_unbiased"}},
     {},
     true},
    {"unidepth_nyu",
     "unidepth",
     "pred_half",
     "",
     "gt",
     {{"d1_ssi", "d1_ssi"},
      {"d1_si", "d1_si"},
      {"d1", "d1"},
      {"d2", "d2"},
      {"d3", "d3"},
      {"rmse", "rmse"},
      {"rmselog", "rmse_log"},
      {"arel_ssi", "abs_rel_ssi"},
      {"arel_si", "abs_rel_si"},
      {"arel", "abs_rel"},
      {"sqrel", "sq_rel"},
      {"log10", "log10"},
      {"silog", "silog_unbiased"},
      {"medianlog", "median_log"},
      {"d_auc", "d_auc"},
      {"tau_ssi", "tau_ssi"},
      {"tau_si", "tau_si"},
      {"tau", "tau"}},
     {},
     true},
    {"metric3d_eigen", "metric3d", "pred_half", "", "gt", DEPTHMILL_METRIC3D("metric"), {}, true},
    {"metric3d_eigen", "metric3d-median", "pred_half", "", "gt", DEPTHMILL_METRIC3D("median"), {}, true},
    {"metric3d_eigen",
     "metric3d-scale-shift",
     "pred_half",
     "",
     "gt",
     DEPTHMILL_METRIC3D("scale_shift"),
     {},
     true},
    {"fastdepth_dense_240x320",
     "fastdepth",
     "pred_half",
     "",
     "gt_dense",
     {{"irmse", "irmse_mm"},
      {"imae", "imae_mm"},
      {"mse", "mse_mm"},
      {"rmse", "rmse_mm"},
      {"mae", "mae_mm"},
      {"absrel", "abs_rel"},
      {"lg10", "log10"},
      {"delta1", "d1"},
      {"delta2", "d2"},
      {"delta3", "d3"}},
     half_gt},
    {"mdec_median_garg", "mdec-median", "pred_half", "", "gt", kMdec, {}, true},
    {"mdec_median_nocrop", "mdec-median", "pred_half", "", "gt", kMdec, no_crop, true},
    {"depth_pro_boundary", "depth-pro", "pred_half", "", "gt_dense", {{"SI_boundary_F1", "boundary_f1"}}, {}},
    {"ibims_sharpnet",
     "ibims",
     "pred_half",
     "",
     "gt_dense",
     {{"abs_rel", "abs_rel"},
      {"sq_rel", "sq_rel"},
      {"rmse", "rmse"},
      {"log10", "log10"},
      {"thr1", "d1"},
      {"thr2", "d2"},
      {"thr3", "d3"},
      {"dde_0", "dde_0"},
      {"dde_m", "dde_minus"},
      {"dde_p", "dde_plus"}},
     {}},
};

INSTANTIATE_TEST_SUITE_P(, MetricsGolden, ::testing::ValuesIn(kRuns), [](const auto& param_info) {
  std::string name = std::string(param_info.param.run) + "__" + param_info.param.protocol;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace depthmill
