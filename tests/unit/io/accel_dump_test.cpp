#include "stages/io/accel_dump.h"

#include <gmock/gmock.h>

#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

TEST(AccelDump, ReadsTheRecordersLayout) {
  const Bytes bytes = {0x34, 0x12, 0xff, 0xff, 0x00, 0x80, 0x80, 0xaa, 0x04, 0x00, 0x00, 0x00};
  const auto r = parse_accel_dump(bytes, "f");
  EXPECT_EQ(r.x, 0x1234);
  EXPECT_EQ(r.y, -1);
  EXPECT_EQ(r.z, -32768);
  EXPECT_EQ(r.tilt, -128);
  EXPECT_EQ(r.status, 4);
  EXPECT_THAT(values<double>(accel_array(r)), ::testing::ElementsAre(4660, -1, -32768, -128));
}

TEST(AccelDump, RoundTrip) {
  std::mt19937 rng(5);
  for (int i = 0; i < 200; ++i) {
    Bytes bytes(12);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(rng());
    bytes[7] = 0;  // padding
    const auto again = accel_dump_bytes(parse_accel_dump(bytes, "f"));
    EXPECT_EQ(Bytes(again.begin(), again.end()), bytes);
  }
}

TEST(AccelDump, MustBeTwelveBytes) {
  expect_every_prefix_refused(Bytes(12), [](auto bytes) { parse_accel_dump(bytes, "f"); });
  EXPECT_EQ(failure_of([] { parse_accel_dump(Bytes(13), "f"); }).reason, FailureReason::kUnreadable);
  EXPECT_EQ(failure_of([] { parse_accel_dump({}, "a.dump"); }).text,
            "a.dump: is cut short: 0 bytes of data, its header promises 12");
}

}  // namespace
}  // namespace depthmill::io
