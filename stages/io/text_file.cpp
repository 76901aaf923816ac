#include "stages/io/text_file.h"

#include <fstream>

namespace depthmill::io {

TextFileError::TextFileError(const std::filesystem::path& file, std::size_t line, const std::string& reason)
    : std::runtime_error(file.string() + (line > 0 ? ":" + std::to_string(line) : "") + ": " + reason),
      line_(line) {}

std::string read_text_file(const std::filesystem::path& file, std::size_t limit) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) throw TextFileError(file, 0, "there is no such file");
  if (std::filesystem::is_directory(status)) throw TextFileError(file, 0, "is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw TextFileError(file, 0, "cannot be opened");
  // Read to the end instead of asking for the size: pipes and /dev/stdin have none.
  std::string text;
  char chunk[65536];
  while (in.read(chunk, sizeof chunk) || in.gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit) throw TextFileError(file, 0, "is larger than a text file of this kind can be");
  }
  if (in.bad()) throw TextFileError(file, 0, "cannot be read to its end");
  return text;
}

}  // namespace depthmill::io
