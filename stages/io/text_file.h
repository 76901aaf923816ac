// Reading small text files (INI, CSV, lists) and the error that points into them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace depthmill::io {

// `what()` is "FILE:LINE: reason" (lines count from 1; line 0 = the file as a whole, "FILE: reason").
class TextFileError : public std::runtime_error {
 public:
  TextFileError(const std::filesystem::path& file, std::size_t line, const std::string& reason);
  std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

// The whole file, byte for byte. Throws TextFileError when it is absent or no ordinary file (a folder, pipe,
// device or socket), cannot be read, or is larger than `limit` bytes (nobody's configuration is; a picture
// given by mistake often is).
std::string read_text_file(const std::filesystem::path& file, std::size_t limit = std::size_t{1} << 30);

}  // namespace depthmill::io
