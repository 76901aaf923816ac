// Where tests find their files. Golden files are looked up in tests/data/golden, then in the shared golden
// folder beside the checkout; third-party data only in the shared data folder. What is absent skips the test
// with a sentence that names it.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tests/support/paths.h"

namespace depthmill::test {

inline std::optional<std::filesystem::path> find_golden(const std::string& relative) {
  for (std::filesystem::path root :
       {std::filesystem::path(kTestData) / "golden", std::filesystem::path(kShared) / "golden"})
    if (std::filesystem::exists(root / relative)) return root / relative;
  return std::nullopt;
}

inline std::optional<std::filesystem::path> find_real(const std::string& relative) {
  auto path = std::filesystem::path(kShared) / "data" / relative;
  if (std::filesystem::exists(path)) return path;
  return std::nullopt;
}

inline std::filesystem::path protocol_folder() { return std::filesystem::path(kConfigs) / "protocols"; }

// A fresh folder for this test, removed when the object goes.
class ScratchFolder {
 public:
  ScratchFolder() {
    auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name =
        std::string(info ? info->test_suite_name() : "suite") + "." + (info ? info->name() : "test");
    for (char& c : name)
      if (c == '/') c = '_';
    path_ = std::filesystem::temp_directory_path() / ("depthmill." + name + "." + std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace depthmill::test

// First line of a test: `DEPTHMILL_GOLDEN(path, "toolbox/fill_small.mat");` defines `path` or skips.
#define DEPTHMILL_GOLDEN(var, relative)                                                               \
  auto var##_found = ::depthmill::test::find_golden(relative);                                        \
  if (!var##_found) GTEST_SKIP() << "golden file " << relative << " is not here (tests/data/golden)"; \
  const std::filesystem::path var = *var##_found

#define DEPTHMILL_REAL(var, relative)                                                          \
  auto var##_found = ::depthmill::test::find_real(relative);                                   \
  if (!var##_found)                                                                            \
    GTEST_SKIP() << "third-party file data/" << relative << " is not here; it is not shipped"; \
  const std::filesystem::path var = *var##_found
