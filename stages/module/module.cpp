#include "stages/module/module.h"

#include <dlfcn.h>

namespace depthmill::module {
namespace fs = std::filesystem;

std::vector<fs::path> folders(const std::string& kind) {
  std::vector<fs::path> found;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    constexpr fs::perms kShared = fs::perms::sticky_bit | fs::perms::others_write;
    if ((fs::status(folder, ignored).permissions() & kShared) == kShared) break;
    if (fs::path modules = folder / "lib/depthmill" / kind; fs::is_directory(modules, ignored))
      found.push_back(std::move(modules));
  }
  return found;
}

Library::Library(const fs::path& file, bool global)
    : handle_(::dlopen(file.c_str(), RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL))) {
  if (handle_) return;
  const char* said = ::dlerror();
  why_not_ = said ? said : "the loader gives no reason";
}

void* Library::address(const char* name) const { return handle_ ? ::dlsym(handle_, name) : nullptr; }

}  // namespace depthmill::module
