// Names of scenes and frames as names of files. Most are their own; the others get a form that is safe, the same
// every time, and leads back:
//
//   a/../b    no level begins with a dot         a/%2E./b
//   a\n       bytes that quote.h does not show   a%0A
//   a/b       in the name of a frame             a%2Fb
//   a%0A      what would be taken for the above  a%250A
//   aaa...    longer than a file name may be     aa...%/aa...   (goes on one folder down)
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace depthmill::io {

// Bytes that a safe name has at a level: what a file system takes (255) less a plane, an ending and the marks of
// a file that is being written.
inline constexpr std::size_t kLongestLevel = 192;

// One name; a '/' in it makes no folder. Never empty, absolute, or above where it is put.
std::filesystem::path file_name(std::string_view name);
// A name in which '/' stands between folders, such as a scene's; empty stays empty.
std::filesystem::path folder_name(std::string_view name);

// The name that either of them was made from, given the path in generic form. Names that they leave as they are
// stay as they are here too.
std::string name_of_file(std::string_view path);

// Does this level of a path go on in the one below it?
bool goes_on(std::string_view level);

}  // namespace depthmill::io
