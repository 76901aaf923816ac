// How the module of engines is found, and which kernels its BLAS runs. What becomes of modules that do not load is in
// tests/e2e/engines_test.cpp: a process searches once.
#include "stages/networks/torch_module/find_torch.h"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "stages/networks/engine/blas_core.h"
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
    EXPECT_THAT(e.what(), AllOf(HasSubstr("net.pt cannot be run"), HasSubstr("libtorch-dev"),
                                HasSubstr("DEPTHMILL_ENGINES")));
  }
#endif
  EXPECT_EQ(loaded_torch(), find_torch());
}

TEST(TorchModule, NewerVersionsComeFirst) {
  test::ScratchFolder folder;
  for (const char* name :
       {"torch-1.13.so", "torch-2.8.so", "torch-2.10.so", "libtorch.so", "torch-.so", "torch-2.9.txt"})
    std::ofstream(folder / name) << "";
  std::vector<std::string> names;
  for (const auto& file : list_modules(folder.path())) names.push_back(file.filename().string());
  EXPECT_THAT(names, ElementsAre("torch-2.10.so", "torch-2.8.so", "torch-1.13.so"));
  EXPECT_THAT(list_modules(folder / "absent"), IsEmpty());
}

TEST(TorchModule, APackageSaysItsVersion) {
  test::ScratchFolder folder;
  EXPECT_EQ(package_version(folder.path()), "");
  std::ofstream(folder / "version.py")
      << "from typing import Optional\n\n__version__ = '2.10.1+cpu'\ndebug = False\n";
  EXPECT_EQ(package_version(folder.path()), "2.10");
  std::ofstream(folder / "version.py") << "__version__ = 'unknown'\n";
  EXPECT_EQ(package_version(folder.path()), "");
}

TEST(BlasCore, IsReplacedWhereItIsOlderThanTheProcessor) {
  const ProcessorFeatures old{}, haswell{.avx2 = true}, xeon{.avx2 = true, .avx512 = true};
  EXPECT_EQ(better_core("Prescott", xeon), "SkylakeX");
  EXPECT_EQ(better_core("Nehalem", xeon), "SkylakeX");
  EXPECT_EQ(better_core("Sandybridge", haswell), "Haswell");
  EXPECT_EQ(better_core("Prescott", old), "");
  for (const char* good : {"Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"})
    EXPECT_EQ(better_core(good, xeon), "") << good;
  EXPECT_EQ(better_core("", xeon), "");
}

// On a processor that OpenBLAS knows there is nothing to choose again, so a fall to old kernels is made here, by its own
// means.
TEST(BlasCore, IsChosenAgainUnlessTheUserHasSaidWhich) {
  find_torch();
  const ProcessorFeatures here = processor_features();
  void* const blas = ::dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD);
  const auto call = [&](const char* name) {
    if (const auto function = reinterpret_cast<void (*)()>(::dlsym(blas, name))) function();
  };
  if (!blas || openblas_core().empty() || !here.avx2)
    GTEST_SKIP() << "no OpenBLAS in this process, or no AVX2 here";
  const char* given = std::getenv("OPENBLAS_CORETYPE");
  const std::string before = given ? given : "";

  ::setenv("OPENBLAS_CORETYPE", "Prescott", 1);
  call("gotoblas_dynamic_quit");
  call("gotoblas_dynamic_init");
  if (openblas_core() != "Prescott") GTEST_SKIP() << "this OpenBLAS has one core alone: " << openblas_core();
  choose_blas_core();
  EXPECT_EQ(openblas_core(), "Prescott") << "the user's word stands";

  ::unsetenv("OPENBLAS_CORETYPE");
  choose_blas_core();
  EXPECT_EQ(better_core(openblas_core(), here), "");

  if (given)
    ::setenv("OPENBLAS_CORETYPE", before.c_str(), 1);
  else
    ::unsetenv("OPENBLAS_CORETYPE");
}

}  // namespace
}  // namespace depthmill::networks
