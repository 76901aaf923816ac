#include "stages/io/stand_in.h"

#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

namespace depthmill::io {

std::string stand_in(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return "";
  std::array<char, 256> bytes{};
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), bytes.size());
  std::string head(bytes.data(), static_cast<std::size_t>(in.gcount()));
  for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (head.starts_with("version https://git-lfs"))
    return "is a pointer of Git LFS, the file itself was never fetched (git lfs pull)";
  std::string_view text(head);
  while (!text.empty() &&
         (text.front() == ' ' || text.front() == '\n' || text.front() == '\r' || text.front() == '\t'))
    text.remove_prefix(1);
  if (text.starts_with("<!doctype html") || text.starts_with("<html"))
    return "is a web page (HTML): the download has failed, or asked for a login";
  return "";
}

}  // namespace depthmill::io
