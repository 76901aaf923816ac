#include "stages/run_folder/lease.h"

#include <gtest/gtest.h>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

class LeaseTest : public ::testing::Test {
 protected:
  // Returns where its line begins.
  std::uint64_t put(const std::string& id, std::int64_t ended = 0) {
    Call call;
    call.id = id, call.host = "host of " + id, call.process = 7, call.started = 1000, call.ended = ended;
    call.arguments = {"fill"};
    return journal_.append(cells_of(call));
  }
  test::ScratchFolder folder_;
  Journal journal_{folder_ / "journal", Journal::Open::kWrite};
};

TEST_F(LeaseTest, TheFirstCallOfAnotherThatStandsBeforeIsInTheWay) {
  put("before");
  const auto seen = journal_.end();
  put("ended", 1005);
  put("rival");
  const auto own = put("own");
  put("later");
  const auto other = call_of_others(journal_.file(), seen, own, "own");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->id, "rival");
  EXPECT_FALSE(call_of_others(journal_.file(), own, own, "own")) << "who comes later gives way";
}

TEST_F(LeaseTest, WhoIsReplacedFindsWhoReplacedIt) {
  const auto own = put("own");
  put("other");
  journal_.append(lease_cells("other", ""));
  EXPECT_FALSE(taken_over(journal_.file(), own, "own"));
  put("taker");
  journal_.append(lease_cells("taker", "own"));
  const auto taker = taken_over(journal_.file(), own, "own");
  ASSERT_TRUE(taker);
  EXPECT_EQ(taker->id, "taker");
  EXPECT_EQ(who_text(*taker), "process 7 on host of taker, since 1970-01-01 00:16:40 UTC (depthmill fill)");
}

TEST_F(LeaseTest, LocksOfThisMachinesOwnFileSystemsTell) {
  EXPECT_FALSE(locks_reach_everyone(folder_ / "nothing")) << "not known is not trusted";
  EXPECT_FALSE(locks_reach_everyone("/proc/self")) << "no file system for files";
}

}  // namespace
}  // namespace depthmill::run_folder
