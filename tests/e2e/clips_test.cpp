// Protocols of video through the built program: clips in parts of a job, after a change, with poses; all protocols.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <string>

#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ClipsProgramTest : public ::testing::Test {
 protected:
  // Two scenes of three frames of depth 1 ... 3 m. `disparity`: predictions that fall with depth.
  void write(bool disparity) {
    for (const char* scene : {"a", "b"})
      for (int i = 0; i < 3; ++i) {
        cv::Mat gt(48, 64, CV_64FC1), pred;
        for (int k = 0; k < 48 * 64; ++k) gt.ptr<double>()[k] = 1 + 2.0 * k / (48 * 64) + 0.1 * i;
        pred = disparity ? cv::Mat(4.0 / gt + 0.3 + 0.02 * i) : cv::Mat(0.9 * gt + 0.05 * i);
        const std::string name = "f" + std::to_string(i) + ".npy";
        io::write_plane(scratch_ / "gt" / scene / name, gt, PlaneKind::kDepth);
        io::write_plane(scratch_ / "pred" / scene / name, pred, PlaneKind::kDepth);
        fs::create_directories(scratch_ / "poses" / scene);
        std::ofstream(scratch_ / "poses" / scene / ("f" + std::to_string(i) + ".txt"))
            << "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n";
      }
  }
  test::ProgramResult evaluate(const std::string& options, const std::string& out = "out") {
    const std::string s = scratch_.path().string();
    return test::run_depthmill("evaluate --pred " + s + "/pred --gt " + s + "/gt --out " + s + "/" + out +
                               " " + options);
  }
  std::string frames(const std::string& out = "out") const {
    return test::file_text(scratch_ / out / "metrics" / "frames.csv");
  }
  test::ScratchFolder scratch_;
};

TEST_F(ClipsProgramTest, PartsOfAJobScoreAsOneProcessDoes) {
  write(true);
  const std::string options = "--protocol depthcrafter --threads 2";
  ASSERT_EQ(evaluate(options).code, 0);
  const std::string whole = frames(), summary = test::file_text(scratch_ / "out" / "metrics" / "summary.csv");
  EXPECT_THAT(summary, HasSubstr("depthcrafter,abs_rel,"));
  EXPECT_THAT(summary, HasSubstr(",2\n"));  // clips
  ASSERT_EQ(evaluate(options + " --shard 1/2", "job").code, 0);
  ASSERT_EQ(evaluate(options + " --shard 2/2", "job").code, 0);
  const auto merged = test::run_depthmill("merge " + (scratch_ / "job").string());
  ASSERT_EQ(merged.code, 0) << merged.output;
  EXPECT_EQ(frames("job"), whole);
}

TEST_F(ClipsProgramTest, AFrameThatChangesMakesItsClipOutOfDate) {
  write(true);
  ASSERT_EQ(evaluate("--protocol depthcrafter").code, 0);
  const std::string before = frames();
  cv::Mat other(48, 64, CV_64FC1);
  for (int k = 0; k < 48 * 64; ++k) other.ptr<double>()[k] = 9 - k / 1000.0;
  io::write_plane(scratch_ / "pred" / "a" / "f0.npy", other, PlaneKind::kDepth);
  ASSERT_EQ(evaluate("--protocol depthcrafter").code, 0);
  const std::string after = frames();
  ASSERT_EQ(evaluate("--protocol depthcrafter", "fresh").code, 0);
  EXPECT_NE(after, before);
  EXPECT_EQ(after, frames("fresh"));
}

TEST_F(ClipsProgramTest, PosesGiveTheTemporalError) {
  write(true);
  const auto without = evaluate("--protocol vda-500");
  EXPECT_EQ(without.code, 0) << without.output;
  EXPECT_THAT(frames(), HasSubstr("no poses for tae"));
  const auto blind = evaluate("--protocol vda-500 --poses " + (scratch_ / "poses").string(), "blind");
  EXPECT_EQ(blind.code, 0) << blind.output;
  EXPECT_THAT(frames("blind"), HasSubstr("no camera for tae")) << "no frame of NYU Depth V2";
  const auto with =
      evaluate("--protocol vda-500 --plane-camera 50,50,32.5,24.5 --poses " + (scratch_ / "poses").string());
  EXPECT_EQ(with.code, 0) << with.output;
  EXPECT_THAT(with.output, HasSubstr("  tae "));
  EXPECT_THAT(with.output, Not(HasSubstr("tae            undefined")));
}

// The camera of NYU Depth V2 is a guess for its maps, and none for others.
TEST_F(ClipsProgramTest, ThePointsOfAGuessedCameraAreSaid) {
  write(false);
  const auto blind = evaluate("--protocol moge-points-metric", "blind");
  EXPECT_THAT(frames("blind"), HasSubstr("no camera for points_rel, points_d1")) << blind.output;
  EXPECT_EQ(blind.code, 2);
  EXPECT_THAT(blind.output, HasSubstr("scored no image: no camera for points_rel"));
  for (const char* side : {"pred", "gt"})
    for (const char* scene : {"a", "b"})
      for (const char* name : {"f0.npy", "f1.npy", "f2.npy"})
        io::write_plane(scratch_ / side / scene / name,
                        cv::Mat(480, 640, CV_64FC1, cv::Scalar(side[0] == 'g' ? 2 : 2.1)), PlaneKind::kDepth);
  const auto guessed = evaluate("--protocol moge-points-metric", "guessed");
  EXPECT_EQ(guessed.code, 0) << guessed.output;
  EXPECT_THAT(guessed.output,
              HasSubstr("seen by the camera of NYU Depth V2, for no --plane-camera was given"));
  const auto given = evaluate("--protocol moge-points-metric --plane-camera 500,500,320,240", "given");
  EXPECT_THAT(given.output, Not(HasSubstr("NYU")));
}

TEST_F(ClipsProgramTest, AllLeavesOutInOneLineWhatDoesNotFit) {
  write(false);
  const auto all = evaluate("--protocol all");
  EXPECT_EQ(all.code, 0) << all.output;
  EXPECT_THAT(all.output, HasSubstr("left out: "));
  EXPECT_THAT(all.output, HasSubstr("(takes disparity, and these predictions grow with depth)"));
  EXPECT_THAT(all.output, HasSubstr("completion-holdout (plane 'hidden' is not there)"));
  EXPECT_THAT(all.output, HasSubstr("cut3r-video-metric (2 clips)"));
  EXPECT_THAT(all.output, HasSubstr("moge-affine (6 images)"));
  const auto named = evaluate("--protocol cut3r,completion-holdout", "named");
  EXPECT_EQ(named.code, 2) << named.output;
  EXPECT_THAT(named.output,
              HasSubstr("protocol 'completion-holdout' scored no image: plane 'hidden' is not there"));
}

TEST_F(ClipsProgramTest, HolesAreNoDepthsOfZero) {
  write(false);
  cv::Mat gt(48, 64, CV_64FC1, cv::Scalar(2));
  gt.at<double>(3, 3) = 0;
  for (const char* scene : {"a", "b"})
    for (const char* name : {"f0.npy", "f1.npy", "f2.npy"})
      io::write_plane(scratch_ / "gt" / scene / name, gt, PlaneKind::kDepth);
  const auto result = evaluate("--protocol laina,cut3r");
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("protocol 'laina' scored no image: scores every pixel and so needs filled "
                        "depth: 1 pixels of the ground truth are holes"));
  EXPECT_THAT(result.output, HasSubstr("cut3r (6 images)"));
}

}  // namespace
}  // namespace depthmill
