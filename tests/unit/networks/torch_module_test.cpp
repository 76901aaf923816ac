// How the module of engines is found. What becomes of modules that do not load is in
// tests/e2e/engines_test.cpp: a process searches once.
#include "stages/networks/torch_module/find_torch.h"

#include <gmock/gmock.h>

#include <fstream>

#include "stages/networks/engines.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TorchModule, IsTheOneOfThisBuildOrIsMissedInASentence) {
#ifdef DEPTHMILL_HAVE_TORCH
  ASSERT_TRUE(find_torch()) << no_torch_sentence();
  EXPECT_THAT(torch().version(), ::testing::ContainsRegex("^[12]\\.[0-9]+"));
  ASSERT_FALSE(found_modules().empty());
  EXPECT_THAT(found_modules().front().file.filename().string(), HasSubstr("torch-"));
  EXPECT_THAT(found_modules().front().said, HasSubstr("loaded"));
#else
  EXPECT_FALSE(find_torch());
  try {
    find_engine("torchscript")->load({.file = "net.pt"});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("net.pt cannot be run"), HasSubstr("libtorch-dev"), HasSubstr("DEPTHMILL_ENGINES")));
  }
#endif
  EXPECT_EQ(loaded_torch(), find_torch());
}

TEST(TorchModule, NewerVersionsComeFirst) {
  test::ScratchFolder folder;
  for (const char* name : {"torch-1.13.so", "torch-2.8.so", "torch-2.10.so", "libtorch.so", "torch-.so", "torch-2.9.txt"})
    std::ofstream(folder / name) << "";
  std::vector<std::string> names;
  for (const auto& file : list_modules(folder.path())) names.push_back(file.filename().string());
  EXPECT_THAT(names, ElementsAre("torch-2.10.so", "torch-2.8.so", "torch-1.13.so"));
  EXPECT_THAT(list_modules(folder / "absent"), IsEmpty());
}

TEST(TorchModule, APackageSaysItsVersion) {
  test::ScratchFolder folder;
  EXPECT_EQ(package_version(folder.path()), "");
  std::ofstream(folder / "version.py") << "from typing import Optional\n\n__version__ = '2.10.1+cpu'\ndebug = False\n";
  EXPECT_EQ(package_version(folder.path()), "2.10");
  std::ofstream(folder / "version.py") << "__version__ = 'unknown'\n";
  EXPECT_EQ(package_version(folder.path()), "");
}

}  // namespace
}  // namespace depthmill::networks
