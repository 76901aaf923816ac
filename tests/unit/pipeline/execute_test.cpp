// The run as a whole, with stages that do next to nothing: what is refused, and how it ends.
#include <cstdio>

#include "tests/unit/pipeline/execute_fixture.h"

namespace depthmill::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(Execute, AFileInTheFoldersPlaceIsRefused) {
  std::ofstream(out()) << "mine";
  EXPECT_THROW(go(), ConfigError);
  ParsedCommand below = told();
  below.config.run.out = out() / "below";
  EXPECT_THROW(execute(below, job()), ConfigError);
  EXPECT_EQ(test::file_text(out()), "mine");
  EXPECT_TRUE(log_.empty()) << "found before the first frame";
}

TEST_F(Execute, WorksOffEveryFrameOnce) {
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-0", "room/d-1", "room/d-2", "room/d-3"));
  EXPECT_EQ(ledger(), "scene,frame,stage,status,reason,detail,inputs\n" + row(0, "ok,,") + row(1, "ok,,") +
                          row(2, "ok,,") + row(3, "ok,,"));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fs::exists(plane(i)));
  EXPECT_THAT(test::file_text(out() / "timing.csv"), HasSubstr("\nfill,"));
}

TEST_F(Execute, WhatIsDoneIsLeftAlone) {
  go();
  const auto before = bytes();
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], IsEmpty());
  EXPECT_EQ(bytes(), before);
}

TEST_F(Execute, AMissingPlaneIsMadeAgain) {
  go();
  const auto before = bytes();
  fs::remove(plane(2));
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-2"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(Execute, RestartDoesAllAgain) {
  go();
  EXPECT_EQ(go({"--restart"}), kExitOk);
  EXPECT_EQ(log_["fill"].size(), 4u);
}

TEST_F(Execute, AFailedFrameIsRecordedAndTriedAgain) {
  fails_on_ = "d-1";
  EXPECT_EQ(go(), kExitFailed);
  EXPECT_EQ(log_["fill"].size(), 4u);
  EXPECT_THAT(ledger(), HasSubstr(row(1, "failed,solve_failed,room/d-1: no luck")));
  EXPECT_FALSE(fs::exists(plane(1)));
  fails_on_ = "";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-1"));
  EXPECT_THAT(ledger(), HasSubstr(row(1, "ok,,")));
}

TEST_F(Execute, AFrameThatFailsNowLeavesNoPlaneOfBefore) {
  EXPECT_EQ(go(), kExitOk);
  ASSERT_TRUE(fs::exists(plane(1)));
  io::write_plane(scratch_ / "in/d-1.npy", cv::Mat(4, 5, CV_64FC1, cv::Scalar(9)), io::PlaneKind::kDepth);
  fails_on_ = "d-1";
  EXPECT_EQ(go(), kExitFailed);
  EXPECT_FALSE(fs::exists(plane(1))) << "it would belong to nothing on record";
  EXPECT_TRUE(fs::exists(plane(0)));
}

TEST_F(Execute, ChangedSettingsAreRefusedBeforeAnythingChanges) {
  go({"--alpha", "1"});
  const auto before = bytes();
  try {
    go({"--alpha", "2"});
    FAIL() << "frames of two settings were put into one folder";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("fill.alpha was '1', now '2'"));
  }
  EXPECT_THAT(log_["fill"], IsEmpty());
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(go({"--alpha", "2", "--restart"}), kExitOk);
}

// Tables are derived: what becomes of them costs no work and brings no number back.
TEST_F(Execute, LostAndEditedTablesAreDerivedAgain) {
  scored_ = true;
  EXPECT_EQ(go(), kExitOk);
  const auto before = bytes();
  for (const char* table : {"metrics/frames.csv", "metrics/summary.csv", "manifest.csv", "config.ini"}) {
    fs::remove(out() / table);
    EXPECT_EQ(go(), kExitOk);
    EXPECT_EQ(bytes(), before) << table;
    std::ofstream(out() / table, std::ios::binary) << "mine";
    EXPECT_EQ(go(), kExitOk);
    EXPECT_EQ(bytes(), before) << table;
    EXPECT_THAT(log_["evaluate"], IsEmpty());
  }
}

TEST_F(Execute, FramesLeftOutHaveTheirRows) {
  StageRun run = job();
  run.frames.edit([&](Frame& frame) {
    if (frame.name != "d-3") return true;
    frame.fail("read", FailureReason::kNoPartner, "room/d-3: no prediction of this name");
    run.skipped.push_back(frame);
    return false;
  });
  EXPECT_EQ(execute(told(), std::move(run)), kExitOk);
  EXPECT_THAT(ledger(),
              HasSubstr("room,d-3,fill,skipped,no_partner,room/d-3: no prediction of this name,\n"));
}

TEST_F(Execute, AMissingFrameOrAPoorSceneIsExitCode2) {
  StageRun run = job();
  run.missing = 1;
  EXPECT_EQ(execute(told(), std::move(run)), kExitFailed);
  run = job();
  run.scene_failures = 1;
  EXPECT_EQ(execute(told(), std::move(run)), kExitFailed);
}

TEST_F(Execute, AFolderThatCannotBeWrittenIsExitCode3) {
  fs::create_directories(out());
  std::ofstream(out() / "planes") << "a file where the folder of planes should be";
  EXPECT_EQ(go(), kExitStopped);
  EXPECT_EQ(ledger(), "scene,frame,stage,status,reason,detail,inputs\n");
}

TEST_F(Execute, ABrokenFileThatNoStageReadsFailsNothing) {
  std::ofstream(scratch_ / "tilt.dump") << "no tilt";
  StageRun run = job();
  run.frames.edit([&](Frame& frame) {
    frame.sources[plane::kAccel].file = scratch_ / "tilt.dump";
    frame.sources[plane::kRgb].file = scratch_ / "absent.png";
    return true;
  });
  EXPECT_EQ(execute(told(), std::move(run)), kExitOk);
}

// Needs a plane of 2 MB and keeps nothing.
class Look : public Stage {
 public:
  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override { return {plane::kRawDepth}; }
  std::vector<std::string> adds() const override { return {}; }
  void run(std::span<Frame>) override {}
};

TEST_F(Execute, TheAnnouncedMemoryGrowsWithTheBatch) {
  cv::Mat large(500, 500, CV_64FC1, cv::Scalar(1));
  io::write_plane(scratch_ / "large.npy", large, io::PlaneKind::kDepth);
  const auto announced = [&](const std::string& batch) {
    StageRun run;
    run.label = "test";
    for (int i = 0; i < 64; ++i) {
      Frame frame;
      frame.name = std::to_string(i);
      frame.sources[plane::kRawDepth].file = scratch_ / "large.npy";
      run.frames.push_back(std::move(frame));
    }
    run.stages.push_back(std::make_unique<Look>());
    const auto parsed = parse_command(
        "run", {"--out", (scratch_ / batch).string(), "--threads", "2", "--frames-per-batch", batch});
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(execute(parsed, std::move(run)), kExitOk);
    const std::string said = ::testing::internal::GetCapturedStderr();
    std::size_t frames = 0, megabytes = 0;
    const auto at = said.find("at most ");
    EXPECT_NE(at, std::string::npos) << said;
    EXPECT_EQ(std::sscanf(said.c_str() + at, "at most %zu frames in flight (%zu MB)", &frames, &megabytes), 2)
        << said;
    return std::pair(frames, megabytes);
  };
  const auto [few, little] = announced("1");
  const auto [many, much] = announced("8");
  EXPECT_EQ(few, 4u);
  EXPECT_EQ(many, 32u);
  const double grown = 28 * 500 * 500 * 8 / 1048576.0;
  EXPECT_NEAR(static_cast<double>(much - little), grown, 1.0);
}

// Works best on three frames at a time and leaves one thread to the others.
class Wide : public Look {
 public:
  explicit Wide(std::vector<std::size_t>& batches) : batches_(batches) {}
  bool parallel() const override { return false; }
  std::size_t frames_at_a_time() const override { return 3; }
  int threads_left(int) const override { return 1; }
  void run(std::span<Frame> batch) override { batches_.push_back(batch.size()); }

 private:
  std::vector<std::size_t>& batches_;
};

TEST_F(Execute, AStageGetsTheBatchAndTheThreadsItAsksFor) {
  std::vector<std::size_t> batches;
  const auto said = [&](const std::string& folder, std::vector<std::string> more) {
    StageRun run;
    run.label = "test";
    run.frames = frames();
    run.stages.push_back(std::make_unique<Wide>(batches));
    run.stages.push_back(std::make_unique<Look>());  // content with any
    std::vector<std::string> arguments{"--out", (scratch_ / folder).string(), "--threads", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    batches.clear();
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(execute(parse_command("run", arguments), std::move(run)), kExitOk);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(said("asked", {}), HasSubstr("4 frames, 1 thread, at most 4 frames in flight"));
  EXPECT_THAT(batches, ElementsAre(3u, 1u));
  said("told", {"--frames-per-batch", "2"});
  EXPECT_THAT(batches, ElementsAre(2u, 2u)) << "what the user says is what is done";
}

TEST_F(Execute, AStageWithoutItsPlaneIsRefusedByName) {
  StageRun run = job();
  run.stages.erase(run.stages.begin());
  run.stages.push_back(std::make_unique<FakeEvaluate>(log_));
  try {
    execute(told(), std::move(run));
    FAIL() << "a stage ran without what it needs";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("stage 'evaluate' needs the plane 'depth'"));
  }
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace depthmill::pipeline
