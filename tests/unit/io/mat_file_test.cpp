#include "stages/io/mat_file.h"

#include <gmock/gmock.h>

#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MatFile, EveryTypeSurvivesARoundTrip) {
  test::ScratchFolder scratch;
  for (int e = 0; e <= static_cast<int>(Element::kF64); ++e) {
    Array a{{3, 4, 2}, static_cast<Element>(e), {}};
    a.bytes.resize(24 * element_size(a.element));
    for (std::size_t i = 0; i < a.bytes.size(); ++i) a.bytes[i] = static_cast<std::uint8_t>(i * 29 + 7);
    const auto file = scratch / ("a" + std::to_string(e) + ".mat");
    write_mat(file, {{"depth", a}});
    const auto there = list_mat(file);
    ASSERT_EQ(there.size(), 1u);
    EXPECT_EQ(there[0].name, "depth");
    EXPECT_THAT(there[0].shape, ElementsAre(3u, 4u, 2u));
    const auto b = read_mat(file, "depth");
    EXPECT_EQ(b.describe(), a.describe());
    EXPECT_EQ(b.bytes, a.bytes);
  }
}

TEST(MatFile, DataLieColumnMajorAndNoDateIsWritten) {
  test::ScratchFolder scratch;
  write_mat(scratch / "a.mat", {{"x", {{2, 3}, Element::kU8, {1, 2, 3, 4, 5, 6}}}});
  const auto bytes = file_bytes(scratch / "a.mat");
  ASSERT_GT(bytes.size(), 136u);
  EXPECT_EQ(Bytes(bytes.end() - 8, bytes.end() - 2), (Bytes{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 41), "MATLAB 5.0 MAT-file, written by depthmill");
}

TEST(MatFile, HoldsSeveralVariables) {
  test::ScratchFolder scratch;
  write_mat(scratch / "a.mat",
            {{"one", {{2, 1}, Element::kU16, {1, 0, 2, 0}}}, {"two", {{1, 1}, Element::kU8, {7}}}});
  EXPECT_EQ(list_mat(scratch / "a.mat").size(), 2u);
  EXPECT_THAT(read_mat(scratch / "a.mat", "one").bytes, ElementsAre(1, 0, 2, 0));
  EXPECT_THAT(read_mat(scratch / "a.mat", "two").bytes, ElementsAre(7));
}

TEST(MatFile, ReadsWhatMatlabAndOctaveWrote) {
  DEPTHMILL_GOLDEN(file, "toolbox/camera_params.mat");
  EXPECT_FALSE(list_mat(file).empty());
}

TEST(MatFile, ReadsVersion73ThroughHdf5) {
  // A v7.3 file is an HDF5 file behind a 512-byte user block that begins with MATLAB's header.
  test::ScratchFolder scratch;
  write_h5(scratch / "a.h5", "depth", {{3, 2}, Element::kU8, {1, 2, 3, 4, 5, 6}});
  std::string header = "MATLAB 7.3 MAT-file";
  header.resize(124, ' ');
  header += std::string("\0\2IM", 4);
  auto bytes = bytes_of(header);
  bytes.resize(512);
  const auto body = file_bytes(scratch / "a.h5");
  bytes.insert(bytes.end(), body.begin(), body.end());
  put_bytes(scratch / "a.mat", bytes);
  EXPECT_THAT(list_mat(scratch / "a.mat")[0].shape, ElementsAre(2u, 3u));
  EXPECT_THAT(read_mat(scratch / "a.mat", "depth").bytes, ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(MatFile, ErrorsNameTheFileAndWhatIsThere) {
  test::ScratchFolder scratch;
  const auto file = scratch / "a.mat";
  write_mat(file, {{"depths", to_array(random_mat(12, 10, CV_64FC1, 3, 0, 10))}});
  EXPECT_THAT(failure_of([&] { read_mat(file, "depth"); }).text,
              HasSubstr("a.mat: has no variable 'depth' (there are: depths); did you mean 'depths'?"));
  EXPECT_EQ(failure_of([&] { read_mat(scratch / "no.mat", "x"); }).reason, FailureReason::kMissingFile);
  put_bytes(scratch / "text.mat", Bytes(200, 'x'));
  EXPECT_THAT(failure_of([&] { read_mat(scratch / "text.mat", "x"); }).text,
              HasSubstr("text.mat: is neither a MATLAB v5 nor a v7.3 file"));
  const auto good = file_bytes(file);
  for (std::size_t n = 0; n < good.size(); n += n < 200 ? 7 : 53) {
    if (n == 128) continue;
    put_bytes(scratch / "cut.mat", std::span(good.data(), n));
    EXPECT_NE(failure_of([&] { read_mat(scratch / "cut.mat", "depths"); }).reason, FailureReason::kNone) << n;
  }
}

// Elements whose data are not what their dimensions say; MATIO reads numbers from all of them.
TEST(MatFile, NumbersMustBeAsManyAsTheDimensionsSay) {
  test::ScratchFolder scratch;
  write_mat(scratch / "good.mat", {{"d", to_array(random_mat(3, 4, CV_64FC1, 3, 0, 10))}});
  const Bytes good = file_bytes(scratch / "good.mat");
  // Header 128, the variable's tag 8, flags 16, dimensions 16, name 8: then the tag of the data.
  constexpr std::size_t kTag = 128 + 8 + 16 + 16 + 8;
  ASSERT_EQ(good.size(), kTag + 8 + 12 * 8);
  ASSERT_EQ(good[kTag], 9);  // miDOUBLE
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes bytes = good;
    bytes[at] = value;
    put_bytes(scratch / "bad.mat", bytes);
    return failure_of([&] { read_mat(scratch / "bad.mat", "d"); });
  };
  EXPECT_EQ(with(kTag, 9).reason, FailureReason::kNone);
  EXPECT_EQ(with(kTag, 99).reason, FailureReason::kUnreadable) << "a type that there is not";
  EXPECT_EQ(with(kTag, 16).reason, FailureReason::kUnreadable) << "text";
  EXPECT_EQ(with(kTag, 7).reason, FailureReason::kUnreadable) << "24 singles for 12 cells";
  EXPECT_EQ(with(kTag + 4, 88).reason, FailureReason::kTruncated) << "11 of 12 numbers";
  EXPECT_EQ(with(kTag + 4, 95).reason, FailureReason::kTruncated) << "the last one cut";
  EXPECT_EQ(with(128 + 8 + 16 + 8, 5).reason, FailureReason::kTruncated) << "5 x 4 by its dimensions";
  EXPECT_EQ(with(128 + 8 + 16 + 8, 2).reason, FailureReason::kUnreadable) << "2 x 4 by its dimensions";
  EXPECT_EQ(with(128 + 8 + 16 + 11, 0x70).reason, FailureReason::kUnreadable) << "billions of rows";
  EXPECT_EQ(with(kTag - 8 + 2, 200).reason, FailureReason::kUnreadable) << "a name of 200 bytes in four";
  // MATLAB stores whole numbers in the smallest type that holds them.
  write_mat(scratch / "bytes.mat", {{"d", {{3, 1}, Element::kU8, {1, 2, 3}}}});
  Bytes narrow = file_bytes(scratch / "bytes.mat");
  narrow[128 + 8 + 8] = 6;  // class double, data of bytes
  put_bytes(scratch / "bytes.mat", narrow);
  EXPECT_EQ(read_mat(scratch / "bytes.mat", "d").describe(), "float64 3x1");
}

// A packed variable of 229 bytes that says it holds 2^28 samples, and one whose packed bytes were changed.
TEST(MatFile, PackedVariablesAreHeldAgainstTheirPromise) {
  const auto folder = std::filesystem::path(test::kTestData) / "damaged";
  ASSERT_TRUE(std::filesystem::exists(folder / "zdim28.mat"));
  const MaxPixels many(kMaxElements);
  const auto failure = failure_of([&] { read_mat(folder / "zdim28.mat", "raw_depth"); });
  EXPECT_EQ(failure.reason, FailureReason::kTruncated);
  EXPECT_THAT(failure.text,
              HasSubstr("zdim28.mat:raw_depth: is damaged: it has fewer numbers than its size says"));
}

// What SciPy wrote: packed, in both byte orders, whole numbers in small types, and variables that are no
// planes.
TEST(MatFile, ReadsWhatSciPyWrote) {
  const auto folder = std::filesystem::path(test::kTestData) / "mat";
  const auto expected = [](std::size_t i) { return static_cast<double>((i * 37) % 101); };
  for (const char* name : {"packed.mat", "plain.mat", "big_endian.mat"}) {
    const auto there = list_mat(folder / name);
    ASSERT_GE(there.size(), 2u) << name;
    EXPECT_EQ(there[0].name, "depth");
    EXPECT_THAT(there[0].shape, ElementsAre(6u, 8u));
    EXPECT_EQ(there[1].name, "u");
    const auto depth = values<double>(read_mat(folder / name, "depth"));
    const auto u = values<std::uint16_t>(read_mat(folder / name, "u"));
    ASSERT_EQ(depth.size(), 48u);
    for (std::size_t i = 0; i < depth.size(); ++i) {
      EXPECT_EQ(depth[i], expected(i) / 8) << name << " " << i;
      EXPECT_EQ(u[i], expected(i)) << name << " " << i;
    }
    for (const char* other : {"text", "complex", "sparse"})
      EXPECT_THAT(failure_of([&] { read_mat(folder / name, other); }).text,
                  HasSubstr("does not hold plain real numbers"))
          << name << " " << other;
    for (const char* other : {"cell", "structure"})
      EXPECT_THAT(failure_of([&] { read_mat(folder / name, other); }).text,
                  HasSubstr("has no variable '" + std::string(other) + "' (there are: depth, u"))
          << name << " " << other;
  }
  test::ScratchFolder scratch;
  const Bytes packed = file_bytes(folder / "packed.mat");
  std::size_t refused = 0;
  for (std::size_t bit = 8 * 136; bit < 8 * 330; bit += 3) {
    Bytes bad = packed;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    put_bytes(scratch / "bad.mat", bad);
    try {
      const auto depth = values<double>(read_mat(scratch / "bad.mat", "depth"));
      for (std::size_t i = 0; i < depth.size(); ++i) ASSERT_EQ(depth[i], expected(i) / 8) << "bit " << bit;
    } catch (const FrameError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 200u);
}

// Written by scipy: structs in structs, an array of structs, cells, packed and plain; and the list of two maps
// that it makes a cell of single numbers of, map n + row + column / 8 in every place.
TEST(MatFile, ReadsInsideStructsAndCells) {
  const auto folder = std::filesystem::path(test::kTestData) / "mat";
  for (const char* name : {"nested_packed.mat", "nested_plain.mat"}) {
    std::vector<std::string> names;
    for (const DataSetInfo& info : list_mat(folder / name)) names.push_back(info.name);
    EXPECT_THAT(names, ElementsAre("a.b.depth", "a.list{1}", "a.list{2}", "a.small", "recs(1).m", "recs(1).n",
                                   "recs(2).m", "recs(2).n", "maps"));
    const auto first = [&](const char* variable) {
      return values<double>(read_mat(folder / name, variable));
    };
    const std::vector<double> depth = first("a.b.depth");  // 3 x 4, 1 to 12 row by row
    ASSERT_EQ(depth.size(), 12u);
    for (std::size_t i = 0; i < depth.size(); ++i) {
      EXPECT_EQ(depth[i], static_cast<double>(i + 1));
      EXPECT_EQ(first("a.list{2}")[i], 2.0 * static_cast<double>(i + 1));
      EXPECT_EQ(first("recs(2).m")[i], 3.0 * static_cast<double>(i + 1));
    }
    EXPECT_EQ(read_mat(folder / name, "a.small").describe(), "uint8 1x1");
    const Array maps = read_mat(folder / name, "maps");
    EXPECT_EQ(maps.describe(), "float64 3x4x2");
    const auto numbers = values<double>(maps);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t n = 0; n < 2; ++n)
          EXPECT_EQ(numbers[(i * 4 + j) * 2 + n], static_cast<double>(n + i) + static_cast<double>(j) / 8);
    EXPECT_THAT(failure_of([&] { read_mat(folder / name, "a.b.dept"); }).text,
                HasSubstr("did you mean 'a.b.depth'?"));
  }
}

TEST(MatFile, NestedElementsThatDoNotFitAreRefused) {
  test::ScratchFolder scratch;
  const Bytes good = file_bytes(std::filesystem::path(test::kTestData) / "mat" / "nested_plain.mat");
  std::size_t refused = 0;
  for (std::size_t at = 128; at < std::min<std::size_t>(good.size(), 1200); ++at)
    for (const int value : {0, 255, 14}) {
      Bytes bad = good;
      bad[at] = static_cast<std::uint8_t>(value);
      put_bytes(scratch / "bad.mat", bad);
      try {
        for (const DataSetInfo& info : list_mat(scratch / "bad.mat")) {
          const Array a = read_mat(scratch / "bad.mat", info.name);
          ASSERT_EQ(a.bytes.size(), a.count() * element_size(a.element)) << at;
        }
      } catch (const FrameError& e) {
        EXPECT_THAT(e.what(), HasSubstr("bad.mat"));
        ++refused;
      }
    }
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace depthmill::io
