#include "stages/io/pfm.h"

#include <gmock/gmock.h>

#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

TEST(Pfm, RowsComeFromTheBottomUpAndTheSignGivesTheByteOrder) {
  const std::string one("\0\0\x80\x3f", 4), two("\0\0\0\x40", 4);
  const auto little = parse_pfm(bytes_of("Pf\n1 2\n-1.0\n" + two + one), "f");
  EXPECT_THAT(little.shape, ElementsAre(2u, 1u));
  EXPECT_THAT(values<float>(little), ElementsAre(1.0f, 2.0f));
  const auto big = parse_pfm(bytes_of("Pf 1 1 0.003922\n" + std::string(one.rbegin(), one.rend())), "f");
  EXPECT_THAT(values<float>(big), ElementsAre(1.0f));
  const auto colour = parse_pfm(bytes_of("PF\n1 1\n-1\n" + one + two + one), "f");
  EXPECT_THAT(colour.shape, ElementsAre(1u, 1u, 3u));
}

TEST(Pfm, RoundTrip) {
  const auto m = random_mat(6, 5, CV_32FC1, 4, 0.5, 10);
  EXPECT_EQ(parse_pfm(pfm_bytes(m), "f").bytes, to_array(m).bytes);
  EXPECT_THROW(pfm_bytes(cv::Mat(2, 2, CV_64FC1)), std::invalid_argument);
}

TEST(Pfm, DamageIsRefused) {
  expect_every_prefix_refused(pfm_bytes(random_mat(3, 4, CV_32FC1, 1, 0, 1)),
                              [](auto bytes) { parse_pfm(bytes, "f"); });
  for (const char* bad : {"Px\n1 1\n-1\n1234", "PfX 1 1 -1\n1234", "Pf\n0 1\n-1\n", "Pf\n1 1\n0\n1234",
                          "Pf\n1 1\nnan\n1234", "Pf\n-1 1\n-1\n1234", "Pf\n1 1\n-1\n12345",
                          "Pf\n999999999999 999999999999\n-1\n1", "Pf\n1 1 1 -1\n1234"})
    EXPECT_EQ(failure_of([&] { parse_pfm(bytes_of(bad), "f"); }).reason, FailureReason::kUnreadable) << bad;
}

}  // namespace
}  // namespace depthmill::io
