#include "stages/io/h5_file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "stages/io/h5_handle.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kRow = H5Layout::kRowMajor;

TEST(H5File, EveryTypeSurvivesARoundTrip) {
  test::ScratchFolder scratch;
  for (int e = 0; e <= static_cast<int>(Element::kF64); ++e) {
    Array a{{3, 4}, static_cast<Element>(e), {}};
    a.bytes.resize(12 * element_size(a.element));
    for (std::size_t i = 0; i < a.bytes.size(); ++i) a.bytes[i] = static_cast<std::uint8_t>(i * 29 + 7);
    const auto file = scratch / ("a" + std::to_string(e) + ".h5");
    write_h5(file, "group/depth", a);
    const auto there = list_h5(file, kRow);
    ASSERT_EQ(there.size(), 1u);
    EXPECT_EQ(there[0].name, "group/depth");
    EXPECT_THAT(there[0].shape, ElementsAre(3u, 4u));
    const auto b = read_h5(file, "group/depth", kRow);
    EXPECT_EQ(b.describe(), a.describe());
    EXPECT_EQ(b.bytes, a.bytes);
  }
}

TEST(H5File, MatlabLayoutIsTurned) {
  test::ScratchFolder scratch;
  const Array a{{3, 2}, Element::kU8, {1, 2, 3, 4, 5, 6}};  // what MATLAB stores for [1 3 5; 2 4 6]
  write_h5(scratch / "a.h5", "x", a);
  EXPECT_THAT(list_h5(scratch / "a.h5", H5Layout::kMatlab)[0].shape, ElementsAre(2u, 3u));
  const auto b = read_h5(scratch / "a.h5", "x", H5Layout::kMatlab);
  EXPECT_THAT(b.shape, ElementsAre(2u, 3u));
  EXPECT_THAT(b.bytes, ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(H5File, EqualDataGiveEqualBytes) {
  test::ScratchFolder scratch;
  const auto a = to_array(random_mat(8, 9, CV_64FC1, 3, 0, 10));
  write_h5(scratch / "a.h5", "depth", a);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // object headers would hold whole seconds
  write_h5(scratch / "b.h5", "depth", a);
  EXPECT_EQ(file_bytes(scratch / "a.h5"), file_bytes(scratch / "b.h5"));
}

// 40 MB, more than one step by which a file on the disk grows.
TEST(H5File, OneThatIsBuiltOnTheDiskHasTheSameBytes) {
  const test::ScratchFolder folder;
  std::vector<double> values(5'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * i % 9973);
  const auto fill = [&](hid_t out) {
    const hsize_t count = values.size();
    const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    const H5Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
    const H5Handle set(H5Dcreate2(out, "values", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                       H5Dclose);
    return set.ok() && H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0;
  };
  const std::string block(512, 'b');
  write_h5_whole(folder / "memory.h5", fill, block);
  write_large_h5_whole(folder / "disk.h5", fill, block);
  EXPECT_TRUE(test::file_text(folder / "memory.h5") == test::file_text(folder / "disk.h5"));
  EXPECT_THROW(write_large_h5_whole(folder / "no.h5", [](hid_t) { return false; }), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder / "no.h5"));
}

TEST(H5File, ErrorsNameTheFileAndWhatIsThere) {
  test::ScratchFolder scratch;
  const auto file = scratch / "a.h5";
  write_h5(file, "depth", to_array(random_mat(20, 20, CV_64FC1, 3, 0, 10)));
  const auto wrong = failure_of([&] { read_h5(file, "dept", kRow); });
  EXPECT_EQ(wrong.reason, FailureReason::kUnreadable);
  EXPECT_THAT(wrong.text,
              HasSubstr("a.h5: has no data set 'dept' (there are: depth); did you mean 'depth'?"));
  EXPECT_EQ(failure_of([&] { read_h5(scratch / "no.h5", "x", kRow); }).reason, FailureReason::kMissingFile);
  put_bytes(scratch / "text.h5", bytes_of("words"));
  EXPECT_EQ(failure_of([&] { read_h5(scratch / "text.h5", "x", kRow); }).reason, FailureReason::kUnreadable);
  put_bytes(scratch / "empty.h5", {});
  EXPECT_EQ(failure_of([&] { read_h5(scratch / "empty.h5", "x", kRow); }).reason, FailureReason::kTruncated);
  // Prefixes of a file on disk: the library must refuse every one.
  const auto good = file_bytes(file);
  for (std::size_t n = 1; n < good.size(); n += 131) {
    put_bytes(scratch / "cut.h5", std::span(good.data(), n));
    EXPECT_NE(failure_of([&] { read_h5(scratch / "cut.h5", "depth", kRow); }).reason, FailureReason::kNone)
        << n;
  }
}

// Small files that promise 2^28 samples, or another file's bytes: refused before memory is taken for them.
TEST(H5File, PromisesAreHeldAgainstTheFile) {
  const MaxPixels many(kMaxElements);
  const auto reason_of = [](const char* name) {
    const auto file = std::filesystem::path(test::kTestData) / "damaged" / name;
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
    const auto there = list_h5(file, kRow);
    EXPECT_EQ(there.size(), 1u) << name;
    return there.empty() ? Failure{} : failure_of([&] { read_h5(file, there[0].name, kRow); });
  };
  EXPECT_THAT(reason_of("sparse.h5").text, HasSubstr("promises far more data than the file holds"));
  EXPECT_THAT(reason_of("bomb.h5").text, HasSubstr("promises far more data than the file holds"));
  EXPECT_THAT(reason_of("extraw.h5").text, HasSubstr("keeps its data in another file"));
}

// Damaged inside, so that the HDF5 library leaves its own memory.
TEST(H5File, DamageInsideCostsOneSentence) {
  const auto file = std::filesystem::path(test::kTestData) / "damaged" / "h5z_2.h5";
  ASSERT_TRUE(std::filesystem::exists(file));
  const auto failure = failure_of([&] { read_h5(file, "depth", kRow); });
  EXPECT_EQ(failure.reason, FailureReason::kUnreadable);
  EXPECT_THAT(failure.text, HasSubstr("h5z_2.h5"));
}

TEST(H5File, ThreadsMayReadAndWriteAtOnce) {
  test::ScratchFolder scratch;
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto a = to_array(random_mat(16, 16, CV_32FC1, static_cast<unsigned>(t + 1), 0, 10));
      const auto file = scratch / ("t" + std::to_string(t) + ".h5");
      for (int i = 0; i < 20; ++i) {
        write_h5(file, "depth", a);
        good[static_cast<std::size_t>(t)] += read_h5(file, "depth", kRow).bytes == a.bytes;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(good, ElementsAre(20, 20, 20, 20));
}

}  // namespace
}  // namespace depthmill::io
