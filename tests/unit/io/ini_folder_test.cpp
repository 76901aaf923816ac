#include "stages/io/ini_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/test_data.h"

namespace depthmill::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(IniFolder, ListsStemsSortedAndNothingElse) {
  test::ScratchFolder folder;
  for (const char* name : {"laina.ini", "eigen.ini", "notes.txt", "garg.ini.bak"})
    std::ofstream(folder / name);
  EXPECT_THAT(list_ini(folder.path()), ElementsAre("eigen", "laina"));
  EXPECT_THAT(list_ini(folder / "absent"), IsEmpty());
}

TEST(IniFolder, FindsByNameOrByFileAndSaysWhatThereIs) {
  test::ScratchFolder folder;
  for (const char* name : {"laina.ini", "eigen.ini"}) std::ofstream(folder / name);
  EXPECT_EQ(find_ini(folder.path(), "eigen", "protocol"), folder / "eigen.ini");
  EXPECT_EQ(find_ini(folder.path(), "mine/other.ini", "protocol"), "mine/other.ini");
  try {
    find_ini(folder.path(), "eigne", "protocol");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("no protocol 'eigne'"), HasSubstr("did you mean 'eigen'"),
                                HasSubstr("eigen, laina")));
  }
  EXPECT_THROW(find_ini({}, "eigen", "protocol"), std::runtime_error);
}

}  // namespace
}  // namespace depthmill::io
