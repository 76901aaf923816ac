// Stacks: many maps in one array, read one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/io/atomic_file.h"
#include "stages/io/h5_file.h"
#include "stages/io/mat_file.h"
#include "stages/io/npy.h"
#include "stages/io/stack.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Sample (n, i, j) of maps of 6 x 5 is 1 + 100 n + 10 i + j.
double expected(std::size_t n, int i, int j) { return 1.0 + 100.0 * static_cast<double>(n) + 10 * i + j; }

Array stack(std::size_t maps, bool last) {
  Array a{
      last ? std::vector<std::size_t>{6, 5, maps} : std::vector<std::size_t>{maps, 6, 5}, Element::kF64, {}};
  a.bytes.resize(a.count() * sizeof(double));
  auto* to = reinterpret_cast<double*>(a.bytes.data());
  for (std::size_t n = 0; n < maps; ++n)
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 5; ++j) {
        const auto pixel = static_cast<std::size_t>(i * 5 + j);
        to[last ? pixel * maps + n : n * 30 + pixel] = expected(n, i, j);
      }
  return a;
}

class StackTest : public ::testing::Test {
 protected:
  PlaneSource source(const char* file, const std::string& name = "") {
    PlaneSource s;
    s.file = scratch_ / file;
    s.name = name;
    return s;
  }
  void expect_maps(const PlaneSource& of, std::size_t maps) {
    const auto names = planes_inside(of, PlaneKind::kDepth);
    ASSERT_EQ(names.size(), maps) << of.text();
    for (std::size_t n = 0; n < maps; ++n) {
      PlaneSource one = of;
      one.name = names[n];
      const cv::Mat map = read_plane(one, PlaneKind::kDepth);
      ASSERT_EQ(map.size(), cv::Size(5, 6));
      EXPECT_EQ(map.at<double>(4, 3), expected(n, 4, 3)) << one.text();
      EXPECT_EQ(map.at<double>(0, 1), expected(n, 0, 1)) << one.text();
    }
  }
  test::ScratchFolder scratch_;
};

TEST_F(StackTest, EveryMapOfEveryFormat) {
  write_whole_file(scratch_ / "s.npy", npy_bytes(stack(7, false)));
  write_h5(scratch_ / "s.h5", "group/depths", stack(7, false));
  write_mat(scratch_ / "s.mat", {{"depths", stack(7, true)}});
  expect_maps(source("s.npy"), 7);
  expect_maps(source("s.h5"), 7);
  expect_maps(source("s.h5", "group/depths"), 7);
  expect_maps(source("s.mat"), 7);
  expect_maps(source("s.mat", "depths"), 7);
  EXPECT_THAT(planes_inside(source("s.npy", "3"), PlaneKind::kDepth), IsEmpty()) << "that is one map";
  EXPECT_EQ(failure_of([&] { read_plane(source("s.npy", "7"), PlaneKind::kDepth); }).reason,
            FailureReason::kWrongSize);
  // The limit is one map's, however many there are.
  const MaxPixels few(40);
  expect_maps(source("s.npy"), 7);
}

TEST_F(StackTest, WhatIsNoStack) {
  const auto put = [&](const char* name, const std::vector<std::size_t>& shape) {
    Array a{shape, Element::kF32, {}};
    a.bytes.resize(a.count() * sizeof(float));
    write_whole_file(scratch_ / name, npy_bytes(a));
    return source(name);
  };
  EXPECT_THAT(planes_inside(put("map.npy", {6, 5}), PlaneKind::kDepth), IsEmpty());
  EXPECT_THAT(planes_inside(put("one.npy", {1, 6, 5}), PlaneKind::kDepth), IsEmpty());
  EXPECT_THAT(planes_inside(put("rgb.npy", {6, 5, 3}), PlaneKind::kDepth), IsEmpty()) << "a picture";
  EXPECT_THAT(planes_inside(put("rgb.npy", {6, 5, 3}), PlaneKind::kRgb), IsEmpty());
  EXPECT_EQ(planes_inside(put("rgbs.npy", {4, 6, 5, 3}), PlaneKind::kRgb).size(), 4u);
  EXPECT_EQ(planes_inside(put("video.npy", {4, 1, 6, 5}), PlaneKind::kDepth).size(), 4u);
  EXPECT_THAT(planes_inside(source("none.npy"), PlaneKind::kDepth), IsEmpty());
}

TEST_F(StackTest, EveryArrayByItsName) {
  const Array map{{6, 5}, Element::kF64, std::vector<std::uint8_t>(240)};
  write_mat(scratch_ / "m.mat",
            {{"b", map}, {"size", {{1, 2}, Element::kF64, std::vector<std::uint8_t>(16)}}, {"a", map}});
  EXPECT_THAT(planes_inside(source("m.mat", "*"), PlaneKind::kDepth), ElementsAre("b", "a"));
  EXPECT_THAT(planes_inside(source("m.mat"), PlaneKind::kDepth), IsEmpty()) << "several, none named";
}

// A stack that was changed is read anew.
TEST_F(StackTest, TheFileAsItIsNow) {
  write_whole_file(scratch_ / "s.npy", npy_bytes(stack(2, false)));
  expect_maps(source("s.npy"), 2);
  write_whole_file(scratch_ / "s.npy", npy_bytes(stack(3, false)));
  expect_maps(source("s.npy"), 3);
}

}  // namespace
}  // namespace depthmill::io
