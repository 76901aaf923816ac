#include "stages/io/safe_name.h"

#include <gtest/gtest.h>

namespace depthmill::io {
namespace {

namespace fs = std::filesystem;

TEST(SafeName, MostNamesStayAsTheyAre) {
  for (const char* name : {"d-1294886360.208451-2996770081", "sync_depth_00045", "a b (1)", "100% sure",
                           "a..b", "Zimmer \xC3\xA9", "=1+2", "a%2fb", "back\\slash"})
    EXPECT_EQ(file_name(name), name);
  EXPECT_EQ(folder_name("kitchen/0001"), "kitchen/0001");
  EXPECT_EQ(folder_name(""), "");
}

TEST(SafeName, NothingLeadsUpOrAway) {
  EXPECT_EQ(folder_name("../a/./.."), "%2E./a/%2E/%2E.");
  EXPECT_EQ(folder_name("/etc"), "%2Fetc");
  EXPECT_EQ(folder_name("a//b/"), "a/%2Fb%2F");
  EXPECT_EQ(file_name("../a"), "%2E.%2Fa");
  EXPECT_EQ(file_name(".hidden"), "%2Ehidden");
}

TEST(SafeName, BytesThatNoTerminalShouldSeeAreEncoded) {
  EXPECT_EQ(file_name("a\nb"), "a%0Ab");
  EXPECT_EQ(file_name("\x1b[2J\xff"), "%1B[2J%FF");
  EXPECT_EQ(file_name("a%0Ab"), "a%250Ab");
  EXPECT_EQ(file_name("100%"), "100%25");
}

TEST(SafeName, ALongNameGoesOnBelow) {
  const fs::path path = file_name(std::string(500, 'x'));
  for (const fs::path& level : path) EXPECT_LE(level.string().size(), kLongestLevel + 1);
  EXPECT_EQ(std::distance(path.begin(), path.end()), 3);
  EXPECT_EQ(name_of_file(path.generic_string()), std::string(500, 'x'));
}

// However a name is put together from what is special, it stays inside, and different names have different files.
TEST(SafeName, EveryNameComesBack) {
  const std::string parts[] = {"%", "/", ".", "2", "F", "x", "\n", "\xC3\xA9", "\xC3", std::string(191, 'y')};
  std::string name;
  const auto check = [&] {
    for (const fs::path& path : {file_name(name), folder_name(name)}) {
      ASSERT_EQ(name_of_file(path.generic_string()), name) << path;
      for (const fs::path& level : path) {
        ASSERT_FALSE(level.string().starts_with('.')) << path;
        ASSERT_LE(level.string().size(), kLongestLevel + 1) << path;
      }
      ASSERT_TRUE(path.is_relative() && path == path.lexically_normal()) << path;
    }
  };
  for (const auto& a : parts)
    for (const auto& b : parts)
      for (const auto& c : parts)
        for (const auto& d : parts) {
          name = a + b + c + d;
          check();
        }
}

}  // namespace
}  // namespace depthmill::io
