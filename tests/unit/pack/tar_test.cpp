#include "stages/pack/tar.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/test_data.h"

namespace depthmill::pack {
namespace {

std::size_t octal(const std::string& text) { return std::stoul(text, nullptr, 8); }

TEST(Tar, AHeaderSaysNameSizeAndSum) {
  const test::ScratchFolder folder;
  const std::vector<std::uint8_t> bytes(700, 7);
  TarFile tar(folder / "a.tar");
  tar.add("kitchen/00045.jpg", bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.tar")) << "it appears whole";
  tar.close();
  const std::string text = test::file_text(folder / "a.tar");
  ASSERT_EQ(text.size(), 512u + 1024u + 1024u);
  EXPECT_STREQ(text.c_str(), "kitchen/00045.jpg");
  EXPECT_EQ(octal(text.substr(124, 11)), 700u);
  EXPECT_EQ(octal(text.substr(100, 7)), 0444u);
  EXPECT_EQ(text.substr(257, 5), "ustar");
  std::size_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(text[i]);
  EXPECT_EQ(octal(text.substr(148, 6)), sum);
  EXPECT_EQ(text.substr(512, 700), std::string(700, 7));
  EXPECT_EQ(text.substr(1212), std::string(text.size() - 1212, '\0'));
}

TEST(Tar, LongNamesAreCutAtASlashOrRefused) {
  EXPECT_TRUE(fits_tar(std::string(100, 'x')));
  EXPECT_FALSE(fits_tar(std::string(101, 'x')));
  EXPECT_TRUE(fits_tar(std::string(155, 's') + "/" + std::string(100, 'x')));
  EXPECT_FALSE(fits_tar(std::string(156, 's') + "/" + std::string(100, 'x')));
  EXPECT_FALSE(fits_tar(std::string(10, 's') + "/" + std::string(101, 'x')));
  EXPECT_FALSE(fits_tar(""));
  const test::ScratchFolder folder;
  TarFile tar(folder / "a.tar");
  const std::string scene(120, 's');
  tar.add(scene + "/00001.json", {});
  EXPECT_THROW(tar.add(std::string(101, 'x'), {}), std::invalid_argument);
  tar.close();
  const std::string text = test::file_text(folder / "a.tar");
  EXPECT_STREQ(text.c_str(), "00001.json");
  EXPECT_STREQ(text.c_str() + 345, scene.c_str());
}

TEST(Tar, WhatIsNotClosedLeavesNothing) {
  const test::ScratchFolder folder;
  { TarFile(folder / "a.tar").add("a", {}); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace depthmill::pack
