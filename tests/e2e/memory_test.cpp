// The memory that a run announces is what it stays below.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <opencv2/core.hpp>
#include <sstream>
#include <vector>

#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;

struct Peak {
  int code = -1;
  double megabytes = 0;  // most that was in memory at a time
  std::string output;
};

Peak peak_of(const std::string& line, const fs::path& log) {
  std::vector<std::string> words{kProgram};
  std::istringstream in(line);
  for (std::string word; in >> word;) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  Peak peak;
  const int error = ::posix_spawn(&child, kProgram, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return peak;
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) return peak;
  peak.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  peak.megabytes = static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KB
  peak.output = file_text(log);
  return peak;
}

// Runs the line twice: the second time all is done already, so that what the first took more is the frames'.
void expect_below_announced(const std::string& line, const ScratchFolder& scratch) {
  const Peak working = peak_of(line, scratch / "log");
  ASSERT_EQ(working.code, 0) << working.output;
  const Peak idle = peak_of(line, scratch / "log");
  ASSERT_EQ(idle.code, 0) << idle.output;
  std::size_t frames = 0, announced = 0;
  const auto at = working.output.find("at most ");
  ASSERT_NE(at, std::string::npos) << working.output;
  ASSERT_EQ(
      std::sscanf(working.output.c_str() + at, "at most %zu frames in flight (%zu MB)", &frames, &announced),
      2);
  EXPECT_LE(working.megabytes - idle.megabytes, static_cast<double>(announced)) << line << "\n"
                                                                                << working.output;
}

TEST(Memory, OfFullSizeFramesIsBelowWhatIsAnnounced) {
  if (sanitised()) GTEST_SKIP() << "a sanitizer's own memory is many times the program's";
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 4 --seed 5 --out " + raw.string()).code, 0);
  for (const std::string batch : {"1", "8"})
    expect_below_announced("run --raw " + raw.string() +
                               " --stages extract,fill --threads 2 --frames-per-batch " + batch + " --out " +
                               (scratch / ("run" + batch)).string(),
                           scratch);
}

// What a frame takes from the listing of its folder to the plan of the run: 1.3 kB when frames were listed whole.
TEST(Memory, OfAListGrowsByLessThanAKilobyteAFrame) {
  if (sanitised()) GTEST_SKIP() << "a sanitizer's own memory is many times the program's";
  ScratchFolder scratch;
  io::write_plane(scratch / "one.png", cv::Mat(24, 32, CV_8UC3, cv::Scalar(1, 2, 3)), io::PlaneKind::kRgb);
  const auto plan = [&](const std::string& name, int frames) {
    for (int i = 0; i < frames; ++i) {
      const fs::path room = scratch / name / ("room_" + std::to_string(i / 877));
      fs::create_directories(room);
      fs::create_hard_link(scratch / "one.png", room / (std::to_string(10000 + i % 877) + ".png"));
    }
    const Peak peak = peak_of("infer --quiet --dry-run --model constant --images " +
                                  (scratch / name).string() + " --out " + (scratch / "out").string(),
                              scratch / "log");
    EXPECT_EQ(peak.code, 0) << peak.output;
    return peak.megabytes;
  };
  const double few = plan("few", 1000), many = plan("many", 41000);
  EXPECT_LT((many - few) * 1048576 / 40000, 1000);
}

TEST(Memory, OfSmallFramesIsBelowWhatIsAnnounced) {
  if (sanitised()) GTEST_SKIP() << "a sanitizer's own memory is many times the program's";
  ScratchFolder scratch;
  cv::Mat rgb(120, 160, CV_8UC3), depth(120, 160, CV_64FC1);
  for (int i = 0; i < 40; ++i) {
    cv::randu(rgb, 0, 255);
    cv::randu(depth, 1, 3);
    depth(cv::Rect(40, 40, 30, 20)) = 0;
    const std::string stem = (scratch / "in").string() + "/" + std::to_string(i);
    io::write_plane(stem + ".rgb.png", rgb, io::PlaneKind::kRgb);
    io::write_plane(stem + ".raw_depth.npy", depth, io::PlaneKind::kDepth);
  }
  for (const std::string batch : {"1", "8"})
    expect_below_announced("fill --in " + (scratch / "in").string() + " --threads 2 --frames-per-batch " +
                               batch + " --out " + (scratch / ("run" + batch)).string(),
                           scratch);
}

}  // namespace
}  // namespace depthmill::test
