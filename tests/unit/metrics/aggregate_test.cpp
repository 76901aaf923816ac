#include "metrics/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace depthmill::metrics {
namespace {

const std::vector<ImageValue> kImages = {{1, 10}, {3, 30}, {std::nan(""), 60}};

TEST(Aggregate, LeavesOutUndefinedImagesAndCountsTheRest) {
  const Aggregate mean = aggregate(kImages, Averaging::kMeanOfImages, Pool::kMean);
  EXPECT_DOUBLE_EQ(mean.value, 2);
  EXPECT_EQ(mean.images, 2u);
  EXPECT_EQ(mean.pixels, 40u);
}

TEST(Aggregate, RootMeanSquareOfImages) {
  EXPECT_DOUBLE_EQ(aggregate(kImages, Averaging::kRmsOfImages, Pool::kRootMean).value, std::sqrt(5.0));
}

TEST(Aggregate, PooledIsWhatAllPixelsTogetherGive) {
  EXPECT_DOUBLE_EQ(aggregate(kImages, Averaging::kPooled, Pool::kMean).value, 2.5);
  EXPECT_DOUBLE_EQ(aggregate(kImages, Averaging::kPooled, Pool::kRootMean).value,
                   std::sqrt((10 + 270) / 40.0));
  EXPECT_TRUE(std::isnan(aggregate(kImages, Averaging::kPooled, Pool::kNone).value));
}

TEST(Aggregate, NothingGivesNan) {
  EXPECT_TRUE(std::isnan(aggregate({}, Averaging::kMeanOfImages, Pool::kMean).value));
}

}  // namespace
}  // namespace depthmill::metrics
