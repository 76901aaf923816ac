#include "stages/base/frame_list.h"

#include <gtest/gtest.h>

#include "tests/support/heap.h"

namespace depthmill {
namespace {

Frame some_frame(int i) {
  Frame frame;
  frame.scene = i % 3 == 0 ? "" : "kitchen_000" + std::to_string(i % 3);
  frame.name = "d-" + std::to_string(i);
  const std::string folder = "/raw/" + frame.scene + "/";
  frame.sources[plane::kDepthRel].file = folder + frame.name + ".pgm";
  frame.sources[plane::kRawRgb].file = "r-" + std::to_string(i) + ".ppm";  // no folder
  if (i % 2 == 0) {
    frame.sources[plane::kAccel] = {"/else//where/a.dump", "tilt", 5000, 0.001, {}};
    if (i % 8 == 0) frame.sources[plane::kAccel].coding.masks = {"/masks/" + frame.name + ".png"};
    if (i % 4 == 0) frame.sources[plane::kAccel].coding.no_reading = std::vector<double>{1.0 * i};
  }
  return frame;
}

void expect_equal(const Frame& a, const Frame& b) {
  EXPECT_EQ(a.scene, b.scene);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.failure, b.failure);
  EXPECT_EQ(a.failure_text, b.failure_text);
  EXPECT_EQ(a.notes, b.notes);
  ASSERT_EQ(a.sources.size(), b.sources.size());
  for (const auto& [name, source] : a.sources) {
    ASSERT_TRUE(b.sources.contains(name));
    const PlaneSource& other = b.sources.at(name);
    EXPECT_EQ(source.file.native(), other.file.native()) << "to the byte";
    EXPECT_EQ(source.name, other.name);
    EXPECT_EQ(source.depth_scale, other.depth_scale);
    EXPECT_EQ(source.metres_per_unit, other.metres_per_unit);
    EXPECT_EQ(source.coding.masks, other.coding.masks);
    EXPECT_EQ(source.coding.no_reading, other.coding.no_reading);
  }
}

TEST(FrameList, FramesComeBackAsTheyWere) {
  std::vector<Frame> frames;
  for (int i = 0; i < 40; ++i) frames.push_back(some_frame(i));
  frames[7].fail("list", FailureReason::kNoPartner, "no colour near");
  frames[9].notes = {"a remark"};
  frames[11].sources.clear();
  frames[13].sources[plane::kRawRgb].coding.masks = {"/masks/a.png", "b.png"};
  frames[14].sources[plane::kRawRgb].coding.masks = {"/masks/b.png"};
  frames[12].name = std::string(3'000'000, 'x');  // beyond a block
  const FrameList list(frames);
  ASSERT_EQ(list.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    expect_equal(frames[i], list[i]);
    EXPECT_EQ(list[i].index, i);
    EXPECT_EQ(list.scene(i), frames[i].scene);
    EXPECT_EQ(list.name(i), frames[i].name);
  }
}

TEST(FrameList, FramesAreChangedAndLeftOutInTurn) {
  std::vector<Frame> frames;
  for (int i = 0; i < 6; ++i) frames.push_back(some_frame(i));
  frames[3].fail("list", FailureReason::kNoPartner, "no colour near");
  frames[5].notes = {"a remark"};
  FrameList list(frames);
  std::vector<std::size_t> met;
  list.edit([&](Frame& frame) {
    met.push_back(frame.index);
    frame.sources.erase(plane::kRawRgb);
    if (frame.index == 5) frame.scene = "attic";
    return frame.index != 1;
  });
  EXPECT_EQ(met, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
  ASSERT_EQ(list.size(), 5u);
  frames.erase(frames.begin() + 1);
  frames.back().scene = "attic";
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].sources.erase(plane::kRawRgb);
    expect_equal(frames[i], list[i]);
    EXPECT_EQ(list[i].index, i);
    EXPECT_EQ(list.ok(i), frames[i].ok());
    EXPECT_EQ(list.id(i), frames[i].id());
  }
}

TEST(FrameList, ARawFrameTakesATenthOfAKilobyteOrTwo) {
  if (test::heap_bytes() == 0) GTEST_SKIP() << "nobody counts the heap here";
  constexpr int kFrames = 20000;
  const std::size_t before = test::heap_bytes();
  FrameList list;
  for (int i = 0; i < kFrames; ++i) {
    Frame frame;
    frame.scene = "room_" + std::to_string(1000 + i / 877);
    const std::string moment =
        "1300000000." + std::to_string(100000 + i) + "-" + std::to_string(1000000000 + i);
    frame.name = "d-" + moment;
    const std::string folder = "/somewhere/nyu_depth_v2_raw/" + frame.scene + "/";
    frame.sources[plane::kDepthRel].file = folder + "d-" + moment + ".pgm";
    frame.sources[plane::kRawRgb].file = folder + "r-" + moment + ".ppm";
    frame.sources[plane::kAccel].file = folder + "a-" + moment + ".dump";
    list.push_back(std::move(frame));
  }
  EXPECT_LT((test::heap_bytes() - before) / kFrames, 256u);
  EXPECT_EQ(list.size(), std::size_t{kFrames});
}

TEST(FrameList, NamesStandWhereTheyWereWhenTheListMoves) {
  FrameList list(std::vector<Frame>{some_frame(1)});
  const FrameList moved = std::move(list);
  EXPECT_EQ(moved.name(0), "d-1");
  expect_equal(moved[0], some_frame(1));
}

TEST(FrameList, WhatIsAlreadyDecodedIsNoListing) {
  Frame decoded = some_frame(1), named = some_frame(2);
  decoded.planes[plane::kDepth] = cv::Mat(1, 1, CV_64FC1, cv::Scalar(1));
  named.name += std::string("\0x", 2);
  FrameList list;
  EXPECT_THROW(list.push_back(decoded), std::invalid_argument);
  EXPECT_THROW(list.push_back(named), std::invalid_argument);
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace depthmill
