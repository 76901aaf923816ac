// What a run finds out before it begins: the planes it has to read, and the memory its frames take.
#include "pipeline/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/io/plane_file.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

using ::testing::ElementsAre;

// A stage as it describes itself; it does nothing.
class Described : public Stage {
 public:
  std::vector<std::string> needed, used, added;
  std::size_t bytes_a_pixel = 0;

  std::string_view name() const override { return "described"; }
  std::vector<std::string> needs() const override { return needed; }
  std::vector<std::string> uses() const override { return used; }
  std::vector<std::string> adds() const override { return added; }
  std::size_t workspace(cv::Size frame) const override {
    return bytes_a_pixel * static_cast<std::size_t>(frame.area());
  }
  void run(std::span<Frame>) override {}
};

std::vector<std::unique_ptr<Stage>> stages_of(std::initializer_list<Described> described) {
  std::vector<std::unique_ptr<Stage>> stages;
  for (const Described& one : described) stages.push_back(std::make_unique<Described>(one));
  return stages;
}

Described fill() {
  Described stage;
  stage.needed = {plane::kRgb, plane::kRawDepth};
  stage.added = {plane::kDepth};
  return stage;
}

Described evaluate() {
  Described stage;
  stage.needed = {plane::kPred, plane::kDepth};
  stage.used = {plane::kRawDepth, plane::kPredMirror};
  return stage;
}

TEST(PlanesToRead, AreThoseNeededOrLookedAt) {
  EXPECT_THAT(planes_to_read(stages_of({evaluate()})),
              ElementsAre(plane::kDepth, plane::kPred, plane::kPredMirror, plane::kRawDepth));
}

TEST(PlanesToRead, AreNotThoseThatAStageBeforeAdds) {
  EXPECT_THAT(planes_to_read(stages_of({fill(), evaluate()})),
              ElementsAre(plane::kPred, plane::kPredMirror, plane::kRawDepth, plane::kRgb));
}

TEST(PlanesToRead, AreThereAlthoughALaterStageAddsThemToo) {
  EXPECT_THAT(planes_to_read(stages_of({evaluate(), fill()})),
              ElementsAre(plane::kDepth, plane::kPred, plane::kPredMirror, plane::kRawDepth, plane::kRgb));
}

TEST(ReadPlanes, DecodesWhatIsWantedAndKeepsWhatIsThere) {
  test::ScratchFolder scratch;
  io::write_plane(scratch / "one.npy", cv::Mat(2, 3, CV_64FC1, cv::Scalar(1)), io::PlaneKind::kDepth);
  Frame frame;
  frame.name = "one";
  for (const char* name : {plane::kRawDepth, plane::kDepth, plane::kPred})
    frame.sources[name].file = scratch / "one.npy";
  frame.planes[plane::kDepth] = cv::Mat(2, 3, CV_64FC1, cv::Scalar(5));
  read_planes(frame, {plane::kRawDepth, plane::kDepth});
  EXPECT_FALSE(frame.planes.contains(plane::kPred));
  EXPECT_EQ(frame.plane(plane::kRawDepth).at<double>(1, 2), 1);
  EXPECT_EQ(frame.plane(plane::kDepth).at<double>(1, 2), 5);
}

TEST(FrameSizeOf, IsThatOfTheFirstFrameThatCanBeRead) {
  test::ScratchFolder scratch;
  io::write_plane(scratch / "small.npy", cv::Mat(2, 3, CV_64FC1, cv::Scalar(1)), io::PlaneKind::kDepth);
  io::write_plane(scratch / "large.npy", cv::Mat(4, 6, CV_64FC1, cv::Scalar(1)), io::PlaneKind::kDepth);
  std::vector<Frame> frames(3);
  frames[0].sources[plane::kRawDepth].file = scratch / "absent.npy";
  for (std::size_t i : {1, 2}) {
    frames[i].sources[plane::kRawDepth].file = scratch / "small.npy";
    frames[i].sources[plane::kPred].file = scratch / "large.npy";
  }
  const FrameSize size = frame_size(frames, {plane::kRawDepth, plane::kPred});
  EXPECT_EQ(size.image, cv::Size(6, 4)) << "of the largest plane";
  EXPECT_EQ(size.bytes, (2 * 3 + 4 * 6) * sizeof(double));
  EXPECT_EQ(frame_size(std::vector{frames[0]}, {plane::kRawDepth}).bytes, 0u);
}

// Each term of the bound, in bytes of a frame of 10 x 8 pixels: what it brings, what stages add to it, and what a
// thread works with.
TEST(MemoryBound, IsTheSumOfItsTerms) {
  const FrameSize frame{{10, 8}, 1000};
  Described adds_nothing, adds_depth = fill(), works;
  works.bytes_a_pixel = 50;
  const auto bound = [&](std::initializer_list<Described> stages, std::size_t in_flight, int threads) {
    return memory_bound(stages_of(stages), frame, in_flight, threads);
  };
  const std::size_t codec = bound({adds_nothing}, 1, 1) - frame.bytes;
  EXPECT_EQ(bound({adds_nothing}, 9, 1), 9 * frame.bytes + codec) << "one thread reads one file at a time";
  EXPECT_EQ(bound({adds_nothing}, 9, 4), 9 * frame.bytes + 4 * codec);
  EXPECT_EQ(bound({adds_nothing}, 2, 4), 2 * frame.bytes + 2 * codec)
      << "a thread without a frame has nothing";
  EXPECT_EQ(bound({adds_depth}, 9, 1) - bound({adds_nothing}, 9, 1), 9 * 10 * 8 * sizeof(double));
  EXPECT_EQ(bound({works}, 9, 4) - bound({adds_nothing}, 9, 4), 4u * 10 * 8 * 50);
  EXPECT_EQ(bound({works, works}, 9, 4) - bound({works}, 9, 4), 4u * 10 * 8 * 50)
      << "a stage keeps its workspace while a thread is in the next";
}

}  // namespace
}  // namespace depthmill::pipeline
