#include "stages/io/text_file.h"

#include <fstream>

#include "stages/io/ordinary_file.h"

namespace depthmill::io {

TextFileError::TextFileError(const std::filesystem::path& file, std::size_t line, const std::string& reason)
    : std::runtime_error(file.string() + (line > 0 ? ":" + std::to_string(line) : "") + ": " + reason),
      line_(line) {}

std::string read_text_file(const std::filesystem::path& file, std::size_t limit) {
  if (const auto refusal = refusal_of(file)) throw TextFileError(file, 0, refusal->why);
  std::ifstream in(file, std::ios::binary);
  if (!in) throw TextFileError(file, 0, "cannot be opened");
  // Read to the end instead of asking for the size: files of the system, as in /proc, have none.
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
