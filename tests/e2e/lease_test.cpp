// One writer where no lock tells: the program on file systems without locks and, as far as it can see, on several
// machines (fault_shim.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <set>

#include "stages/run_folder/journal.h"
#include "stages/run_folder/ledger_lines.h"
#include "tests/support/paths.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kBusy = 4, kStopped = 3;

class LeaseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists(kFaultShim)) return;
    raw_ = fs::temp_directory_path() / ("depthmill.e2e.lease." + std::to_string(::getpid()));
    fs::remove_all(raw_);
    const auto made = run_depthmill("sample --quiet --scenes 1 --frames 8 --seed 6 --out " + raw_.string());
    ASSERT_EQ(made.code, 0) << made.output;
  }
  static void TearDownTestSuite() { fs::remove_all(raw_); }
  void SetUp() override {
    if (!fs::exists(kFaultShim))
      GTEST_SKIP() << "built with sanitizers: nothing can be preloaded (" << kFaultShim << ")";
  }

  // Of a machine of this name, whose clock is so much ahead. In a folder of its own, so that two runs have the same words.
  std::string line(const std::string& host, const std::string& place = "shared", int later = 0) const {
    return "cd " + (scratch_ / place).string() + " && LD_PRELOAD=" + kFaultShim +
           " FAULT_NO_LOCKS=1 FAULT_HOST=" + host + " FAULT_LATER=" + std::to_string(later) + " exec " +
           kProgram + " run --stages extract,fill --threads 1 --quiet --out o --raw " + raw_.string();
  }
  ProgramResult run(const std::string& shell_line) {
    fs::create_directories(scratch_ / "shared"), fs::create_directories(scratch_ / "whole");
    return run_shell("(" + shell_line + ")");
  }
  std::map<std::string, std::string> bytes(const std::string& place) {
    return folder_bytes(scratch_ / place / "o", {"timing.csv"});
  }
  void expect_the_bytes_of_one_process() {
    const auto whole = run(line("one", "whole"));
    ASSERT_EQ(whole.code, 0) << whole.output;
    EXPECT_THAT(differing(bytes("shared"), bytes("whole")), IsEmpty());
    EXPECT_EQ(run_depthmill("verify " + (scratch_ / "shared/o").string()).code, 0);
  }

  // Frames of the shared folder by the calls that recorded them, in the order of the journal.
  std::vector<std::pair<std::string, std::string>> frames_by_call() {
    std::vector<std::pair<std::string, std::string>> frames;
    run_folder::read_journal(scratch_ / "shared/o/journal",
                             [&](std::uint64_t, const run_folder::JournalCells& cells) {
                               if (const auto record = run_folder::heading_of(cells))
                                 frames.emplace_back(record->id(), record->call);
                             });
    return frames;
  }

  static inline fs::path raw_;
  ScratchFolder scratch_;
};

// A program of its own beside this one.
class Background {
 public:
  Background(const std::string& shell_line, fs::path said) : said_(std::move(said)) {
    const std::string line = "exec > " + said_.string() + " 2>&1; " + shell_line;
    process_ = ::fork();
    if (process_ == 0) {
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
  }
  void signal(int number) const { ::kill(process_, number); }
  bool has_ended() { return ::waitpid(process_, &status_, WNOHANG) == process_ && (ended_ = true); }
  ProgramResult end() {
    if (!ended_) ::waitpid(process_, &status_, 0);
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_), file_text(said_)};
  }

 private:
  fs::path said_;
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

TEST_F(LeaseTest, ASilentOnesPlaceIsTakenAndItLeavesWhenItWakes) {
  fs::create_directories(scratch_ / "shared");
  Background sleeper(line("one"), scratch_ / "said");
  const fs::path journal = scratch_ / "shared/o/journal";
  while (!fs::exists(journal) || file_text(journal).find("\tframe\t") == std::string::npos) {
    ASSERT_FALSE(sleeper.has_ended()) << sleeper.end().output;
    ::usleep(1000);
  }
  sleeper.signal(SIGSTOP);
  // It lives: its process is there, on its own machine; on another one it has just given a sign.
  for (const char* host : {"one", "two"}) {
    const auto refused = run(line(host));
    EXPECT_EQ(refused.code, kBusy) << refused.output;
    EXPECT_THAT(refused.output, HasSubstr(" on one, since "));
  }
  const auto taker = run(line("two", "shared", 3600));
  EXPECT_EQ(taker.code, 0) << taker.output;
  sleeper.signal(SIGCONT);
  const auto woken = sleeper.end();
  EXPECT_EQ(woken.code, kStopped) << woken.output;
  EXPECT_THAT(woken.output, HasSubstr("was taken over by process "));
  EXPECT_THAT(woken.output, HasSubstr(" on two, since "));
  // Whoever stands behind the taker's first frame is the taker.
  auto frames = frames_by_call();
  const auto taken =
      std::find_if(frames.begin(), frames.end(), [&](const auto& f) { return f.second != frames[0].second; });
  ASSERT_NE(taken, frames.end());
  EXPECT_TRUE(std::all_of(taken, frames.end(), [&](const auto& f) { return f.second == taken->second; }));
  expect_the_bytes_of_one_process();
}

TEST_F(LeaseTest, OfThoseThatBeginAtOnceOneWorks) {
  fs::create_directories(scratch_ / "shared");
  for (int time = 0; time < 3; ++time) {
    fs::remove_all(scratch_ / "shared/o");
    std::list<Background> all;
    for (const char* host : {"one", "two", "three"}) all.emplace_back(line(host), scratch_ / host);
    int worked = 0;
    for (Background& one : all) {
      const ProgramResult result = one.end();
      // Unless it was so late that there was nothing left to do.
      EXPECT_THAT(result.code, AnyOf(kBusy, 0)) << result.output;
      worked += result.code == 0;
    }
    EXPECT_GE(worked, 1);
    // Nobody did what another one did or was about to do.
    const auto frames = frames_by_call();
    EXPECT_FALSE(frames.empty());
    for (const auto& [frame, call] : frames) EXPECT_EQ(call, frames[0].second) << frame;
    EXPECT_EQ(std::set(frames.begin(), frames.end()).size(), frames.size());
  }
  expect_the_bytes_of_one_process();
}

}  // namespace
}  // namespace depthmill::test
