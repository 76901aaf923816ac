// A job in parts: whatever is killed, repeated or late, the merged folder has the bytes of a single process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> kShardTimes{"timing.csv"};

class ShardsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    raw_ = fs::temp_directory_path() / ("depthmill.e2e.shards." + std::to_string(::getpid()));
    fs::remove_all(raw_);
    const auto made = run_depthmill("sample --quiet --scenes 3 --frames 3 --seed 8 --out " + raw_.string());
    ASSERT_EQ(made.code, 0) << made.output;
  }
  static void TearDownTestSuite() { fs::remove_all(raw_); }

  // In a folder of its own, so that two runs have the same words: <place>/o is the run folder.
  ProgramResult run(const std::string& place, const std::string& line) {
    fs::create_directories(scratch_ / place);
    return run_shell("cd " + (scratch_ / place).string() + " && " + kProgram + " " + line);
  }
  std::string raw() const { return " --raw " + raw_.string() + " "; }
  std::map<std::string, std::string> bytes(const std::string& place) {
    return folder_bytes(scratch_ / place / "o", kShardTimes);
  }
  // The job whole and in parts, which are given in a strange order and the last of them twice.
  void compare(const std::string& line, int parts) {
    SCOPED_TRACE(line);
    const auto whole = run("whole", line);
    ASSERT_EQ(whole.code, 0) << whole.output;
    for (int part = parts; part >= 1; --part) {
      const auto done = run("parts", line + " --shard " + std::to_string(part) + "/" + std::to_string(parts));
      ASSERT_EQ(done.code, 0) << done.output;
    }
    ASSERT_EQ(run("parts", line + " --shard 1/" + std::to_string(parts)).code, 0) << "nothing is left to do";
    const auto merged = run("parts", "merge o");
    ASSERT_EQ(merged.code, 0) << merged.output;
    EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty()) << merged.output;
    EXPECT_FALSE(fs::exists(scratch_ / "parts/o/shards"));
    EXPECT_EQ(run("parts", "verify o").code, 0) << run("parts", "verify o").output;
    EXPECT_EQ(run("parts", line + " --shard 1/" + std::to_string(parts)).code, 0) << "late, after the merge";
    EXPECT_FALSE(fs::exists(scratch_ / "parts/o/shards"));
    EXPECT_THAT(run("parts", line).output, Not(HasSubstr("done again")));
  }

  static inline fs::path raw_;
  ScratchFolder scratch_;
};

TEST_F(ShardsTest, EveryStageMergesToTheBytesOfOneProcess) {
  std::ofstream(scratch_ / "c.ini") << "[model]\nbackend = constant\nvalue = 2.5\n";
  const std::string model = (scratch_ / "c.ini").string(), truth = (raw_ / "truth").string();
  compare("extract" + raw() + "--out o --quiet", 4);
  compare("fill --method none --in o --out o --quiet", 2);
  compare("infer --images o --model " + model + " --out o --quiet", 2);
  compare("evaluate --pred o --gt " + truth + " --protocol eigen-nocrop,eigen --out o --quiet", 3);
}

TEST_F(ShardsTest, AWholeRunWithItsReportMergesToTheSame) {
  std::ofstream(scratch_ / "c.ini") << "[model]\nbackend = constant\nvalue = 2.5\n";
  const std::string line = "run --stages extract,fill,infer,evaluate,report --method none --model " +
                           (scratch_ / "c.ini").string() + raw() + "--out o --quiet";
  ASSERT_EQ(run("whole", line).code, 0);
  for (int part = 1; part <= 4; ++part)
    ASSERT_EQ(run("parts", line + " --shard " + std::to_string(part) + "/4").code, 0);
  const auto merged = run("parts", "merge o");
  ASSERT_EQ(merged.code, 0) << merged.output;
  EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty()) << merged.output;
}

// Numbers of a scene's frames, lists and files that frames share are those of the whole set.
TEST_F(ShardsTest, PacksMergeToTheSame) {
  ASSERT_EQ(run("whole", "extract" + raw() + "--out r --quiet").code, 0);
  for (const std::string layout : {"bts", "webdataset --shard-size 5", "fastdepth", "h5-scenes"}) {
    fs::remove_all(scratch_ / "whole/o"), fs::remove_all(scratch_ / "parts/o");
    compare("pack --in " + (scratch_ / "whole/r").string() + " --layout " + layout +
                " --split 0.6:3 --out o --quiet",
            3);
  }
}

TEST_F(ShardsTest, MissingAndKilledPartsAreNamedAndDoneAgain) {
  const std::string line = "run --stages extract,fill --threads 1" + raw() + "--out o --quiet";
  ASSERT_EQ(run("whole", line).code, 0);
  for (const int part : {1, 2, 4})
    ASSERT_EQ(run("parts", line + " --shard " + std::to_string(part) + "/5").code, 0);
  const fs::path journal = scratch_ / "parts/o/shards/5-of-5/journal";
  const fs::path here = fs::current_path();
  fs::current_path(scratch_ / "parts");
  const auto killed = run_signalled(line + " --shard 5/5", SIGKILL, [&] {
    return fs::exists(journal) && file_text(journal).find("\tframe\t") != std::string::npos;
  });
  fs::current_path(here);
  ASSERT_EQ(killed.code, 128 + SIGKILL);
  const auto refused = run("parts", "merge o");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.output, HasSubstr("parts 3,5 of 5 have not done all their frames"));
  EXPECT_THAT(refused.output, HasSubstr("--array=3,5"));
  const auto retry = run("parts", "shards o --retry");
  EXPECT_EQ(retry.code, 2);
  EXPECT_EQ(retry.output, "3,5\n");
  EXPECT_THAT(run("parts", "shards o").output, HasSubstr("not begun"));
  EXPECT_THAT(run("parts", "status o").output, HasSubstr("of 9 frames are done"));
  // A job in parts is not worked on as a whole meanwhile.
  const auto whole = run("parts", line);
  EXPECT_EQ(whole.code, 1);
  EXPECT_THAT(whole.output, HasSubstr("holds parts of a job"));
  for (const int part : {5, 3})
    ASSERT_EQ(run("parts", line + " --shard " + std::to_string(part) + "/5").code, 0);
  EXPECT_EQ(run("parts", "shards o --retry").output, "\n");
  ASSERT_EQ(run("parts", "merge o").code, 0);
  EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty());
}

TEST_F(ShardsTest, PartsAgreeOnNumberSettingsAndInputs) {
  fs::copy(raw_, scratch_ / "raw", fs::copy_options::recursive);
  const std::string line = "extract --raw ../raw --out o --quiet";
  ASSERT_EQ(run("whole", line).code, 0);
  ASSERT_EQ(run("parts", line + " --shard 1/2").code, 0);
  const auto number = run("parts", line + " --shard 1/3");
  EXPECT_EQ(number.code, 1);
  EXPECT_THAT(number.output, HasSubstr("is cut into 2 parts"));
  const auto settings = run("parts", line + " --crop toolbox --shard 2/2");
  EXPECT_EQ(settings.code, 1);
  EXPECT_THAT(settings.output, HasSubstr("extract.crop was"));
  // A scene that appears meanwhile belongs to no part.
  fs::copy(scratch_ / "raw/kitchen_0001", scratch_ / "raw/kitchen_0002", fs::copy_options::recursive);
  ASSERT_EQ(run("parts", line + " --shard 2/2").code, 0);
  ASSERT_EQ(run("parts", "merge o").code, 0);
  EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty());
}

TEST_F(ShardsTest, AFileThatChangedSinceThePlanIsSaid) {
  fs::copy(raw_, scratch_ / "raw", fs::copy_options::recursive);
  const std::string line = "extract --raw ../raw --out o --quiet --shard ";
  ASSERT_EQ(run("parts", line + "1/2").code, 0);
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "raw"))
    if (entry.is_regular_file()) fs::last_write_time(entry.path(), fs::file_time_type::clock::now());
  EXPECT_EQ(run("touched", line + "1/2").code, 0);
  EXPECT_EQ(run("parts", line + "1/2").code, 0) << "a touch is no change";
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "raw"))
    if (entry.path().extension() == ".pgm") std::ofstream(entry.path(), std::ios::app) << "x";
  const auto changed = run("parts", line + "2/2");
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.output, HasSubstr("are not those that the job was planned with"));
}

// Failed frames belong to the result like others; the exit code tells of them.
TEST_F(ShardsTest, FailedFramesAreMergedAsSuch) {
  fs::copy(raw_, scratch_ / "raw", fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "raw"))
    if (entry.path().extension() == ".pgm") {
      fs::resize_file(entry.path(), 1000);
      break;
    }
  const std::string line = "extract --raw ../raw --out o --quiet";
  ASSERT_EQ(run("whole", line).code, 2);
  int failed = 0;
  for (const char* part : {"1", "2", "3"}) failed += run("parts", line + " --shard " + part + "/3").code == 2;
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(run("parts", "merge o").code, 2);
  EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty());
}

// Two attempts at one part at once: the second yields, or waits and finds everything done.
TEST_F(ShardsTest, OnePartHasOneWriter) {
  const std::string line = "run --stages extract,fill --threads 1" + raw() + "--out o --quiet --shard 1/2";
  fs::create_directories(scratch_ / "parts");
  const fs::path journal = scratch_ / "parts/o/shards/1-of-2/journal";
  std::thread first([&] { EXPECT_EQ(run("parts", line).code, 0); });
  while (!fs::exists(journal) || file_text(journal).find("\tcall\t") == std::string::npos) ::usleep(1000);
  const auto second = run("parts", line);
  const auto patient = run("parts", line + " --wait 600");
  first.join();
  // On a fast machine the first may be over by then.
  if (second.code != 0) {
    EXPECT_EQ(second.code, 4) << second.output;
    EXPECT_THAT(second.output, HasSubstr("works on this folder"));
  }
  EXPECT_EQ(patient.code, 0) << patient.output;
}

// A merge that is killed anywhere goes on.
TEST_F(ShardsTest, AKilledMergeGoesOn) {
  if (!fs::exists(kFaultShim))
    GTEST_SKIP() << "built with sanitizers: nothing can be preloaded (" << kFaultShim << ")";
  const std::string line = "extract" + raw() + "--out o --quiet";
  ASSERT_EQ(run("whole", line).code, 0);
  for (const char* part : {"1", "2"}) ASSERT_EQ(run("saved", line + " --shard " + part + "/2").code, 0);
  const int step = thorough() ? 1 : 11;
  int kills = 0;
  for (int at = 1;; at += step) {
    fs::remove_all(scratch_ / "parts");
    fs::copy(scratch_ / "saved", scratch_ / "parts", fs::copy_options::recursive);
    // The plan tells where the job was given.
    const fs::path plan = scratch_ / "parts/o/shards/plan";
    fs::rename(scratch_ / "saved", scratch_ / "away");
    fs::rename(scratch_ / "parts", scratch_ / "saved");
    const auto cut =
        run_shell("cd " + (scratch_ / "saved").string() + " && LD_PRELOAD=" + kFaultShim +
                  " FAULT_FOLDER=" + (scratch_ / "saved/o").string() +
                  " FAULT_HOW=kill FAULT_AT=" + std::to_string(at) + " " + kProgram + " merge o");
    const auto again = cut.code == 0 ? cut : run("saved", "merge o");
    EXPECT_EQ(again.code, 0) << at << ": " << cut.output << again.output;
    EXPECT_THAT(differing(bytes("saved"), bytes("whole")), IsEmpty()) << at;
    fs::remove_all(scratch_ / "saved");
    fs::rename(scratch_ / "away", scratch_ / "saved");
    if (cut.code == 0) break;
    ++kills;
  }
  EXPECT_GT(kills, 2);
}

// Schedulers say by SIGTERM or SIGUSR1 that the job is to go on later: it drains, and the exit code says so.
TEST_F(ShardsTest, ANoticeDrainsAndIsToldByTheExitCode) {
  const fs::path out = scratch_ / "o";
  const std::string line =
      "run --stages extract,fill --threads 1" + raw() + "--out " + out.string() + " --shard 1/1";
  const auto drained = run_signalled(line, SIGUSR1, [&] {
    const fs::path journal = out / "shards/1-of-1/journal";
    return fs::exists(journal) && file_text(journal).find("\tframe\t") != std::string::npos;
  });
  EXPECT_EQ(drained.code, 5) << drained.output;
  EXPECT_EQ(run_depthmill(line).code, 0);
  EXPECT_EQ(run_depthmill("merge " + out.string()).code, 0);
}

// What was changed in a part is not taken over.
TEST_F(ShardsTest, ADamagedPlaneOfAPartIsRefused) {
  const std::string line = "extract" + raw() + "--out o --quiet --shard ";
  for (const char* part : {"1/2", "2/2"}) ASSERT_EQ(run("parts", line + part).code, 0);
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "parts/o/shards/2-of-2/planes"))
    if (entry.path().extension() == ".png") {
      std::string bytes = file_text(entry.path());
      bytes[bytes.size() / 2] ^= 1;
      std::ofstream(entry.path(), std::ios::binary) << bytes;
      break;
    }
  const auto refused = run("parts", "merge o");
  EXPECT_EQ(refused.code, 3) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("it is not what was written"));
  EXPECT_EQ(run("parts", line + "2/2").code, 0);
  EXPECT_EQ(run("parts", "merge o").code, 0);
  EXPECT_EQ(run("parts", "verify o").code, 0);
}

// A job over earlier results, with other settings: as in one process, it has to say that it begins anew.
TEST_F(ShardsTest, AJobOverEarlierResultsReplacesThem) {
  for (const char* place : {"whole", "parts"})
    ASSERT_EQ(run(place, "run --stages extract,fill --method none" + raw() + "--out o --quiet").code, 0);
  const std::string line = "extract --crop toolbox" + raw() + "--out o --quiet";
  EXPECT_EQ(run("parts", line + " --shard 1/2").code, 1);
  EXPECT_FALSE(fs::exists(scratch_ / "parts/o/shards"));
  ASSERT_EQ(run("whole", line + " --restart").code, 0);
  for (const char* part : {"1/2", "2/2"})
    ASSERT_EQ(run("parts", line + " --restart --shard " + part).code, 0);
  const auto merged = run("parts", "merge o");
  ASSERT_EQ(merged.code, 0) << merged.output;
  EXPECT_THAT(differing(bytes("parts"), bytes("whole")), IsEmpty());
}

// A part is verified and repaired like any run folder.
TEST_F(ShardsTest, PartsAreVerifiedAndRepaired) {
  const std::string line = "extract" + raw() + "--out o --quiet --shard ";
  for (const char* part : {"1/2", "2/2"}) ASSERT_EQ(run("parts", line + part).code, 0);
  EXPECT_EQ(run("parts", "verify o").code, 0) << run("parts", "verify o").output;
  const auto whole = folder_bytes(scratch_ / "parts/o/shards", {});
  fs::path gone;
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "parts/o/shards/2-of-2/planes"))
    if (entry.path().extension() == ".png") gone = entry.path();
  fs::remove(gone);
  const auto missing = run("parts", "verify o");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.output, HasSubstr("missing: shards/2-of-2/planes/"));
  EXPECT_EQ(run("parts", "repair o --quiet").code, 0);
  EXPECT_TRUE(fs::exists(gone));
  EXPECT_EQ(run("parts", "merge o").code, 0);
}

}  // namespace
}  // namespace depthmill::test
