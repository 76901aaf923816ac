// A crash leaves the frame's name behind; in processes of their own, which crash.
#include "stages/run_folder/crash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

FrameRecord record_named(const std::string& frame) {
  FrameRecord record;
  record.scene = "room", record.frame = frame, record.call = "00000000000000aa";
  record.made_from.look = 77;
  return record;
}

class CrashTest : public ::testing::Test {
 protected:
  // Runs `work` in a process of its own and returns the signal that ended it.
  int in_a_process(const std::function<void()>& work) {
    const pid_t process = ::fork();
    if (process == 0) {
      [[maybe_unused]] auto* quiet = std::freopen("/dev/null", "w", stderr);
      Ledger ledger(scratch_.path(), {"fill"});
      ledger.take();
      const CrashNotes notes(ledger);
      work();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  std::optional<FrameRecord> found(const std::string& frame) {
    return Ledger(scratch_.path(), {"fill"}).find("room", frame, "fill");
  }
  test::ScratchFolder scratch_;
};

TEST_F(CrashTest, TheFrameAtWorkIsNamed) {
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) {
    const std::string frame = "d-" + std::to_string(number);
    EXPECT_EQ(in_a_process([&] {
                const FrameRecord record = record_named(frame), other = record_named("other");
                const AtWork at_work("fill", {&record, 1});
                { const AtWork over("fill", {&other, 1}); }
                ::raise(number);
              }),
              number);
    const auto crashed = found(frame);
    ASSERT_TRUE(crashed);
    EXPECT_EQ(crashed->status, RowStatus::kFailed);
    EXPECT_EQ(crashed->reason, kCrashReason);
    EXPECT_TRUE(crashed->alone);
    EXPECT_EQ(crashed->made_from.look, 77u);
    EXPECT_THAT(crashed->detail, ::testing::HasSubstr("room/" + frame + ": the program crashed in fill"));
    EXPECT_FALSE(found("other"));
  }
}

TEST_F(CrashTest, AmongSeveralItIsASuspicion) {
  in_a_process([] {
    const std::vector<FrameRecord> records{record_named("a"), record_named("b")};
    const AtWork at_work("fill", records);
    ::raise(SIGSEGV);
  });
  for (const char* frame : {"a", "b"}) {
    ASSERT_TRUE(found(frame)) << frame;
    EXPECT_FALSE(found(frame)->alone);
  }
}

TEST_F(CrashTest, ACrashInALibrarysThreadSuspectsEveryFrameAtWork) {
  in_a_process([] {
    const FrameRecord record = record_named("a");
    const AtWork at_work("fill", {&record, 1});
    std::thread([] { ::raise(SIGSEGV); }).join();
  });
  ASSERT_TRUE(found("a"));
  EXPECT_FALSE(found("a")->alone);
}

TEST_F(CrashTest, AStackThatHasRunOverIsNotedToo) {
  const int ended = in_a_process([] {
    const FrameRecord record = record_named("deep");
    const AtWork at_work("fill", {&record, 1});
    const std::function<int(int)> dig = [&](int depth) {
      volatile char page[4096];
      page[0] = static_cast<char>(depth);
      return dig(depth + 1) + page[0];
    };
    dig(0);
  });
  EXPECT_EQ(ended, SIGSEGV);
  EXPECT_TRUE(found("deep"));
}

TEST_F(CrashTest, WithoutACrashNothingIsWritten) {
  EXPECT_EQ(in_a_process([] {
              const FrameRecord record = record_named("a");
              const AtWork at_work("fill", {&record, 1});
            }),
            0);
  EXPECT_EQ(test::file_text(scratch_ / kJournalFile), "");
}

}  // namespace
}  // namespace depthmill::run_folder
