// The bytes of an HDF5 file and the numbers in them. Every offset and size is held against the file before it
// is followed, and a walk over structures that point at each other in circles comes to an end.
//
// "The specification" in the h5_* files is the HDF5 File Format Specification, version 3.0 (The HDF Group).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/ordinary_file.h"

namespace depthmill::io {

// Counts bytes from the superblock, as all addresses inside a file do.
using H5Address = std::uint64_t;

// FrameError(kUnreadable): "FILE: is a damaged HDF5 file: <what>".
[[noreturn]] void fail_damaged_h5(const std::string& file, const std::string& what);

// A stretch of bytes, taken from front to back; whoever takes more than there is gets a FrameError.
class H5Block {
 public:
  H5Block(std::vector<std::uint8_t> bytes, std::string file)
      : bytes_(std::move(bytes)), file_(std::move(file)) {}

  std::size_t left() const { return bytes_.size() - at_; }
  std::span<const std::uint8_t> take(std::size_t n);
  std::uint64_t number(std::size_t size);  // little-endian, of 0 to 8 bytes
  void skip(std::size_t n) { take(n); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::string file_;
  std::size_t at_ = 0;
};

class H5Bytes {
 public:
  // Opens the file and reads its superblock. FrameError: kMissingFile; kTruncated for an empty file and one
  // that ends before its superblock says; kUnreadable for what is no HDF5 file, and for one that a program is
  // still writing.
  explicit H5Bytes(const std::filesystem::path& file);

  const std::string& file() const { return file_.name(); }
  H5Address root() const { return root_; }  // object header of the root group
  std::size_t address_size() const { return address_size_; }
  std::size_t length_size() const { return length_size_; }
  std::uint64_t size() const {
    return file_.size() - base_;
  }  // bytes from the superblock to the end of the file

  H5Address address(H5Block& block) const { return block.number(address_size_); }
  std::uint64_t length(H5Block& block) const { return block.number(length_size_); }
  // The address that stands for "nowhere".
  bool undefined(H5Address address) const;

  // `size` bytes of structure. With a signature these are the first four bytes, and are taken already; with
  // `checksum` the last four bytes are one of those before them. FrameError otherwise, and when more has been
  // read by now than a file of this size can hold.
  enum class Checksum { kNone, kLast4 };
  H5Block block(H5Address at, std::uint64_t size, std::string_view signature = {},
                Checksum checksum = Checksum::kNone);

  // Samples. FrameError(kTruncated) when they do not lie inside the file.
  void read(H5Address at, std::span<std::uint8_t> bytes) const;
  bool inside(H5Address at, std::uint64_t size) const {
    return at <= this->size() && size <= this->size() - at;
  }

 private:
  void read_superblock();

  OrdinaryFile file_;
  std::uint64_t base_ = 0;    // where the superblock stands
  std::uint64_t budget_ = 0;  // of bytes of structure that may yet be read
  std::size_t address_size_ = 8, length_size_ = 8;
  H5Address root_ = 0;
};

}  // namespace depthmill::io
