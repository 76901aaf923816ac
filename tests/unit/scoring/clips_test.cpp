#include "stages/scoring/clips.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/core.hpp>

#include "stages/io/plane_file.h"
#include "stages/scoring/poses.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

void write_text(const std::filesystem::path& file, const char* text) { std::ofstream(file) << text; }

metrics::Protocol clip_protocol() {
  metrics::Protocol protocol;
  protocol.name = "clip";
  protocol.metrics = {"abs_rel"};
  protocol.align = metrics::AlignKind::kScaleShift;
  protocol.align_group = metrics::AlignGroup::kClip;
  return protocol;
}

class ClipsTest : public ::testing::Test {
 protected:
  // Depth 1 ... 2 m; the prediction is 3 g + `off`.
  void add(const std::string& scene, const std::string& name, double off) {
    cv::Mat gt(4, 5, CV_64FC1), pred;
    for (int i = 0; i < 20; ++i) gt.ptr<double>()[i] = 1 + i / 20.0;
    pred = 3 * gt + off;
    Frame frame;
    frame.scene = scene, frame.name = name;
    for (const auto& [plane_name, map] : {std::pair{plane::kPred, pred}, {plane::kGt, gt}}) {
      const auto file = scratch_ / scene / (name + "." + plane_name + ".npy");
      io::write_plane(file, map, PlaneKind::kDepth);
      frame.sources[plane_name].file = file;
    }
    list_.push_back(std::move(frame));
  }

  test::ScratchFolder scratch_;
  FrameList list_;
};

TEST_F(ClipsTest, AllFramesOfASceneShareOneFitWhicheverAsks) {
  add("a", "1", 1), add("b", "1", 7), add("a", "2", 3), add("a", "3", 2);
  for (const std::size_t first : {0, 2, 3}) {
    Clips clips({clip_protocol()}, false);
    clips.expect(list_);
    const Frame frame = list_[first];
    const auto [fit, taken, without] = clips.fit(clip_protocol(), frame, {});
    EXPECT_EQ(without, 0u);
    EXPECT_EQ(taken, 3u);
    EXPECT_NEAR(fit.apply(3 * 1.5 + 2), 1.5, 0.2);            // near, but
    EXPECT_GT(std::abs(fit.apply(3 * 1.5 + 3) - 1.5), 1e-3);  // not each frame's own
    const auto whole = clips.fit(clip_protocol(), list_[0], {}).alignment;
    EXPECT_EQ(whole.scale, fit.scale);
    EXPECT_EQ(whole.shift, fit.shift);
  }
}

TEST_F(ClipsTest, FramesOutsideTheRangeNeitherCountNorAreScored) {
  add("a", "1", 1), add("a", "2", 1), add("a", "3", 50);
  metrics::Protocol protocol = clip_protocol();
  protocol.end_frame = 2;
  Clips clips({protocol}, false);
  clips.expect(list_);
  const auto [fit, taken, without] = clips.fit(protocol, list_[1], {});
  EXPECT_EQ(taken + without, 2u);
  EXPECT_NEAR(fit.scale, 1 / 3.0, 1e-9);
  EXPECT_NEAR(fit.shift, -1 / 3.0, 1e-9);
  EXPECT_EQ(clips.left_out(protocol, list_[1]), "");
  EXPECT_NE(clips.left_out(protocol, list_[2]).find("frame 2"), std::string::npos);
  EXPECT_TRUE(clips.next(protocol, list_[0]));
  EXPECT_FALSE(clips.next(protocol, list_[1]));
}

TEST_F(ClipsTest, AFrameThatCannotBeReadIsCountedNotSilent) {
  add("a", "1", 1), add("a", "2", 1);
  write_text(scratch_ / "a" / "2.pred.npy", "no array");
  for (const auto kind : {metrics::AlignKind::kScaleShift, metrics::AlignKind::kAdamL1}) {
    metrics::Protocol protocol = clip_protocol();
    protocol.align = kind;
    Clips clips({protocol}, false);
    clips.expect(list_);
    EXPECT_EQ(clips.fit(protocol, list_[0], {}).without, 1u);
  }
}

// What an earlier stage of the run makes is not there yet for the other frames.
TEST_F(ClipsTest, MapsThatLieInNoFileAreRefused) {
  add("a", "1", 1), add("a", "2", 1);
  Clips clips({clip_protocol()}, false);
  clips.expect(list_);
  Frame frame = list_[0];
  frame.sources.erase(plane::kPred);
  EXPECT_THROW(clips.fit(clip_protocol(), frame, {}), FrameError);
  for (const char* name : {"1.pred.npy", "2.pred.npy"}) write_text(scratch_ / "a" / name, "no array");
  EXPECT_THROW(clips.fit(clip_protocol(), list_[0], {}), FrameError);
}

// More than a million of them.
TEST_F(ClipsTest, PixelsThatWaitInAFileAreAllThere) {
  std::vector<double> preds, truths;
  for (int k = 0; k < 3; ++k) {
    cv::Mat gt(640, 640, CV_32FC1), pred;
    for (int i = 0; i < 640 * 640; ++i)
      gt.ptr<float>()[i] = 1 + static_cast<float>((i % 4001 * 7919 + k) % 4001) / 1000;
    pred = gt * (k + 1);
    Frame frame;
    frame.scene = "a", frame.name = std::to_string(k);
    for (const auto& [plane_name, map] : {std::pair{plane::kPred, pred}, {plane::kGt, gt}}) {
      const auto file = scratch_ / "a" / (frame.name + "." + plane_name + ".npy");
      io::write_plane(file, map, PlaneKind::kDepth);
      frame.sources[plane_name].file = file;
    }
    list_.push_back(std::move(frame));
    preds.insert(preds.end(), pred.ptr<float>(), pred.ptr<float>() + pred.total());
    truths.insert(truths.end(), gt.ptr<float>(), gt.ptr<float>() + gt.total());
  }
  for (const auto kind : {metrics::AlignKind::kMedianLower, metrics::AlignKind::kL1Scale}) {
    metrics::Protocol protocol = clip_protocol();
    protocol.align = kind;
    Clips clips({protocol}, false);
    clips.expect(list_);
    const double scale = metrics::align(preds, truths, kind).scale;
    EXPECT_NEAR(clips.fit(protocol, list_[1], {}).alignment.scale, scale, 1e-12);
  }
}

TEST(Poses, OfATrajectoryAreThoseNearInTime) {
  test::ScratchFolder scratch;
  write_text(scratch / "groundtruth.txt",
             "# a remark\n2.00 1 2 3 0 0 0 1\n1.00 0 0 0 0 0 0.70710678118654752 0.70710678118654752\n");
  const Poses poses(scratch / "groundtruth.txt");
  const auto turned = poses.of("", "1.015");
  ASSERT_TRUE(turned);
  EXPECT_NEAR((*turned)[4], 1, 1e-12);  // a quarter turn about z takes x to y
  EXPECT_NEAR((*turned)[1], -1, 1e-12);
  const auto moved = poses.of("", "2.0");
  ASSERT_TRUE(moved);
  EXPECT_EQ((*moved)[3], 1);
  EXPECT_EQ((*moved)[7], 2);
  EXPECT_EQ((*moved)[11], 3);
  EXPECT_FALSE(poses.of("", "1.5"));
  EXPECT_FALSE(poses.of("", "frame"));
  EXPECT_THROW(parse_trajectory("1 2 3\n", "t.txt"), std::runtime_error);
  EXPECT_THROW(parse_trajectory("1 0 0 0 0 0 0 0\n", "t.txt"), std::runtime_error);
}

TEST(Poses, OfScanNetAreFilesAndMayBeLost) {
  test::ScratchFolder scratch;
  std::filesystem::create_directories(scratch / "scene" / "pose");
  write_text(scratch / "scene" / "pose" / "0.txt", "1 0 0 5\n0 1 0 6\n0 0 1 7\n0 0 0 1\n");
  write_text(scratch / "scene" / "pose" / "1.txt",
             "-inf -inf -inf -inf\n-inf -inf -inf -inf\n-inf -inf -inf -inf\n-inf -inf -inf -inf\n");
  write_text(scratch / "scene" / "pose" / "2.txt", "1 0 0\n");
  const Poses poses(scratch.path());
  ASSERT_TRUE(poses.of("scene", "0"));
  EXPECT_EQ((*poses.of("scene", "0"))[11], 7);
  EXPECT_FALSE(poses.of("scene", "1"));
  EXPECT_THROW(poses.of("scene", "2"), FrameError);
  EXPECT_FALSE(poses.of("scene", "3"));
}

}  // namespace
}  // namespace depthmill
