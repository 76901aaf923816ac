// The reader of pickles, on pickles written out by hand; and checkpoints that lie.
#include "stages/networks/sd_convtrans/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "stages/io/zip_file.h"
#include "stages/networks/sd_convtrans/network.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

// One tensor of torch.save: 2 x 3 floats from the third item of a storage of `items`.
std::string tensor(int items, const std::string& strides = "K\x03K\x01\x86") {
  return "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"s +
         "0X\x03\0\0\0"s + "cpuK"s + static_cast<char>(items) + "tQK\x02K\x02K\x03\x86" + strides + "\x89N" +
         "tR";
}

std::string error_of(const std::string& pickle) {
  try {
    parse_pickle(pickle);
  } catch (const PickleError& e) {
    return e.what();
  }
  return "";
}

TEST(Pickle, PlainValues) {
  const auto root = parse_pickle(
      "\x80\x02}q\0("
      "X\x01\0\0\0nK\x05X\x01\0\0\0mJ\xfe\xff\xff\xffX\x01\0\0\0lM\x01\x02X\x01\0\0\0zNX\x01\0\0\0t\x88"
      "X\x01\0\0\0xG\xbf\xf8\0\0\0\0\0\0X\x01\0\0\0b\x8a\x02\x00\x80u."s);
  const auto& d = std::get<PickledDictionary>(root->data);
  ASSERT_EQ(d.size(), 7u);
  EXPECT_EQ(std::get<std::string>(d[0].first->data), "n");
  EXPECT_EQ(std::get<std::int64_t>(d[0].second->data), 5);
  EXPECT_EQ(std::get<std::int64_t>(d[1].second->data), -2);
  EXPECT_EQ(std::get<std::int64_t>(d[2].second->data), 513);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(d[3].second->data));
  EXPECT_TRUE(std::get<bool>(d[4].second->data));
  EXPECT_EQ(std::get<double>(d[5].second->data), -1.5);
  EXPECT_EQ(std::get<std::int64_t>(d[6].second->data), -32768);
}

TEST(Pickle, ListsAreFilledOneByOneOrInRuns) {
  const auto root = parse_pickle("\x80\x02]q\0K\x01"s + "a(K\x02K\x03"s + "e."s);
  const auto& list = std::get<PickledList>(root->data);
  ASSERT_EQ(list.size(), 3u);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(std::get<std::int64_t>(list[static_cast<std::size_t>(i)]->data), i + 1);
}

TEST(Pickle, ATensorIsAViewOfItsStorage) {
  const auto root = parse_pickle("\x80\x02" + tensor(8) + ".");
  const auto& t = std::get<StoredTensor>(root->data);
  EXPECT_EQ(t.record, "0");
  EXPECT_EQ(t.type, StorageType::kFloat);
  EXPECT_EQ(t.storage_items, 8);
  EXPECT_EQ(t.offset, 2);
  EXPECT_THAT(t.sizes, testing::ElementsAre(2, 3));
  EXPECT_THAT(t.strides, testing::ElementsAre(3, 1));
  EXPECT_EQ(t.reach(), 8);  // 2 + 1 * 3 + 2 * 1, and one
}

TEST(Pickle, ATensorStaysInsideItsStorage) {
  EXPECT_THAT(error_of("\x80\x02" + tensor(7) + "."), HasSubstr("beyond its storage"));
  EXPECT_THAT(error_of("\x80\x02" + tensor(8, "K\x04K\x01\x86") + "."), HasSubstr("beyond its storage"));
  EXPECT_THAT(error_of("\x80\x02" + tensor(8, "J\xff\xff\xff\xffK\x01\x86") + "."),
              HasSubstr("beyond its storage"));
  EXPECT_THAT(error_of("\x80\x02" + tensor(8, "K\x01\x85") + "."), HasSubstr("do not go together"));
}

TEST(Pickle, NothingOfTheFileIsRun) {
  EXPECT_THAT(error_of("\x80\x02"s + "cposix\nsystem\n(X\x02\0\0\0"s + "lstR."s),
              HasSubstr("'posix.system'"));
  EXPECT_THAT(error_of("\x80\x02"s + "c\x1b[2J\nx\n."s), HasSubstr("'?[2J.x'"));
}

TEST(Pickle, NothingHoldsItself) {
  EXPECT_THAT(error_of("\x80\x02]q\0h\0a."s), HasSubstr("holds itself"));
  EXPECT_THAT(error_of("\x80\x02}q\0(K\x01h\0u."s), HasSubstr("holds itself"));
  // Shared is not the same: the tuple (1,) stands twice.
  EXPECT_EQ(error_of("\x80\x02]q\0(K\x01\x85q\x01h\x01"s + "e."s), "");
}

TEST(Pickle, DoublingIsNotFollowed) {
  std::string pickle = "\x80\x02)q\0"s;
  for (int i = 0; i < 40; ++i) pickle += "h\0\x86q\0"s;  // (x, x) of what was there
  EXPECT_THAT(error_of(pickle + "."), HasSubstr("too many values"));
}

TEST(Pickle, DeepNestingIsRefused) {
  EXPECT_EQ(error_of("\x80\x02N" + std::string(kDeepestPickle, '\x85') + "."), "");
  EXPECT_THAT(error_of("\x80\x02N" + std::string(kDeepestPickle + 1, '\x85') + "."), HasSubstr("too deeply"));
  EXPECT_THAT(error_of("\x80\x02N" + std::string(3000000, '\x85') + "."), HasSubstr("too deeply"));
}

// Every beginning of a good pickle, and every operation on an empty stack, is an error and nothing else.
TEST(Pickle, WhatIsCutShortIsAnError) {
  const std::string whole = "\x80\x02}q\0(X\x05\0\0\0modelq\x01"s + tensor(8) + "u.";
  ASSERT_EQ(error_of(whole), "");
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_NE(error_of(whole.substr(0, n)), "") << n;
  for (int code = 0; code < 256; ++code)
    EXPECT_NE(error_of("\x80\x02"s + static_cast<char>(code)), "") << "operation " << code << " and no more";
}

std::string load_error(const std::filesystem::path& file) {
  try {
    load_network({.file = file, .device = "cpu"});
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

TEST(DamagedCheckpoint, IsOneSentence) {
  const auto folder = std::filesystem::path(test::kTestData) / "damaged";
  for (const char* name : {"op_build.pth", "op_persid.pth", "op_reduce.pth", "op_deeptuple.pth"}) {
    const std::string why = load_error(folder / name);
    EXPECT_THAT(why, testing::AllOf(HasSubstr(name), HasSubstr("cannot be read as a checkpoint")));
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
  }
  EXPECT_THAT(load_error(folder / "shortdata.pth"),
              testing::AllOf(HasSubstr("data/"), HasSubstr("too few for")));
}

// One bit of the file differs: an error, or the same weights. (A bit in the padding between records changes nothing.)
TEST(DamagedCheckpoint, NoBitChangesAWeightUnseen) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 1, folder / "net.pth");
  const std::string whole = test::file_text(folder / "net.pth");
  const networks::Tensor picture = networks::make_tensor({1, 3, 48, 64});
  std::fill_n(picture.data.get(), picture.size(), 0.5f);
  const auto answer = [&](const std::filesystem::path& file) {
    const networks::Tensor depth = load_network({.file = file, .device = "cpu"})->forward(picture);
    return std::vector<float>(depth.data.get(), depth.data.get() + 12 * 16);
  };
  const std::vector<float> right = answer(folder / "net.pth");
  std::mt19937 rng(5);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    std::string bytes = whole;
    bytes[rng() % bytes.size()] ^= static_cast<char>(1 << rng() % 8);
    std::ofstream(folder / "flipped.pth", std::ios::binary) << bytes;
    try {
      EXPECT_EQ(answer(folder / "flipped.pth"), right) << "flip " << i;
    } catch (const std::exception& e) {
      EXPECT_THAT(e.what(), HasSubstr("flipped.pth"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);  // most of the file are weights
}

}  // namespace
}  // namespace depthmill::sd_convtrans
