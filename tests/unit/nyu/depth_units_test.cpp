#include "stages/nyu/depth_units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace depthmill::nyu {
namespace {

TEST(DepthUnits, KnownCodes) {
  EXPECT_NEAR(depth_rel2depth_abs(0), 0.32155606407, 1e-11);
  EXPECT_NEAR(depth_rel2depth_abs(1057), 9.8957746, 1e-7);
  EXPECT_EQ(depth_rel2depth_abs(1058), 10);
  EXPECT_EQ(depth_rel2depth_abs(1092), 10);
  EXPECT_EQ(depth_rel2depth_abs(1092.5), 10);
  EXPECT_EQ(depth_rel2depth_abs(1093), 0);
  EXPECT_EQ(depth_rel2depth_abs(kNoReading), 0);
  EXPECT_TRUE(std::isnan(depth_rel2depth_abs(std::numeric_limits<double>::quiet_NaN())));
}

TEST(DepthUnits, EveryCodeSurvivesTheRoundTrip) {
  for (int code = 0; code <= 1057; ++code) EXPECT_EQ(quantised_code(depth_rel2depth_abs(code)), code);
}

TEST(DepthUnits, QuantisedCodeSaysNoReading) {
  EXPECT_EQ(quantised_code(0), kNoReading);
  EXPECT_EQ(quantised_code(-1), kNoReading);
  EXPECT_EQ(quantised_code(0.3), kNoReading);
  EXPECT_EQ(quantised_code(std::numeric_limits<double>::infinity()), kNoReading);
  EXPECT_EQ(quantised_code(std::nan("")), kNoReading);
  EXPECT_EQ(quantised_code(1e9), 1092);
  EXPECT_EQ(quantised_code(14.5), 1068);
}

TEST(DepthUnits, DepthGrowsWithTheCode) {
  for (int code = 1; code <= 1057; ++code)
    EXPECT_GT(depth_rel2depth_abs(code), depth_rel2depth_abs(code - 1));
}

TEST(DepthUnits, SpansMustAgree) {
  std::vector<double> codes(3, 500), metres(3), fewer(2);
  depth_rel2depth_abs(codes, metres);
  EXPECT_EQ(metres[2], depth_rel2depth_abs(500));
  EXPECT_THROW(depth_rel2depth_abs(codes, fewer), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::nyu
