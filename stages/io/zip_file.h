// Zip archives, read through libzip: records by name, each checked against its CRC-32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace depthmill::io {

class ZipFile {
 public:
  // Throws std::runtime_error naming the file: absent, no zip archive, damaged directory.
  explicit ZipFile(std::filesystem::path file);
  ~ZipFile();
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  // Names of the records, in the order of the archive's directory.
  std::vector<std::string> names() const;
  // Bytes of a record once unpacked, or nothing when there is none of this name. Never more than the file
  // could hold: throws std::runtime_error for a record that claims more than deflate can make of the
  // archive's bytes.
  std::optional<std::size_t> size(const std::string& name) const;
  // Unpacks the record into `bytes`, which has its size. Throws std::runtime_error naming file and record:
  // absent, cut short, another size, CRC-32 that differs, a packing or encryption that libzip does not know.
  void read(const std::string& name, std::span<std::uint8_t> bytes) const;
  std::string read_text(const std::string& name) const;

 private:
  struct Archive;
  std::filesystem::path file_;
  std::unique_ptr<Archive> archive_;
};

}  // namespace depthmill::io
