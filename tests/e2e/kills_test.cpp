// Whatever a command was doing when it was killed: the same command again ends with the bytes of an undisturbed run,
// for any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <opencv2/core.hpp>
#include <random>

#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class KillsTest : public ::testing::Test {
 protected:
  // 200 pictures with ground truth and predictions of two networks, no frame like another.
  void make_pairs() {
    for (int i = 0; i < kFrames; ++i) {
      char name[16];
      std::snprintf(name, sizeof name, "%04d", i);
      io::write_plane(scratch_ / (std::string("images/") + name + ".png"),
                      cv::Mat(24, 32, CV_8UC3, cv::Scalar(i, 255 - i, 7)), io::PlaneKind::kRgb);
      for (const auto& [folder, more] : {std::pair("gt", 0.0), {"p1", 0.1}, {"p2", 0.2}}) {
        cv::Mat depth(24, 32, CV_64FC1);
        for (int y = 0; y < depth.rows; ++y)
          for (int x = 0; x < depth.cols; ++x)
            depth.at<double>(y, x) = 1 + 0.01 * i + more + 0.05 * ((x + y) % 7);
        io::write_plane(scratch_ / (std::string(folder) + "/" + name + ".npy"), depth, io::PlaneKind::kDepth);
      }
    }
    std::ofstream(scratch_ / "card.ini") << "[model]\nbackend = constant\nvalue = 2\n";
  }
  std::string at(const std::string& name) const { return (scratch_ / name).string(); }

  // `job` without its --out and --threads, killed `kills` times at random moments of its duration; after about every
  // third attempt it is let run to its end. Attempts that came too late are made again, a while.
  void is_killed(const std::string& job, int kills, const std::vector<std::string>& without) {
    using Clock = std::chrono::steady_clock;
    const auto line = [&](const char* out, int threads) {
      // A report has no threads; sums of a training hang on their number, which is the user's to keep.
      const std::string split = job.starts_with("report")  ? ""
                                : job.starts_with("train") ? " --threads 1"
                                                           : " --threads " + std::to_string(threads);
      return job + " --quiet" + split + " --out " + at(out);
    };
    fs::remove_all(scratch_ / "whole");
    const auto begin = Clock::now();
    const auto undisturbed = run_depthmill(line("whole", 1));
    ASSERT_EQ(undisturbed.code, 0) << undisturbed.output;
    const std::chrono::duration<double> took = Clock::now() - begin;
    const auto whole = folder_bytes(scratch_ / "whole", without);
    ASSERT_FALSE(whole.empty());
    const int threads[] = {1, 2, 8};
    int killed = 0;
    for (int i = 0; killed < kills && i < 4 * kills; ++i) {
      const double wait = std::uniform_real_distribution<>(0, took.count())(random_);
      const auto started = Clock::now();
      const auto cut = run_signalled(line("o", threads[random_() % 3]), SIGKILL, [&] {
        return std::chrono::duration<double>(Clock::now() - started).count() > wait;
      });
      killed += cut.code == 128 + SIGKILL;
      if (killed < kills && random_() % 3 != 0) continue;
      const auto last = run_depthmill(line("o", threads[random_() % 3]));
      ASSERT_EQ(last.code, 0) << job << ": " << last.output;
      ASSERT_THAT(differing(folder_bytes(scratch_ / "o", without), whole), IsEmpty()) << job;
      fs::remove_all(scratch_ / "o");
    }
    std::printf("killed %d times: %s\n", killed, job.substr(0, 60).c_str());
  }

  static constexpr int kFrames = 200;
  ScratchFolder scratch_;
  std::mt19937 random_{11};
};

// config.ini names the folder it is in, timing.csv the seconds.
const std::vector<std::string> kOfEveryRun{"config.ini", "timing.csv"};

TEST_F(KillsTest, FrameWiseStagesAndReportsEndWithTheSameBytes) {
  make_pairs();
  const int kills = thorough() ? 40 : 1;
  const std::string infer = "infer --model " + at("card.ini") + " --images " + at("images");
  ASSERT_NO_FATAL_FAILURE(is_killed(infer, kills, kOfEveryRun));
  const std::string evaluate = "evaluate --protocol eigen-nocrop --gt " + at("gt") + " --pred ";
  ASSERT_NO_FATAL_FAILURE(is_killed(evaluate + at("p1"), kills, kOfEveryRun));
  for (const char* name : {"p1", "p2"})
    ASSERT_EQ(run_depthmill(evaluate + at(name) + " --quiet --out " + at(std::string("scored_") + name)).code,
              0);
  ASSERT_NO_FATAL_FAILURE(
      is_killed("report --metrics " + at("scored_p1") + "=A," + at("scored_p2") + "=B", kills, {}));
}

TEST_F(KillsTest, ARunEndsWithTheSameBytes) {
  const int frames = thorough() ? 100 : 3;
  const auto made = run_depthmill("sample --quiet --scenes 2 --frames " + std::to_string(frames) +
                                  " --seed 5 --out " + at("raw"));
  ASSERT_EQ(made.code, 0) << made.output;
  ASSERT_NO_FATAL_FAILURE(is_killed("run --stages extract,fill --method none --raw " + at("raw"),
                                    thorough() ? 40 : 2, kOfEveryRun));
}

// The suite kills one training at a chosen step (SdConvTransTest).
TEST_F(KillsTest, ATrainingEndsWithTheSameBytes) {
  if (!thorough()) GTEST_SKIP() << "slow: set DEPTHMILL_THOROUGH=1";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 5 --frames 2 --seed 33 --out " + at("raw")).code, 0);
  ASSERT_EQ(
      run_depthmill("run --quiet --stages extract,fill --raw " + at("raw") + " --out " + at("data")).code, 0);
  ASSERT_NO_FATAL_FAILURE(is_killed(
      "train --config " + std::string(kConfigs) + "/train/small.ini --epochs 3 --data " + at("data"), 40,
      {"config.ini", "last.pth"}));
}

}  // namespace
}  // namespace depthmill::test
