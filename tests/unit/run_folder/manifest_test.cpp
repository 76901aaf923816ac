#include "stages/run_folder/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

using test::ScratchFolder;

const std::vector<std::string> kStages{"extract", "fill"};

Frame frame_named(const std::string& scene, const std::string& name) {
  Frame frame;
  frame.scene = scene;
  frame.name = name;
  return frame;
}

int failures(const Manifest& manifest) {
  int n = 0;
  manifest.for_each([&](const ManifestRow& row) { n += row.status == RowStatus::kFailed; });
  return n;
}

TEST(Manifest, RowsSurviveAKillAndATornLine) {
  ScratchFolder scratch;
  const auto file = scratch / "manifest.csv";
  {
    Manifest manifest(file, kStages);
    manifest.record(rows_of(frame_named("kitchen", "d-1"), kStages));
    manifest.record(rows_of(frame_named("kitchen", "d-2"), kStages));
  }  // no finish(): as after a kill
  std::ofstream(file, std::ios::app) << "kitchen,d-3,ext";
  Manifest again(file, kStages);
  EXPECT_TRUE(again.all_ok(frame_named("kitchen", "d-1"), kStages));
  EXPECT_TRUE(again.all_ok(frame_named("kitchen", "d-2"), kStages));
  EXPECT_FALSE(again.all_ok(frame_named("kitchen", "d-3"), kStages));
  again.record(rows_of(frame_named("kitchen", "d-3"), kStages));
  EXPECT_TRUE(Manifest(file, kStages).all_ok(frame_named("kitchen", "d-3"), kStages));
}

TEST(Manifest, FinishedBytesDoNotDependOnTheOrderOfRecording) {
  ScratchFolder scratch;
  std::vector<Frame> frames{frame_named("a", "d-1"), frame_named("a", "d-2"), frame_named("b", "d-1")};
  frames[1].fail("fill", FailureReason::kNoValidPixel, "d-2: nothing known, \"quoted\", with commas");
  Manifest forward(scratch / "forward.csv", kStages), backward(scratch / "backward.csv", kStages);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    forward.record(rows_of(frames[i], kStages));
    backward.record(rows_of(frames[frames.size() - 1 - i], kStages));
  }
  forward.finish();
  backward.finish();
  EXPECT_EQ(test::file_text(scratch / "forward.csv"), test::file_text(scratch / "backward.csv"));
  EXPECT_EQ(forward.find("a", "d-2", "fill")->status, RowStatus::kFailed);
  EXPECT_EQ(Manifest(scratch / "forward.csv", kStages).find("a", "d-2", "fill")->detail,
            "d-2: nothing known, \"quoted\", with commas");
}

TEST(Manifest, AFrameThatIsMendedLosesItsFailure) {
  ScratchFolder scratch;
  Manifest manifest(scratch / "manifest.csv", kStages);
  Frame frame = frame_named("a", "d-1");
  frame.fail("extract", FailureReason::kTruncated, "d-1.pgm: too short");
  manifest.record(rows_of(frame, kStages));
  EXPECT_EQ(failures(manifest), 1);
  manifest.record(rows_of(frame_named("a", "d-1"), kStages));
  EXPECT_EQ(failures(manifest), 0);
}

TEST(Manifest, AFrameThatIsMendedLeavesOtherFramesFailuresAlone) {
  ScratchFolder scratch;
  Manifest manifest(scratch / "manifest.csv", kStages);
  std::vector<Frame> frames{frame_named("a", "d"), frame_named("a", "d-1"), frame_named("a", "d-10"),
                            frame_named("ab", "d-1"), frame_named("", "d-1")};
  for (Frame& frame : frames) {
    frame.fail("fill", FailureReason::kTruncated, "too short");
    manifest.record(rows_of(frame, kStages));
  }
  manifest.record(rows_of(frame_named("a", "d-1"), kStages));
  EXPECT_EQ(failures(manifest), 4);
  EXPECT_EQ(manifest.find("a", "d-1", "fill")->status, RowStatus::kOk);
}

TEST(Manifest, AnUnknownStatusIsRefusedWithItsLine) {
  ScratchFolder scratch;
  std::ofstream(scratch / "manifest.csv") << "scene,frame,stage,status,reason,detail\na,d-1,fill,fine,,\n";
  try {
    Manifest manifest(scratch / "manifest.csv");
    FAIL() << "a status that nobody writes was read";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("manifest.csv:2: status 'fine'"));
  }
}

TEST(Manifest, AnotherFileIsRefusedByName) {
  ScratchFolder scratch;
  std::ofstream(scratch / "manifest.csv") << "a,b\n1,2\n";
  try {
    Manifest manifest(scratch / "manifest.csv", kStages);
    FAIL() << "a table with other columns was taken for a manifest";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("manifest.csv"));
  }
}

}  // namespace
}  // namespace depthmill::run_folder
