// Edges, boundaries, planes and normals against reference numbers (tests/data/golden/metrics/README.md).
// Where single pixels decide (Canny) 1e-2 relative, everywhere else what single precision leaves.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "metrics/boundary.h"
#include "metrics/normals.h"
#include "metrics/planes.h"
#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/resize_map.h"
#include "stages/scoring/totals.h"
#include "tests/golden/metrics_golden.h"

namespace depthmill {
namespace {

using metrics::Interpolation;
using test::kPairs;
using test::map_of;
using Values = std::map<std::pair<std::string, std::string>, double>;

struct Pair {
  std::string name;
  cv::Mat pred, gt;  // 480 x 640, CV_64FC1
  const test::H5File* file;
};

// Calls `check` for each pair with the half-size prediction brought to the size of the dense ground truth.
void for_each_pair(const std::string& run, const std::function<void(const Pair&, const Values&)>& check) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const Values expected = test::reference(expected_file, run);
  ASSERT_FALSE(expected.empty());
  for (int i = 0; i < kPairs; ++i) {
    DEPTHMILL_GOLDEN(path, "metrics/pair_" + std::to_string(i) + ".h5");
    const test::H5File file(path);
    SCOPED_TRACE(path.filename().string());
    Pair pair{path.stem().string(), {}, map_of(file, "gt_dense", CV_64F), &file};
    // The reference enlarged in single precision, and whether a ratio passes a threshold can hang on that.
    resize_map(map_of(file, "pred_half", CV_64F), pair.gt.rows, pair.gt.cols, Interpolation::kBilinear)
        .convertTo(pair.pred, CV_32F);
    pair.pred.convertTo(pair.pred, CV_64F);
    check(pair, expected);
  }
}

double largest_difference = 0;  // relative, of the running test

class GeometryGolden : public ::testing::Test {
 protected:
  void SetUp() override { largest_difference = 0; }
  void TearDown() override { std::cout << "    largest relative difference " << largest_difference << "\n"; }
};

void expect_relative(double ours, double golden, double tolerance, const std::string& what) {
  if (golden != 0) largest_difference = std::max(largest_difference, std::abs(ours / golden - 1));
  EXPECT_NEAR(ours, golden, tolerance * std::max(std::abs(golden), 1e-9)) << what;
}

TEST_F(GeometryGolden, DepthProBoundaries) {
  for_each_pair("depth_pro_boundary", [](const Pair& pair, const Values& expected) {
    const auto pred = view<double>(pair.pred), gt = view<double>(pair.gt);
    const int rows = pair.gt.rows, cols = pair.gt.cols;
    const auto golden = [&](const char* key) { return expected.at({pair.name, key}); };
    expect_relative(metrics::ratio_boundary_f1(pred, gt, rows, cols), golden("SI_boundary_F1"), 1e-5, "F1");
    for (const auto& [threshold, text] : {std::pair{1.05, "1.05"}, {1.15, "1.15"}, {1.25, "1.25"}}) {
      const auto ours = metrics::ratio_boundary(pred, gt, rows, cols, threshold);
      expect_relative(ours.f1, golden((std::string("f1_t") + text).c_str()), 1e-5, text);
      expect_relative(ours.precision, golden((std::string("precision_t") + text).c_str()), 1e-5, text);
      expect_relative(ours.recall, golden((std::string("recall_t") + text).c_str()), 1e-5, text);
    }
    std::vector<double> sorted(gt.begin(), gt.end());
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                     sorted.end());
    const double upper = sorted[sorted.size() / 2];
    const double middle =
        (upper +
         *std::max_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2))) /
        2;
    std::vector<std::uint8_t> near(gt.size());
    for (std::size_t i = 0; i < gt.size(); ++i) near[i] = gt[i] < middle;
    expect_relative(metrics::ratio_boundary_recall(pred, near, rows, cols),
                    golden("SI_boundary_Recall_mask_gt_below_median"), 1e-5, "recall of a mask");
  });
}

TEST_F(GeometryGolden, IbimsAndSharpNetBoundaries) {
  for_each_pair("ibims_sharpnet", [](const Pair& pair, const Values& expected) {
    const auto golden = [&](const char* key) { return expected.at({pair.name, key}); };
    const cv::Mat edges = map_of(*pair.file, "edges_gt", CV_8U);
    const auto pred = view<double>(pair.pred);
    const int rows = pair.gt.rows, cols = pair.gt.cols;

    const auto ibims = metrics::depth_boundary_error(pred, view<std::uint8_t>(edges), rows, cols);
    expect_relative(static_cast<double>(ibims.pred_edges), golden("n_pred_edges"), 1e-2, "edges");
    expect_relative(ibims.accuracy, golden("dbe_acc"), 1e-2, "accuracy");
    expect_relative(ibims.completeness, golden("dbe_com"), 1e-2, "completeness");

    metrics::DepthBoundaryOptions sharpnet;
    sharpnet.low = 0.03;
    sharpnet.high = 0.05;
    const auto whole = metrics::depth_boundary_error(pred, view<std::uint8_t>(edges), rows, cols, sharpnet);
    expect_relative(static_cast<double>(whole.pred_edges), golden("sharpnet_n_pred_edges"), 1e-2,
                    "SharpNet edges");
    expect_relative(whole.accuracy, golden("sharpnet_dbe_acc"), 1e-2, "SharpNet accuracy");
    expect_relative(whole.completeness, golden("sharpnet_dbe_com"), 1e-2, "SharpNet completeness");

    cv::Mat mask = cv::Mat::zeros(rows, cols, CV_8U);
    mask(cv::Rect(41, 45, 560, 426)).setTo(1);
    sharpnet.mask = view<std::uint8_t>(mask);
    const auto inside = metrics::depth_boundary_error(pred, view<std::uint8_t>(edges), rows, cols, sharpnet);
    expect_relative(inside.accuracy, golden("sharpnet_crop_dbe_acc"), 1e-2, "SharpNet accuracy, crop");
    expect_relative(inside.completeness, golden("sharpnet_crop_dbe_com"), 1e-2,
                    "SharpNet completeness, crop");
  });
}

TEST_F(GeometryGolden, IbimsPlanes) {
  for_each_pair("ibims_sharpnet", [](const Pair& pair, const Values& expected) {
    const cv::Mat labels = map_of(*pair.file, "plane_mask", CV_8U);
    const auto parameters = pair.file->dataset("plane_paras");
    std::vector<std::array<double, 3>> normals;
    for (std::size_t i = 0; i < parameters.shape.at(0); ++i) {
      const double* row = parameters.values.data() + i * parameters.shape.at(1);
      normals.push_back({row[4], row[5], row[6]});
    }
    const auto k = pair.file->attribute("intrinsics_fx_fy_cx_cy").values;
    const auto scores =
        metrics::plane_scores(view<double>(pair.pred), view<double>(pair.gt), view<std::uint8_t>(labels),
                              pair.gt.rows, pair.gt.cols, {k[0], k[1], k[2], k[3]}, normals);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const std::string place = "[" + std::to_string(i) + "]";
      expect_relative(scores[i].flatness_cm, expected.at({pair.name, "pe_flatness_cm" + place}), 1e-4,
                      "flatness" + place);
      expect_relative(scores[i].orientation_deg, expected.at({pair.name, "pe_orientation_deg" + place}), 1e-4,
                      "orientation" + place);
    }
    EXPECT_FALSE(expected.contains({pair.name, "pe_flatness_cm[" + std::to_string(scores.size()) + "]"}));
  });
}

TEST_F(GeometryGolden, NormalsOfImagesAndPooled) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const Values expected = test::reference(expected_file, "normals");
  const auto compare = [&](const metrics::NormalScores& ours, const std::string& row,
                           const std::string& prefix) {
    SCOPED_TRACE(row);
    const std::pair<const char*, double> columns[] = {
        {"mean", ours.mean},    {"median", ours.median},  {"rmse", ours.rmse},     {"a1", ours.below_5},
        {"a2", ours.below_7_5}, {"a3", ours.below_11_25}, {"a4", ours.below_22_5}, {"a5", ours.below_30}};
    for (const auto& [key, value] : columns)
      expect_relative(value, expected.at({row, prefix + key}), 1e-5, key);
  };
  std::vector<double> all;
  for (int i = 0; i < kPairs; ++i) {
    const std::string name = "pair_" + std::to_string(i);
    DEPTHMILL_GOLDEN(path, "metrics/" + name + ".h5");
    const test::H5File file(path);
    const auto angles =
        metrics::normal_angles(file.dataset("normal_pred").values, file.dataset("normal_gt").values);
    const auto ours = metrics::normal_scores(angles);
    compare(ours, name, "pooled_style_");
    // Marigold rounds to four decimals.
    EXPECT_NEAR(ours.mean, expected.at({name, "marigold_mean_angular_error"}), 1e-4);
    EXPECT_NEAR(ours.median, expected.at({name, "marigold_median_angular_error"}), 1e-4);
    EXPECT_NEAR(ours.below_11_25, expected.at({name, "marigold_sub11_25_error"}), 1e-4);
    all.insert(all.end(), angles.begin(), angles.end());
  }
  compare(metrics::normal_scores(all), "aggregate", "pooled_over_pixels.");
}

// The same through the stage, the protocols and the tables.
TEST_F(GeometryGolden, NormalProtocols) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const Values expected = test::reference(expected_file, "normals");
  const EvaluateOptions options{.protocols = {"normals", "normals-pooled"},
                                .protocol_folder = test::protocol_folder(),
                                .only_normals = true};
  const auto stage = make_evaluate_stage(options);
  stage->prepare();
  std::vector<FrameScore> rows;
  for (int i = 0; i < kPairs; ++i) {
    Frame frame;
    frame.name = "pair_" + std::to_string(i);
    DEPTHMILL_GOLDEN(path, "metrics/" + frame.name + ".h5");
    for (const auto& [plane_name, data] :
         {std::pair{plane::kPredNormals, "normal_pred"}, {plane::kGtNormals, "normal_gt"}})
      frame.planes[plane_name] = io::read_plane({path, data}, io::plane_kind(plane_name));
    stage->run({&frame, 1});
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    for (const MetricRow& row : frame.metrics) rows.push_back({frame.scene, frame.name, row});
    EXPECT_NEAR(rows[rows.size() - 2].value("normal_median"),
                expected.at({frame.name, "marigold_median_angular_error"}), 1e-4);
  }
  for (const ScoreSummary& total : summarise(rows, evaluate_protocols(options))) {
    if (total.protocol != "normals-pooled") continue;
    const std::map<std::string, std::string> columns = {
        {"normal_mean", "mean"}, {"normal_rmse", "rmse"}, {"normal_5", "a1"}, {"normal_7_5", "a2"},
        {"normal_11_25", "a3"},  {"normal_22_5", "a4"},   {"normal_30", "a5"}};
    expect_relative(total.value, expected.at({"aggregate", "pooled_over_pixels." + columns.at(total.metric)}),
                    1e-5, total.metric);
  }
}

}  // namespace
}  // namespace depthmill
