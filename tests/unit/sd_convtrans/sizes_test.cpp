#include "stages/networks/sd_convtrans/sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/io/ini.h"

namespace depthmill::sd_convtrans {
namespace {

TEST(NetworkSizes, TextReadsBackToTheSame) {
  NetworkSizes sizes;
  sizes.stem = 16;
  sizes.trunk_blocks = {1, 1, 2, 1};
  sizes.embed = {16, 32, 48, 64};
  sizes.heads = {1, 2, 3, 4};
  sizes.drop_path = 0.05;
  sizes.unused_modules = false;
  sizes.low_height = 90;
  EXPECT_EQ(read_sizes(io::IniFile::parse(sizes_text(sizes), "sizes.ini")), sizes);
  EXPECT_EQ(read_sizes(io::IniFile::parse("", "empty.ini")), NetworkSizes{});
}

TEST(NetworkSizes, ProblemsNameTheKey) {
  auto why = [](const std::string& text) {
    try {
      read_sizes(io::IniFile::parse("[network]\n" + text, "sizes.ini"));
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(why("detail = 0\n"), testing::HasSubstr("network.detail"));
  EXPECT_THAT(why("embed = 30, 64, 160, 255\n"), testing::HasSubstr("network.embed"));
  EXPECT_THAT(why("embed = 1, 2, 3\n"), testing::HasSubstr("4 numbers"));
  EXPECT_THAT(why("high_size = 28x640\n"), testing::HasSubstr("network.high_size"));
  EXPECT_EQ(why("high_size = 29x29\n"), "");
  EXPECT_THAT(why("high_size = 480\n"), testing::HasSubstr("HEIGHTxWIDTH"));
}

}  // namespace
}  // namespace depthmill::sd_convtrans
