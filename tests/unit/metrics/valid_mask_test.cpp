#include "metrics/valid_mask.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

namespace depthmill::metrics {
namespace {

TEST(Range, ALimitIsTheSameInFloatAndDouble) {
  Range strict;  // 1 mm < g < 10 m
  EXPECT_FALSE(strict.contains(0.001));
  EXPECT_FALSE(strict.contains(static_cast<double>(0.001f)));  // a little above 0.001 as a double
  EXPECT_TRUE(strict.contains(0.0011));
  EXPECT_FALSE(strict.contains(10));
  EXPECT_FALSE(strict.contains(std::nan("")));
  Range inclusive{1e-3, 10, true, true};
  EXPECT_TRUE(inclusive.contains(0.001));
  EXPECT_TRUE(inclusive.contains(10));
}

TEST(Range, ContainsWhatSinglePrecisionFindsInside) {
  for (const double limit : {0.0, 0.001, 0.3, 1.0, 10.0, 80.0}) {
    const float single = static_cast<float>(limit), next = std::nextafter(single, 1e3f);
    const double middle = (static_cast<double>(single) + static_cast<double>(next)) / 2;
    for (double v : {limit, static_cast<double>(single), middle, std::nextafter(middle, 0.0),
                     std::nextafter(middle, 1e3), static_cast<double>(next), -1.0, 2e3}) {
      const float f = static_cast<float>(v);
      EXPECT_EQ((Range{limit, 1e3, false, false}.contains(v)), f > single && f < 1e3f) << limit << " " << v;
      EXPECT_EQ((Range{limit, 1e3, true, false}.contains(v)), f >= single && f < 1e3f) << limit << " " << v;
      EXPECT_EQ((Range{-0.5, limit, false, false}.contains(v)), f > -0.5f && f < single) << limit << " " << v;
      EXPECT_EQ((Range{-0.5, limit, false, true}.contains(v)), f > -0.5f && f <= single) << limit << " " << v;
    }
  }
}

TEST(CropRect, FractionsAreTruncated) {
  const Crop garg{CropKind::kFractions, 0.40810811, 0.99189189, 0.03594771, 0.96405229, 0, 0};
  const Rect rect = crop_rect(garg, 480, 640);
  EXPECT_EQ(rect.row0, 195);
  EXPECT_EQ(rect.row1, 476);
  EXPECT_EQ(rect.col0, 23);
  EXPECT_EQ(rect.col1, 616);
}

TEST(CropRect, BorderEqualsEigenAtVga) {
  const Rect rect = crop_rect({CropKind::kBorder, 45, 9, 41, 39, 0, 0}, 480, 640);
  EXPECT_EQ(rect.row0, 45);
  EXPECT_EQ(rect.row1, 471);
  EXPECT_EQ(rect.col0, 41);
  EXPECT_EQ(rect.col1, 601);
}

TEST(CropRect, RefusesMapsItIsNotMeantFor) {
  const Crop eigen{CropKind::kPixels, 45, 471, 41, 601, 480, 640};
  try {
    crop_rect(eigen, 427, 561);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("480x640"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("427x561"), std::string::npos);
  }
}

TEST(CropRect, AnySizeIsCutToTheMap) {
  const Rect rect = crop_rect({CropKind::kPixels, 45, 471, 41, 601, 0, 0}, 100, 30);
  EXPECT_EQ(rect.row1, 100);
  EXPECT_EQ(rect.col0, 30);
  EXPECT_EQ(rect.col1, 30);
}

TEST(ValidMask, RulesDifferAtHolesAndNan) {
  const std::vector<double> gt = {0, std::nan(""), 2, 0}, pred = {1, 1, 1, 0};
  const auto count = [&](ValidRule rule) {
    const auto mask = valid_mask(pred, gt, 2, 2, rule, Range{}, Crop{});
    return std::accumulate(mask.begin(), mask.end(), 0);
  };
  EXPECT_EQ(count(ValidRule::kRange), 1);
  EXPECT_EQ(count(ValidRule::kAll), 4);
  EXPECT_EQ(count(ValidRule::kNotNan), 3);
  EXPECT_EQ(count(ValidRule::kEither), 3);
}

TEST(ValidMask, RefusesUnequalSizes) {
  const std::vector<double> four(4, 1.0), two(2, 1.0);
  EXPECT_THROW(valid_mask(two, four, 2, 2, ValidRule::kAll, {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::metrics
