// A run into a folder that was used before: what is done again, what is kept, what is taken back.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/pipeline/execute_fixture.h"

namespace depthmill::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer answers the signal itself";
#endif
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

}  // namespace
}  // namespace depthmill::pipeline
