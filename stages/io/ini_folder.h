// A folder of .ini files that are called by their stems: protocols, model cards.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace depthmill::io {

// Stems of the .ini files in the folder, sorted; none when there is no such folder.
std::vector<std::string> list_ini(const std::filesystem::path& folder);

// The file that `name` means: the name itself where it ends in ".ini", otherwise <folder>/<name>.ini. Throws
// std::runtime_error where the folder has none of that name: "there is no <what> '<name>'", the nearest name,
// and the names there are.
std::filesystem::path find_ini(const std::filesystem::path& folder, std::string_view name,
                               std::string_view what);

}  // namespace depthmill::io
