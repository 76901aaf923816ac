// What our reader makes of HDF5 files against what the HDF5 library makes of them: every kind of layout,
// index, number and group that the library writes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "stages/io/h5_file.h"
#include "stages/io/h5_handle.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

constexpr auto kPeerLayout = H5Layout::kRowMajor;
using Dims = std::vector<hsize_t>;

struct Storage {
  Dims chunk = {}, most = {};  // empty: contiguous; cannot grow
  bool deflate = false, shuffle = false, fletcher = false, compact = false, early = false;
  double fill = 0;
};

H5Handle create_file(const std::filesystem::path& path, H5F_libver_t version, hsize_t user_block = 0) {
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), create(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_libver_bounds(access, version, H5F_LIBVER_LATEST);
  H5Pset_userblock(create, user_block);
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, create, access), H5Fclose};
}

H5Handle create_set(hid_t file, const char* name, hid_t type, const Dims& dims, const Storage& storage) {
  const H5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const int rank = static_cast<int>(dims.size());
  if (!storage.chunk.empty()) H5Pset_chunk(create, rank, storage.chunk.data());
  if (storage.compact) H5Pset_layout(create, H5D_COMPACT);
  if (storage.early) H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY);
  if (storage.shuffle) H5Pset_shuffle(create);
  if (storage.deflate) H5Pset_deflate(create, 4);
  if (storage.fletcher) H5Pset_fletcher32(create);
  H5Pset_fill_value(create, H5T_NATIVE_DOUBLE, &storage.fill);
  const H5Handle space(
      H5Screate_simple(rank, dims.data(), storage.most.empty() ? nullptr : storage.most.data()), H5Sclose);
  return {H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT), H5Dclose};
}

void write_ramp(hid_t set, const Dims& dims) {
  std::vector<double> values(std::accumulate(dims.begin(), dims.end(), hsize_t{1}, std::multiplies<>()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>((i * 37) % 101);
  ASSERT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

// The library's numbers as doubles, and ours.
std::vector<double> by_library(const std::filesystem::path& path, const std::string& name) {
  const H5Session session;
  const H5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const H5Handle set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  const H5Handle space(H5Dget_space(set), H5Sclose);
  std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

template <class T>
void append(const Array& a, std::vector<double>& to) {
  for (const T v : values<T>(a)) to.push_back(static_cast<double>(v));
}

std::vector<double> by_us(const std::filesystem::path& path, const std::string& name) {
  const Array a = read_h5(path, name, kPeerLayout);
  std::vector<double> all;
  switch (a.element) {
    case Element::kU8:
      append<std::uint8_t>(a, all);
      break;
    case Element::kI8:
      append<std::int8_t>(a, all);
      break;
    case Element::kU16:
      append<std::uint16_t>(a, all);
      break;
    case Element::kI16:
      append<std::int16_t>(a, all);
      break;
    case Element::kU32:
      append<std::uint32_t>(a, all);
      break;
    case Element::kI32:
      append<std::int32_t>(a, all);
      break;
    case Element::kU64:
      append<std::uint64_t>(a, all);
      break;
    case Element::kI64:
      append<std::int64_t>(a, all);
      break;
    case Element::kF32:
      append<float>(a, all);
      break;
    case Element::kF64:
      append<double>(a, all);
      break;
  }
  return all;
}

// The oldest and the newest structures that the library writes.
class H5Peer : public ::testing::TestWithParam<H5F_libver_t> {
 protected:
  void compare(const std::string& name) const {
    const auto ours = by_us(file_, name);
    EXPECT_FALSE(ours.empty());
    EXPECT_EQ(ours, by_library(file_, name)) << name;
  }
  test::ScratchFolder scratch_;
  const std::filesystem::path file_ = scratch_ / "peer.h5";
};

TEST_P(H5Peer, EveryLayoutAndIndexHoldsTheSameNumbers) {
  constexpr hsize_t kMany = H5S_UNLIMITED;
  const std::vector<std::pair<const char*, Storage>> storages{
      {"contiguous", {}},
      {"compact", {.compact = true}},
      {"one chunk", {.chunk = {13, 9}}},
      {"one packed chunk", {.chunk = {13, 9}, .deflate = true}},
      {"fixed", {.chunk = {4, 5}}},
      {"in a row", {.chunk = {4, 5}, .early = true}},
      {"may grow a little", {.chunk = {4, 2}, .most = {29, 31}}},
      {"grows down", {.chunk = {1, 4}, .most = {kMany, 9}}},
      {"grows right", {.chunk = {2, 1}, .most = {40, kMany}, .deflate = true, .shuffle = true}},
      {"grows both ways", {.chunk = {1, 2}, .most = {kMany, kMany}}},
      {"grows both ways, packed",
       {.chunk = {2, 2}, .most = {kMany, kMany}, .deflate = true, .fletcher = true}},
      {"larger chunk", {.chunk = {32, 64}, .most = {kMany, kMany}, .deflate = true}},
      {"all filters", {.chunk = {5, 5}, .deflate = true, .shuffle = true, .fletcher = true}},
      {"odd checksum", {.chunk = {3, 3}, .fletcher = true}},
  };
  const Dims dims{13, 9};
  {
    const H5Session session;
    const H5Handle file = create_file(file_, GetParam());
    for (const auto& [name, storage] : storages)
      for (const auto& [suffix, type] : {std::pair("_b", H5T_STD_U8LE), std::pair("_f", H5T_IEEE_F32BE)})
        write_ramp(create_set(file, (std::string(name) + suffix).c_str(), type, dims, storage), dims);
  }
  for (const auto& [name, storage] : storages)
    for (const char* suffix : {"_b", "_f"}) compare(std::string(name) + suffix);
}

// Trees of several levels, arrays of many blocks and pages, and what was never written in them.
TEST_P(H5Peer, LongIndicesAndHoles) {
  const struct {
    const char* name;
    hsize_t length;
    Storage storage;
  } sets[] = {
      {"fixed", 14000, {.chunk = {1}, .fill = 7}},
      {"grows",
       134000,
       {.chunk = {1}, .most = {H5S_UNLIMITED}, .fill = 7}},  // its blocks have pages from 131,000 on
      {"grows, packed", 14000, {.chunk = {2}, .most = {H5S_UNLIMITED}, .deflate = true, .fill = 7}},
  };
  {
    const H5Session session;
    const H5Handle file = create_file(file_, GetParam());
    for (const auto& [name, length, storage] : sets) {
      const H5Handle set = create_set(file, name, H5T_STD_U16LE, {length}, storage);
      const H5Handle space(H5Dget_space(set), H5Sclose);
      std::vector<std::uint16_t> some(900);
      std::iota(some.begin(), some.end(), std::uint16_t{1000});
      for (const hsize_t start : {3, 1500, 12000, 131500}) {
        const hsize_t count = some.size();
        if (start > length) continue;
        const H5Handle block(H5Screate_simple(1, &count, nullptr), H5Sclose);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
        ASSERT_GE(H5Dwrite(set, H5T_NATIVE_UINT16, block, space, H5P_DEFAULT, some.data()), 0);
      }
    }
    const H5Handle set = create_set(file, "tree", H5T_STD_U8LE, {70, 60},
                                    {.chunk = {1, 1}, .most = {H5S_UNLIMITED, H5S_UNLIMITED}});
    write_ramp(set, {70, 60});
    const hsize_t smaller[] = {61, 40};
    H5Dset_extent(set, smaller);
  }
  for (const char* name : {"fixed", "grows", "grows, packed", "tree"}) compare(name);
}

TEST_P(H5Peer, EveryKindOfNumber) {
  const hid_t types[] = {H5T_STD_I8LE,   H5T_STD_U8BE,   H5T_STD_I16LE, H5T_STD_U16BE,
                         H5T_STD_I32BE,  H5T_STD_U32LE,  H5T_STD_I64LE, H5T_STD_U64BE,
                         H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_IEEE_F64LE};
  int n = 0;
  {
    const H5Session session;
    const H5Handle file = create_file(file_, GetParam(), 2048);
    for (const hid_t type : types)
      write_ramp(create_set(file, std::to_string(n++).c_str(), type, {4, 5}, {}), {4, 5});
    // NumPy's float16, and a camera's 12 bits inside 16.
    const H5Handle half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose), twelve(H5Tcopy(H5T_STD_I16LE), H5Tclose);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    H5Tset_precision(twelve, 12);
    H5Tset_offset(twelve, 3);
    write_ramp(create_set(file, std::to_string(n++).c_str(), half, {4, 5}, {}), {4, 5});
    const H5Handle set = create_set(file, std::to_string(n++).c_str(), twelve, {3}, {});
    const std::int16_t values[] = {-2048, -1, 2047};
    H5Dwrite(set, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Tcommit2(file, "a type", half, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    write_ramp(create_set(file, "of a named type", half, {4, 5}, {}), {4, 5});
  }
  for (int i = 0; i < n; ++i) compare(std::to_string(i));
  compare("of a named type");
}

// Values that the ramp does not hold, against their bit patterns in IEEE 754.
TEST_P(H5Peer, HalfPrecisionToItsEnds) {
  const std::uint16_t bits[] = {0x0001, 0x03FF, 0x0400, 0x3C00, 0x7BFF, 0xFC00, 0x8000, 0x7E00};
  {
    const H5Session session;
    const H5Handle file = create_file(file_, GetParam());
    const H5Handle half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    const H5Handle set = create_set(file, "half", half, {8}, {});
    H5Dwrite(set, half, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits);
  }
  const auto v = values<float>(read_h5(file_, "half", kPeerLayout));
  ASSERT_EQ(v.size(), 8u);
  EXPECT_EQ(v[0], 0x1p-24F);
  EXPECT_EQ(v[1], 1023 * 0x1p-24F);
  EXPECT_EQ(v[2], 0x1p-14F);
  EXPECT_EQ(v[3], 1.0F);
  EXPECT_EQ(v[4], 65504.0F);
  EXPECT_EQ(v[5], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(v[6] == 0 && std::signbit(v[6]));
  EXPECT_TRUE(std::isnan(v[7]));
}

TEST_P(H5Peer, GroupsOfFewAndManyAreListedInOrderEachObjectOnce) {
  std::vector<std::string> expected;
  {
    const H5Session session;
    const H5Handle file = create_file(file_, GetParam());
    const H5Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(link, 1);
    const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    for (int i = 0; i < 400; ++i) {
      std::string name = (i % 3 == 0   ? "few/of/"
                          : i % 3 == 1 ? "many/"
                                       : "") +
                         std::string("set ") + std::to_string(i);
      const H5Handle set(H5Dcreate2(file, name.c_str(), H5T_STD_U16LE, space, link, H5P_DEFAULT, H5P_DEFAULT),
                         H5Dclose);
      const int value = i;
      ASSERT_GE(H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), 0);
      expected.push_back(name);
    }
    H5Lcreate_soft("/many", file, "another name", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/many", file, "zz", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", file, "many/in a circle", H5P_DEFAULT, H5P_DEFAULT);
  }
  std::sort(expected.begin(), expected.end());
  std::vector<std::string> found;
  for (const auto& info : list_h5(file_, kPeerLayout)) found.push_back(info.name);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(by_us(file_, "many/set 130"), std::vector<double>{130});
  EXPECT_EQ(by_us(file_, "zz/set 130"), std::vector<double>{130});
  EXPECT_EQ(by_us(file_, "/set 2"), std::vector<double>{2});
}

// A chunk as a filter left it, put into the file as it is.
void write_packed(const std::filesystem::path& path, H5Z_filter_t filter, const Bytes& packed) {
  const H5Session session;
  const H5Handle file = create_file(path, H5F_LIBVER_EARLIEST);
  const H5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const hsize_t dims[] = {3, 4}, start[] = {0, 0};
  H5Pset_chunk(create, 2, dims);
  H5Pset_filter(create, filter, H5Z_FLAG_OPTIONAL, 0, nullptr);
  const H5Handle space(H5Screate_simple(2, dims, nullptr), H5Sclose);
  const H5Handle set(H5Dcreate2(file, "depth", H5T_STD_U8LE, space, H5P_DEFAULT, create, H5P_DEFAULT),
                     H5Dclose);
  ASSERT_GE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, start, packed.size(), packed.data()), 0);
}

TEST(H5Filters, LzfIsUnpackedAndOthersAreNamed) {
  test::ScratchFolder scratch;
  // Two literals, then six bytes from two back (which are being written meanwhile), then four literals.
  write_packed(scratch / "lzf.h5", 32000, {1, 5, 6, 4 << 5, 1, 3, 1, 2, 3, 4});
  EXPECT_EQ(read_h5(scratch / "lzf.h5", "depth", kPeerLayout).bytes,
            (Bytes{5, 6, 5, 6, 5, 6, 5, 6, 1, 2, 3, 4}));
  for (const Bytes& damaged :
       {Bytes{1, 5, 6, 4 << 5, 1, 3, 1, 2, 3}, Bytes{1, 5, 6, 4 << 5, 2, 3, 1, 2, 3, 4},
        Bytes{1, 5, 6, 4 << 5, 1, 4, 1, 2, 3, 4, 5}, Bytes{1, 5, 6, 4 << 5}}) {
    write_packed(scratch / "lzf.h5", 32000, damaged);
    EXPECT_THAT(failure_of([&] { read_h5(scratch / "lzf.h5", "depth", kPeerLayout); }).text,
                HasSubstr("lzf.h5:depth: is damaged: a chunk cannot be unpacked"));
  }
  write_packed(scratch / "zstd.h5", 32015, {1, 2, 3});
  EXPECT_THAT(failure_of([&] { read_h5(scratch / "zstd.h5", "depth", kPeerLayout); }).text,
              HasSubstr("zstd.h5:depth: is packed with the filter 'zstd' (32015), which is not read here"));
}

// What was written with a checksum is never read with another bit. (The oldest structures have none.)
TEST(H5Damage, NewStructuresTellEveryBitThatChanged) {
  test::ScratchFolder scratch;
  const auto path = scratch / "new.h5";
  const Dims dims{12, 10};
  {
    const H5Session session;
    const H5Handle file = create_file(path, H5F_LIBVER_LATEST);
    write_ramp(
        create_set(file, "depth", H5T_STD_U16LE, dims, {.chunk = {4, 5}, .deflate = true, .fletcher = true}),
        dims);
  }
  const Bytes good = file_bytes(path);
  const Array expected = read_h5(path, "depth", kPeerLayout);
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 29) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    put_bytes(path, bad);
    try {
      EXPECT_EQ(read_h5(path, "depth", kPeerLayout).bytes, expected.bytes) << "bit " << bit;
    } catch (const FrameError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 8 * good.size() / 29 / 4);  // the rest hits bytes that nothing uses
}

TEST(H5Damage, AFileThatIsStillWrittenSaysSo) {
  test::ScratchFolder scratch;
  const H5Session session;
  const H5Handle file = create_file(scratch / "open.h5", H5F_LIBVER_LATEST);
  write_ramp(create_set(file, "depth", H5T_STD_U8LE, {3, 4}, {}), {3, 4});
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  EXPECT_THAT(failure_of([&] { read_h5(scratch / "open.h5", "depth", kPeerLayout); }).text,
              HasSubstr("open.h5: is being written by a program, or was never closed by it"));
}

INSTANTIATE_TEST_SUITE_P(, H5Peer, ::testing::Values(H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5F_LIBVER_LATEST),
                         [](const auto& tested) {
                           return tested.param == H5F_LIBVER_EARLIEST ? "Earliest"
                                  : tested.param == H5F_LIBVER_LATEST ? "Latest"
                                                                      : "V18";
                         });

}  // namespace
}  // namespace depthmill::io
