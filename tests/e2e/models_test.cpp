// The main job with a model: baseline, infer, evaluate, report, each through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(MainJob, MeanBaselineFromRawScenesToTableAndPictures) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 2 --seed 1 --out " + s + "/train_raw").code, 0);
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 2 --seed 2 --out " + s + "/test_raw").code, 0);
  auto step =
      run_depthmill("run --quiet --raw " + s + "/train_raw --stages extract,fill --out " + s + "/train");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("baseline mean --gt " + s + "/train --out " + s + "/mean.pt");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("run --raw " + s + "/test_raw --model " + s +
                       "/mean.pt --protocol eigen,laina,sd-convtrans" + " --threads 2 --out " + s + "/run");
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_THAT(step.output, HasSubstr("| "));  // a Markdown table

  const io::CsvTable frames = io::read_csv_file(scratch.path() / "run/metrics/frames.csv");
  EXPECT_EQ(frames.rows.size(), 4u * 3u);  // frames x protocols
  for (const char* file : {"scenes.csv", "summary.csv"})
    EXPECT_TRUE(fs::exists(scratch.path() / "run/metrics" / file));
  std::size_t pictures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path() / "run/report"))
    pictures += entry.path().extension() == ".png" ? 1 : 0;
  EXPECT_GE(pictures, 2u);

  // The stages one by one, from the planes of the run, give the same scores.
  step = run_depthmill("infer --model " + s + "/mean.pt --images " + s + "/run --out " + s + "/pred");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("evaluate --pred " + s + "/pred --gt " + s +
                       "/run --protocol eigen,laina,sd-convtrans --out " + s + "/scores");
  ASSERT_EQ(step.code, 0) << step.output;
  const io::CsvTable apart = io::read_csv_file(scratch.path() / "scores/metrics/frames.csv");
  ASSERT_EQ(apart.rows.size(), frames.rows.size());
  for (std::size_t i = 0; i < frames.rows.size(); ++i)
    // Planes on disk are rounded to millimetres, those in the run were not. Every protocol here has rmse.
    EXPECT_NEAR(apart.number(i, apart.column("rmse")), frames.number(i, frames.column("rmse")), 2e-3);
}

TEST(MainJob, LabelledSetGoesStraightIntoEvaluation) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  auto step = run_depthmill("sample --quiet --labeled --scenes 2 --frames 2 --seed 3 --out " + s + "/set");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("labeled --quiet --mat " + s + "/set/nyu_depth_v2_labeled.mat --splits " + s +
                       "/set/splits.mat --out " + s + "/planes");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("baseline mean --quiet --gt " + s + "/planes/train --out " + s + "/mean.pt");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("infer --quiet --model " + s + "/mean.pt --images " + s + "/planes/test --out " + s +
                       "/pred");
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("evaluate --quiet --pred " + s + "/pred --gt " + s +
                       "/planes/test --protocol laina --out " + s + "/scores");
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_EQ(io::read_csv_file(scratch.path() / "scores/metrics/frames.csv").rows.size(), 2u);
}

TEST(MainJob, MissingModelIsOneSentenceBeforeTheFirstFrame) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 1 --seed 1 --out " + s + "/raw").code, 0);
  const auto result = run_depthmill("run --raw " + s + "/raw --model " + s + "/none.pt --out " + s + "/run");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("none.pt"));
}

TEST(Infer, OneImageBecomesTheFileThatOutNames) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 1 --seed 1 --out " + s + "/raw").code, 0);
  std::string image;
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path() / "raw"))
    if (entry.path().extension() == ".ppm") image = entry.path().string();
  const std::string command = "infer --quiet --model constant --images '" + image + "' --out " + s;
  auto result = run_depthmill(command + "/one.npy");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_TRUE(fs::is_regular_file(scratch.path() / "one.npy"));
  result = run_depthmill(command + "/two.npy --preview");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_TRUE(fs::is_regular_file(scratch.path() / "two.preview.png"));
  result = run_depthmill(command + "/folder");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_TRUE(fs::is_directory(scratch.path() / "folder" / "planes"));
}

// What has no unit would be cut into steps of millimetres by a 16-bit picture.
TEST(Infer, RelativeDepthIsKeptAsItIsUnlessAskedOtherwise) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  io::write_plane(scratch.path() / "p/1.png", cv::Mat(48, 64, CV_8UC3, cv::Scalar(9, 9, 9)),
                  io::PlaneKind::kRgb);
  std::ofstream(scratch.path() / "relative.ini")
      << "[model]\nbackend = constant\nvalue = 0.123456\n[output]\nkind = disparity\n";
  std::ofstream(scratch.path() / "metric.ini") << "[model]\nbackend = constant\nvalue = 2\n";
  const auto infer = [&](const std::string& card) {
    const auto result = run_depthmill("infer --quiet --model " + s + "/" + card + ".ini --images " + s +
                                      "/p --out " + s + "/" + card);
    EXPECT_EQ(result.code, 0) << result.output;
  };
  infer("relative"), infer("metric");
  EXPECT_TRUE(fs::exists(scratch.path() / "relative/planes/1.pred.npy"));
  EXPECT_TRUE(fs::exists(scratch.path() / "metric/planes/1.pred.png"));
}

// Every figure of the page of speeds comes out of this command.
TEST(BenchInfer, GoesTheWholeWayAndLeavesFiguresOnly) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --labeled --scenes 2 --frames 2 --seed 3 --out " + s + "/set").code,
            0);
  ASSERT_EQ(run_depthmill("labeled --quiet --mat " + s + "/set/nyu_depth_v2_labeled.mat --splits " + s +
                          "/set/splits.mat --out " + s + "/planes")
                .code,
            0);
  const std::string command = "bench-infer --quiet --model constant --images " + s +
                              "/planes/train --seconds 0.05 --threads 2 --json " + s + "/bench.json";
  auto result = run_depthmill(command + " --batch 2 --out " + s + "/bench");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("| end to end |"));
  std::ifstream in(scratch.path() / "bench.json");
  const std::string json{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(json, HasSubstr("\"batch\": 2,"));
  EXPECT_THAT(json, HasSubstr("\"concurrency\": 2,"));
  EXPECT_THAT(json, ::testing::Not(HasSubstr("\"end_to_end_ips\": 0")));
  std::size_t predictions = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path() / "bench"))
    predictions += entry.path().string().ends_with(".pred.png") ? 1 : 0;
  EXPECT_GE(predictions, 48u) << "twelve batches of two images for each of two passes";

  result = run_depthmill(command + " --passes auto --pass-threads auto --batch auto");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_EQ(run_depthmill(command + " --pass-threads -1").code, 1);
  EXPECT_EQ(run_depthmill(command + " --seconds 0").code, 1);
}

// Its size is the checkpoint's affair, so the description of what it gets must ask the checkpoint.
TEST(Fingerprint, OfANativeNetworkFollowsItsCheckpoint) {
  const std::string weights = std::string(test::kConfigs) + "/models/sd-convtrans-small.pth";
  auto result = run_depthmill("fingerprint --model sd-convtrans --weights '" + weights + "'");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("tensor 1x3x120x160 "));
  result = run_depthmill("fingerprint --model sd-convtrans");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("follows from the checkpoint"));
}

}  // namespace
}  // namespace depthmill::test
