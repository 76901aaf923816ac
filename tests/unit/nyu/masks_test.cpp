#include "stages/nyu/masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/nyu/accel.h"

namespace depthmill::nyu {
namespace {

using ::testing::ElementsAre;

TEST(InstanceMasks, OnlyThePairOfZerosIsLeftOut) {
  const std::vector<std::uint16_t> labels{0, 0, 300, 300, 0};
  const std::vector<std::uint8_t> instances{0, 1, 2, 0, 0};
  const auto masks = get_instance_masks(labels, instances);
  ASSERT_EQ(masks.size(), 3u);
  EXPECT_THAT(masks[0].mask, ElementsAre(0, 1, 0, 0, 0));
  EXPECT_EQ(masks[1].label, 300);
  EXPECT_EQ(masks[1].instance, 0);
  EXPECT_THAT(masks[1].mask, ElementsAre(0, 0, 0, 1, 0));
  EXPECT_THAT(masks[2].mask, ElementsAre(0, 0, 1, 0, 0));
  EXPECT_THROW(get_instance_masks(labels, std::vector<std::uint8_t>(4)), std::invalid_argument);
}

TEST(Overlay, DepthTakesGreensPlace) {
  const std::vector<std::uint8_t> rgb{1, 2, 3, 4, 5, 6};
  const std::vector<double> depth{2, 4};
  EXPECT_THAT(get_rgb_depth_overlay(rgb, depth), ElementsAre(1, 0, 2, 4, 255, 5));
  EXPECT_THAT(get_rgb_depth_overlay(rgb, std::vector<double>{7, 7}), ElementsAre(1, 0, 2, 4, 0, 5));
  EXPECT_THROW(get_rgb_depth_overlay(rgb, std::vector<double>(3)), std::invalid_argument);
}

TEST(Accel, SignedLowByteFirst) {
  const std::vector<std::uint8_t> record{0x01, 0x02, 0xff, 0xff, 0x00, 0x80, 0x80, 0x55, 4, 0, 0, 0};
  EXPECT_THAT(get_accel_data(record), ElementsAre(0x201, -1, -32768, -128));
  EXPECT_THROW(get_accel_data(std::vector<std::uint8_t>(11)), std::invalid_argument);
  EXPECT_THROW(get_accel_data(std::vector<std::uint8_t>(13)), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::nyu
