// Parts of the program that lie in shared libraries of their own, because what they lean on is slow to load or may be
// absent: found beside the program, loaded when they are first needed, never unloaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace depthmill::module {

// Where modules of a kind ("engines") are looked for, the nearest first: lib/depthmill/<kind> below every folder that
// holds the program, which finds ../lib of an installed program and the build folder of a test. The last is the one
// below a folder in which everybody may put things of their own, such as /tmp, since what is loaded is run.
std::vector<std::filesystem::path> folders(const std::string& kind);

// A shared library, loaded or not.
class Library {
 public:
  // Every symbol is bound at once, so that a library which lacks one is told here; none becomes visible to others
  // unless `global`.
  explicit Library(const std::filesystem::path& file, bool global = false);

  bool loaded() const { return handle_ != nullptr; }
  const std::string& why_not() const { return why_not_; }  // the loader's sentence; "" when loaded

  // The function of this name and type, which must have C linkage; nullptr when there is none.
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  void* handle_;
  std::string why_not_;
};

}  // namespace depthmill::module
