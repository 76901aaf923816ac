// Text files with one frame a line: paths of image and depth, separated by white space.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace depthmill::data {

// The words of each line that has any; comments ('#' at the start of a line) and a byte-order mark are
// dropped. A line that names an existing file as a whole, spaces and all, is one word. Throws
// std::runtime_error.
std::vector<std::vector<std::string>> read_list(const std::filesystem::path& list);

// The file a word of the list means: as it stands when absolute and there, else below the list's folder.
std::filesystem::path resolve_listed(const std::filesystem::path& list, const std::string& word);

}  // namespace depthmill::data
