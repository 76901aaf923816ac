// What lies there in place of a file that was meant.
#pragma once

#include <filesystem>
#include <string>

namespace depthmill::io {

// "" or what the file is instead of what its name says: a Git LFS pointer that was not fetched, a web page
// that a download left. Looks at the first bytes of ordinary files alone.
std::string stand_in(const std::filesystem::path& file);

}  // namespace depthmill::io
