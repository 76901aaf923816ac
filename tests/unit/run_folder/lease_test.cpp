#include "stages/run_folder/lease.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

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
  put("own");
  journal_.append(lease_cells("own", ""));
  put("later");
  journal_.append(lease_cells("later", ""));
  EXPECT_EQ(who_began_before(journal_.file(), seen, "own"),
            "process 7 on host of rival, since 1970-01-01 00:16:40 UTC (depthmill fill)");
  EXPECT_EQ(who_began_before(journal_.file(), seen, "rival"), "another process") << "it has no lease";
}

TEST_F(LeaseTest, WhoStandsFirstHasTheFolder) {
  put("ended", 1005);
  put("own");
  put("rival");
  journal_.append(lease_cells("rival", ""));
  journal_.append(lease_cells("own", ""));
  EXPECT_FALSE(who_began_before(journal_.file(), 0, "own"));
  EXPECT_TRUE(who_began_before(journal_.file(), 0, "rival"));
}

// Two that append to one place, as they may over NFS: what is left of one's lines is another's, or torn.
TEST_F(LeaseTest, WhoseOwnLinesWereOverwrittenGivesWay) {
  const auto place = put("own");
  journal_.append(lease_cells("own", ""));
  const auto end = journal_.end();
  for (std::uint64_t at = place; at < end; ++at) {
    SCOPED_TRACE(at);
    const fs::path copy = folder_ / "copy";
    fs::copy_file(journal_.file(), copy, fs::copy_options::overwrite_existing);
    std::fstream(copy, std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<std::streamoff>(at))
        << "#";
    EXPECT_EQ(who_began_before(copy, 0, "own"), "another process");
  }
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
