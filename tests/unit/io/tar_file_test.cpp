#include "stages/io/tar_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/io/atomic_file.h"
#include "stages/io/h5_file.h"
#include "stages/io/npy.h"
#include "tests/support/tar_bytes.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

class TarFileTest : public ::testing::Test {
 protected:
  std::filesystem::path put(const std::vector<std::uint8_t>& bytes, const char* name = "a.tar") {
    write_whole_file(scratch_ / name, bytes);
    return scratch_ / name;
  }
  std::vector<std::string> names(const std::vector<std::uint8_t>& bytes) {
    std::vector<std::string> found;
    for (const TarMember& member : list_tar(put(bytes))) found.push_back(member.name);
    return found;
  }
  Failure failure(const std::vector<std::uint8_t>& bytes) {
    return failure_of([&] { list_tar(put(bytes)); });
  }
  test::ScratchFolder scratch_;
};

TEST_F(TarFileTest, NamesOfEveryLengthAndOnlyFiles) {
  const std::string long_name = std::string(90, 'd') + "/" + std::string(90, 'n') + ".npy";
  std::vector<std::uint8_t> tar;
  test::add_to_tar(tar, "scene/", {}, '5');
  test::add_to_tar(tar, "scene/a.npy", {1, 2, 3});
  test::add_to_tar(tar, "link", {}, '2');
  test::add_to_tar(tar, long_name, std::vector<std::uint8_t>(512, 7));
  std::string gnu = "by/gnu/" + std::string(120, 'g');
  gnu += '\0';
  test::add_to_tar(tar, "././@LongLink", {gnu.begin(), gnu.end()}, 'L');
  test::add_to_tar(tar, "by/gnu/cut", {9});
  test::add_to_tar(tar, "empty", {});
  tar.resize(tar.size() + 1024, 0);
  gnu.pop_back();
  EXPECT_THAT(names(tar), ::testing::ElementsAre("scene/a.npy", long_name, gnu, "empty"));
  const auto members = list_tar(scratch_ / "a.tar");
  EXPECT_EQ(members[1].size, 512u);
  EXPECT_EQ(tar[members[1].at], 7);
  EXPECT_EQ(tar[members[2].at], 9);
}

TEST_F(TarFileTest, DamageIsNamed) {
  const auto good = test::tar_of({{"a.npy", std::vector<std::uint8_t>(700, 1)}, {"b.npy", {2}}});
  EXPECT_THAT(failure(std::vector<std::uint8_t>(2000, 'x')).text, HasSubstr("is no tar archive"));
  auto bad = good;
  bad[512 + 1024 + 3] ^= 1;
  EXPECT_THAT(failure(bad).text, HasSubstr("a header with a wrong sum"));
  bad = good;
  bad.resize(900);
  EXPECT_EQ(failure(bad).reason, FailureReason::kTruncated);
  bad.resize(512 + 1024 + 100);
  EXPECT_EQ(failure(bad).reason, FailureReason::kTruncated) << "inside the second header";
  EXPECT_EQ(failure(good).reason, FailureReason::kNone);
}

TEST_F(TarFileTest, MembersAreReadByTheirOwnEnding) {
  const cv::Mat depth = (cv::Mat_<double>(2, 3) << 1, 2, 3, 4, 5, 6.5);
  write_h5(scratch_ / "f.h5", "depth", to_array(depth));
  const auto tar = put(test::tar_of({{"s/1.depth.npy", npy_bytes(to_array(depth))},
                                     {"s/1.h5", file_bytes(scratch_ / "f.h5")},
                                     {"s/1.txt", {'x'}}}),
                       "set.tar");
  PlaneSource source;
  source.file = tar;
  for (const char* name : {"s/1.depth.npy", "s/1.h5:depth", "s/1.h5"}) {
    source.name = name;
    EXPECT_EQ(cv::norm(read_plane(source, PlaneKind::kDepth, "depth"), depth, cv::NORM_INF), 0) << name;
  }
  source.name = "s/1.h5:deep";
  EXPECT_THAT(failure_of([&] { read_plane(source, PlaneKind::kDepth); }).text,
              HasSubstr("set.tar:s/1.h5:deep: has no data set 'deep' (there are: depth)"));
  source.name = "s/2.depth.npy";
  EXPECT_EQ(failure_of([&] { read_plane(source, PlaneKind::kDepth); }).reason, FailureReason::kMissingFile);
  source.name = "s/1.txt";
  EXPECT_THAT(failure_of([&] { read_plane(source, PlaneKind::kDepth); }).text,
              HasSubstr("files inside archives are read as"));
  source.name.clear();
  EXPECT_THAT(failure_of([&] { read_plane(source, PlaneKind::kDepth); }).text, HasSubstr("is an archive"));
}

}  // namespace
}  // namespace depthmill::io
