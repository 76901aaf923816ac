// The run as a whole, with stages that do next to nothing: what is done again and what is not, what is refused,
// and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "metrics/protocol.h"
#include "pipeline/stage_run.h"
#include "stages/io/plane_file.h"
#include "stages/run_folder/ledger.h"
#include "stages/run_folder/score_tables.h"
#include "tests/support/score_rows.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;
using test::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Which frames each stage has worked on, by Frame::id().
using Log = std::map<std::string, std::vector<std::string>>;

// A flat depth plane, its value given by the frame's name.
class FakeFill : public Stage {
 public:
  explicit FakeFill(Log& log, std::string fails_on = "", std::string crashes_on = "")
      : log_(log), fails_on_(std::move(fails_on)), crashes_on_(std::move(crashes_on)) {}
  std::string_view name() const override { return "fill"; }
  std::vector<std::string> needs() const override { return {plane::kRawDepth}; }
  std::vector<std::string> adds() const override { return {plane::kDepth}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) {
      log_["fill"].push_back(frame.id());
      if (frame.name == crashes_on_) ::raise(SIGSEGV);
      if (frame.name == fails_on_) throw FrameError(FailureReason::kSolveFailed, frame.id() + ": no luck");
      frame.planes[plane::kDepth] = frame.plane(plane::kRawDepth) + 1;
    });
  }

 private:
  Log& log_;
  std::string fails_on_, crashes_on_;
};

// One score a frame, and where asked one of a range of depths.
class FakeEvaluate : public Stage {
 public:
  explicit FakeEvaluate(Log& log, std::string protocol = "plain", bool ranges = false)
      : log_(log), protocol_(std::move(protocol)), ranges_(ranges) {}
  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override { return {plane::kDepth}; }
  std::vector<std::string> adds() const override { return {}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) {
      log_["evaluate"].push_back(frame.id());
      MetricRow row;
      row.protocol = protocol_;
      row.valid_pixels = 20;
      row.values = {{"abs_rel", frame.plane(plane::kDepth).at<double>(0, 0) / 100}};
      frame.metrics.push_back(row);
      row.range = DepthRange{0, 10};
      if (ranges_) frame.metrics.push_back(row);
    });
  }

 private:
  Log& log_;
  std::string protocol_;
  bool ranges_;
};

class Execute : public ::testing::Test {
 protected:
  Execute() {
    protocol_.name = "plain";
    protocol_.metrics = {"abs_rel"};
    for (int i = 0; i < 4; ++i) {
      const std::string name = "d-" + std::to_string(i);
      cv::Mat raw(4, 5, CV_64FC1, cv::Scalar(1.0 + i));
      io::write_plane(scratch_ / ("in/" + name + ".npy"), raw, io::PlaneKind::kDepth);
    }
  }

  std::vector<Frame> frames() const {
    std::vector<Frame> frames(4);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frames[i].index = i;
      frames[i].scene = "room";
      frames[i].name = "d-" + std::to_string(i);
      frames[i].sources[plane::kRawDepth].file = scratch_ / (folder_ + "/" + frames[i].name + ".npy");
    }
    return frames;
  }

  StageRun job() {
    log_.clear();
    StageRun run;
    run.label = "test";
    run.frames = frames();
    run.stages.push_back(std::make_unique<FakeFill>(log_, fails_on_, crashes_on_));
    if (scored_) {
      run.stages.push_back(std::make_unique<FakeEvaluate>(log_, protocol_.name, ranges_));
      run.protocols = {protocol_};
    }
    return run;
  }

  ParsedCommand told(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"--out", out().string(), "--quiet", "--threads", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parse_command("run", arguments);
  }

  int go(std::vector<std::string> more = {}) { return execute(told(std::move(more)), job()); }

  fs::path out() const { return scratch_ / "out"; }
  fs::path plane(int i) const { return out() / ("planes/room/d-" + std::to_string(i) + ".depth.png"); }
  std::string ledger() const { return test::file_text(out() / "manifest.csv"); }
  // Every file of the run folder but those that tell when something was done.
  std::map<std::string, std::string> bytes() const {
    std::map<std::string, std::string> bytes;
    for (const auto& entry : fs::recursive_directory_iterator(out()))
      if (entry.is_regular_file() && entry.path().filename() != "timing.csv" &&
          entry.path().filename() != run_folder::kJournalFile)
        bytes[fs::relative(entry.path(), out()).string()] = test::file_text(entry.path());
    return bytes;
  }

  double score_of(const std::string& frame) const {
    for (const FrameScore& row : test::rows_of(read_frame_table(out() / "metrics/frames.csv")))
      if (row.frame == frame) return row.value("abs_rel");
    return -1;
  }

  ScratchFolder scratch_;
  Log log_;
  std::string fails_on_, crashes_on_, folder_ = "in";
  bool scored_ = false, ranges_ = false;
  metrics::Protocol protocol_;
};

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
  EXPECT_EQ(ledger(),
            "scene,frame,stage,status,reason,detail\nroom,d-0,fill,ok,,\nroom,d-1,fill,ok,,\n"
            "room,d-2,fill,ok,,\nroom,d-3,fill,ok,,\n");
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
  EXPECT_THAT(ledger(), HasSubstr("room,d-1,fill,failed,solve_failed,room/d-1: no luck\n"));
  EXPECT_FALSE(fs::exists(plane(1)));
  fails_on_ = "";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-1"));
  EXPECT_THAT(ledger(), HasSubstr("room,d-1,fill,ok,,\n"));
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

TEST_F(Execute, AFrameOfOtherFilesIsDoneAgain) {
  scored_ = true;
  go();
  const auto before = bytes();
  cv::Mat other(4, 5, CV_64FC1, cv::Scalar(7.0));
  const fs::path input = scratch_ / "in/d-2.npy";
  io::write_plane(input, other, io::PlaneKind::kDepth);
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-2"));
  EXPECT_DOUBLE_EQ(score_of("d-2"), 0.08);
  EXPECT_NE(bytes(), before);
  // And back.
  other = cv::Scalar(3.0);
  io::write_plane(input, other, io::PlaneKind::kDepth);
  EXPECT_EQ(go(), kExitOk);
  EXPECT_EQ(bytes(), before);
}

TEST_F(Execute, AFileThatIsOnlyTouchedOrMovedIsTheSame) {
  go();
  fs::last_write_time(scratch_ / "in/d-1.npy",
                      fs::last_write_time(scratch_ / "in/d-1.npy") - std::chrono::hours(1));
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], IsEmpty());
  fs::rename(scratch_ / "in", scratch_ / "moved");
  folder_ = "moved";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], IsEmpty());
}

TEST_F(Execute, AnAlteredPlaneIsMadeAgain) {
  go();
  const auto before = bytes();
  std::string text = test::file_text(plane(3));
  text[text.size() / 2] ^= 1;
  const auto time = fs::last_write_time(plane(3));
  std::ofstream(plane(3), std::ios::binary) << text;
  fs::last_write_time(plane(3), time + std::chrono::seconds(1));
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-3"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(Execute, ADamagedJournalCostsTheFramesOfItsLines) {
  go();
  const auto before = bytes();
  std::string text = test::file_text(out() / run_folder::kJournalFile);
  text[text.find("\tframe\troom\td-1") + 3] ^= 4;
  std::ofstream(out() / run_folder::kJournalFile, std::ios::binary) << text << std::string(100, '\0');
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["fill"], ElementsAre("room/d-1"));
  EXPECT_EQ(bytes(), before);
}

// Files of a folder without a journal may be of anything.
TEST_F(Execute, WithoutAJournalNothingIsDone) {
  go();
  const auto before = bytes();
  fs::remove(out() / run_folder::kJournalFile);
  EXPECT_EQ(go(), kExitOk);
  EXPECT_EQ(log_["fill"].size(), 4u);
  EXPECT_EQ(bytes(), before);
}

TEST_F(Execute, TablesHoldTheFramesOfThisList) {
  scored_ = true;
  go();
  StageRun run = job();
  run.frames.edit([](const Frame& frame) { return frame.index < 2; });
  EXPECT_EQ(execute(told(), std::move(run)), kExitOk);
  EXPECT_EQ(read_frame_table(out() / "metrics/frames.csv").size(), 2u);
  EXPECT_THAT(ledger(), HasSubstr("d-3,evaluate,ok")) << "what was done stays done";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["evaluate"], IsEmpty());
  EXPECT_EQ(read_frame_table(out() / "metrics/frames.csv").size(), 4u);
}

TEST_F(Execute, AnEditedProtocolIsScoredAgain) {
  scored_ = true;
  go();
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["evaluate"], IsEmpty());
  protocol_.min_pixels = 5;
  EXPECT_EQ(go(), kExitOk);
  EXPECT_EQ(log_["evaluate"].size(), 4u);
}

// Scores under a protocol that a later call does not name stay in the tables while they are of all its frames.
TEST_F(Execute, AnotherProtocolStandsBesideTheFirst) {
  scored_ = true;
  go();
  protocol_.name = "other";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_EQ(read_frame_table(out() / "metrics/frames.csv").size(), 8u);
  // Of one frame the old score is of other files.
  cv::Mat other(4, 5, CV_64FC1, cv::Scalar(7.0));
  io::write_plane(scratch_ / "in/d-2.npy", other, io::PlaneKind::kDepth);
  EXPECT_EQ(go(), kExitOk);
  const auto rows = test::rows_of(read_frame_table(out() / "metrics/frames.csv"));
  EXPECT_EQ(rows.size(), 4u);
  for (const FrameScore& row : rows) EXPECT_EQ(row.row.protocol, "other");
}

TEST_F(Execute, StartingAStageOverTakesBackWhatWasMadeOfIt) {
  go();
  // Scored on its own, from the planes of this folder.
  const auto evaluate = [&] {
    StageRun run = job();
    run.stages.clear();
    run.stages.push_back(std::make_unique<FakeEvaluate>(log_));
    run.protocols = {protocol_};
    run.frames.edit([&](Frame& frame) {
      frame.sources.clear();
      frame.sources[plane::kDepth].file = out() / ("planes/room/" + frame.name + ".depth.png");
      return true;
    });
    return execute(told(), std::move(run));
  };
  EXPECT_EQ(evaluate(), kExitOk);
  EXPECT_TRUE(fs::exists(out() / "metrics/summary.csv"));
  EXPECT_EQ(go({"--alpha", "3", "--restart"}), kExitOk);
  EXPECT_FALSE(fs::exists(out() / "metrics/summary.csv"));
  EXPECT_THAT(ledger(), Not(HasSubstr("evaluate")));
  EXPECT_EQ(evaluate(), kExitOk);
  EXPECT_EQ(log_["evaluate"].size(), 4u);
  // Of a plane that came out otherwise because its file changed, that frame's alone.
  cv::Mat other(4, 5, CV_64FC1, cv::Scalar(7.0));
  io::write_plane(scratch_ / "in/d-2.npy", other, io::PlaneKind::kDepth);
  EXPECT_EQ(go({"--alpha", "3"}), kExitOk);
  EXPECT_FALSE(fs::exists(out() / "metrics/summary.csv"));
  EXPECT_THAT(ledger(), HasSubstr("d-1,evaluate,ok"));
  EXPECT_THAT(ledger(), Not(HasSubstr("d-2,evaluate,ok")));
  EXPECT_EQ(evaluate(), kExitOk);
  EXPECT_THAT(log_["evaluate"], ElementsAre("room/d-2"));
}

TEST_F(Execute, AnotherFormatLeavesNoPlaneBehind) {
  go();
  EXPECT_THROW(go({"--depth-format", "npy"}), ConfigError);
  EXPECT_EQ(go({"--depth-format", "npy", "--restart"}), kExitOk);
  EXPECT_FALSE(fs::exists(plane(0)));
  EXPECT_TRUE(fs::exists(out() / "planes/room/d-0.depth.npy"));
}

TEST_F(Execute, HalfWrittenFilesOfAKilledRunAreSwept) {
  go();
  const fs::path half = out() / "planes/room/.d-1.depth.part4711-3.png",
                 mine = out() / "planes/room/.mine.part.png";
  std::ofstream(half) << "half";
  std::ofstream(mine) << "mine";
  EXPECT_EQ(go(), kExitOk);
  EXPECT_FALSE(fs::exists(half));
  EXPECT_TRUE(fs::exists(mine));
}

TEST_F(Execute, AFolderInOtherHandsIsLeftAlone) {
  go();
  run_folder::Ledger other(out(), {});
  other.take();
  EXPECT_THROW(go(), run_folder::BusyError);
}

// A frame that takes the process down is known to the next call, which goes on without it.
TEST_F(Execute, AFrameThatCrashesIsSteppedOver) {
  for (const bool alone : {true, false}) {
    fs::remove_all(out());
    const pid_t process = ::fork();
    if (process == 0) {
      [[maybe_unused]] auto* quiet = std::freopen("/dev/null", "w", stderr);
      crashes_on_ = "d-1";
      go({"--frames-per-batch", alone ? "1" : "2"});
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    crashes_on_ = "";
    EXPECT_EQ(go(), alone ? kExitFailed : kExitOk);
    EXPECT_EQ(std::count(log_["fill"].begin(), log_["fill"].end(), "room/d-1"), alone ? 0 : 1)
        << "a frame that is only suspected is tried again";
    EXPECT_TRUE(fs::exists(plane(3)));
    if (!alone) continue;
    EXPECT_THAT(ledger(), HasSubstr("room,d-1,fill,failed,crashed,room/d-1: the program crashed in fill"));
    // Other files, another chance.
    cv::Mat other(4, 5, CV_64FC1, cv::Scalar(7.0));
    io::write_plane(scratch_ / "in/d-1.npy", other, io::PlaneKind::kDepth);
    EXPECT_EQ(go(), kExitOk);
    EXPECT_THAT(log_["fill"], ElementsAre("room/d-1"));
  }
}

TEST_F(Execute, TheScoreOfARangeIsNotThatOfTheFrame) {
  scored_ = ranges_ = true;
  EXPECT_EQ(go(), kExitOk);
  const auto before = bytes();
  fs::remove(out() / "metrics/frames.csv");  // the ranges' table is whole
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(log_["evaluate"], IsEmpty());
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(read_frame_table(out() / "metrics/frames.csv").size(), 8u);
}

TEST_F(Execute, ARestartForgetsTheScoresOfBefore) {
  scored_ = true;
  EXPECT_EQ(go(), kExitOk);
  EXPECT_THAT(test::file_text(out() / "metrics/frames.csv"), HasSubstr("room,d-1,"));
  fails_on_ = "d-1";
  EXPECT_EQ(go({"--restart"}), kExitFailed);
  const std::string scores = test::file_text(out() / "metrics/frames.csv");
  EXPECT_THAT(scores, HasSubstr("room,d-0,"));
  EXPECT_THAT(scores, ::testing::Not(HasSubstr("room,d-1,"))) << "a frame that failed has no score";
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
  EXPECT_THAT(ledger(), HasSubstr("room,d-3,fill,skipped,no_partner,room/d-3: no prediction of this name\n"));
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
  EXPECT_EQ(ledger(), "scene,frame,stage,status,reason,detail\n");
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
  EXPECT_THAT(said("asked", {}), HasSubstr("4 frames, 1 threads, at most 4 frames in flight"));
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
