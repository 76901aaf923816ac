#include "stages/io/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <stdexcept>

#include "stages/io/inflate.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

// What zlib, a reader that is not ours, makes of a whole stream.
Bytes by_zlib(const Bytes& packed, std::size_t size) {
  Bytes out(size);
  uLongf n = size;
  EXPECT_EQ(uncompress(out.data(), &n, packed.data(), packed.size()), Z_OK);
  EXPECT_EQ(n, size);
  return out;
}

void expect_round_trip(const Bytes& bytes) {
  const Bytes packed = deflated_runs(bytes.data(), bytes.size());
  EXPECT_TRUE(by_zlib(packed, bytes.size()) == bytes) << bytes.size() << " bytes";
  Bytes ours(bytes.size());
  EXPECT_TRUE(inflate_zlib(packed, ours) && ours == bytes) << bytes.size() << " bytes";
}

Bytes noise(std::size_t size, unsigned values, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random() % values);
  return bytes;
}

TEST(DeflatedRuns, AreUnpackedWhateverTheirLength) {
  for (const std::size_t size : {1u, 2u, 7u, 8u, 9u, 16u, 257u, 258u, 259u, 1000u})
    for (const unsigned values : {1u, 2u, 256u}) expect_round_trip(noise(size, values, 1));
}

TEST(DeflatedRuns, RunsOfEveryLengthAreFound) {
  Bytes bytes;
  for (std::size_t length = 1; length < 600; ++length)
    bytes.insert(bytes.end(), length, static_cast<std::uint8_t>(length * 7));
  expect_round_trip(bytes);
  EXPECT_LT(deflated_runs(bytes.data(), bytes.size()).size(), bytes.size() / 20);
}

TEST(DeflatedRuns, BlocksMayEndInRunsAndInNoise) {
  constexpr std::size_t kBlock = std::size_t{1} << 17;
  for (const std::size_t size : {kBlock - 1, kBlock, kBlock + 1, kBlock + 7, 2 * kBlock, 3 * kBlock + 100}) {
    expect_round_trip(Bytes(size, 5));
    expect_round_trip(noise(size, 256, 2));
    expect_round_trip(noise(size, 3, 3));
  }
}

TEST(DeflatedRuns, WhatCannotBePackedGrowsByLittle) {
  const Bytes bytes = noise(1'000'000, 256, 4);
  EXPECT_LT(deflated_runs(bytes.data(), bytes.size()).size(), bytes.size() + bytes.size() / 200);
}

// Counts that double from byte to byte would give the rarest a code as long as there are bytes.
TEST(DeflatedRuns, CodesStayShortHoweverRareAByteIs) {
  Bytes bytes;
  for (unsigned value = 0; value < 17; ++value)
    for (std::size_t k = 0; k < (std::size_t{1} << (16 - value)); ++k)
      bytes.push_back(static_cast<std::uint8_t>(value));
  std::shuffle(bytes.begin(), bytes.end(), std::mt19937(5));
  expect_round_trip(bytes);
}

TEST(DeflatedRuns, RoomIsLeftBefore) {
  const Bytes bytes = noise(5000, 40, 6), packed = deflated_runs(bytes.data(), bytes.size());
  const Bytes behind = deflated_runs(bytes.data(), bytes.size(), 31);
  ASSERT_EQ(behind.size(), packed.size() + 31);
  EXPECT_TRUE(std::equal(packed.begin(), packed.end(), behind.begin() + 31));
}

// Pinned, so that a processor or a compiler that packs otherwise is noticed.
TEST(DeflatedRuns, BytesAreAlwaysTheSame) {
  Bytes bytes = noise(300'000, 60, 7);
  bytes.insert(bytes.end(), 1000, 3);
  const Bytes packed = deflated_runs(bytes.data(), bytes.size());
  EXPECT_EQ(packed.size(), 223458u);
  EXPECT_EQ(crc32(0, packed.data(), static_cast<uInt>(packed.size())), 1401419830u);
}

TEST(DeflatedRuns, NothingIsRefused) { EXPECT_THROW(deflated_runs(nullptr, 0), std::invalid_argument); }

}  // namespace
}  // namespace depthmill::io
