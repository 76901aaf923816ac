#include "pipeline/out_folder.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace depthmill::pipeline {

void require_out_folder(const Config& config, const std::string& missing) {
  if (config.run.out.empty()) throw ConfigError("--out is missing: " + missing);
  std::error_code absent;
  for (std::filesystem::path place = config.run.out; !place.empty(); place = place.parent_path()) {
    if (std::filesystem::is_directory(place, absent) || place == place.parent_path()) return;
    if (std::filesystem::exists(place, absent))
      throw ConfigError("--out: a folder is to be written, and " + place.string() + " is a file");
  }
}

void make_out_folder(const std::filesystem::path& out) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (!error && ::access(out.c_str(), W_OK) != 0) error.assign(errno, std::generic_category());
  if (error) throw ConfigError("--out: " + out.string() + ": cannot be written (" + error.message() + ")");
}

}  // namespace depthmill::pipeline
