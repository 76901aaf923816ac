#include "pipeline/configs_folder.h"

#include <cstdlib>
#include <stdexcept>

namespace depthmill::pipeline {

std::filesystem::path configs_folder() {
  namespace fs = std::filesystem;
  std::string looked;
  auto is_configs = [&](const fs::path& folder) {
    looked += (looked.empty() ? "" : ", ") + folder.string();
    return fs::is_directory(folder / "protocols");
  };
  if (const char* given = std::getenv("DEPTHMILL_CONFIGS"); given && *given) {
    if (is_configs(given)) return given;
    throw std::runtime_error("DEPTHMILL_CONFIGS=" + std::string(given) + " has no protocols/ in it");
  }
  std::error_code no_proc;
  const fs::path program = fs::read_symlink("/proc/self/exe", no_proc);
  if (const fs::path shared = program.parent_path().parent_path() / "share/depthmill/configs";
      is_configs(shared))
    return shared;
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    if (is_configs(folder / "configs")) return folder / "configs";
  throw std::runtime_error("the folder configs/ with protocols/ and models/ was not found (looked at " +
                           looked + "); set DEPTHMILL_CONFIGS to it");
}

}  // namespace depthmill::pipeline
