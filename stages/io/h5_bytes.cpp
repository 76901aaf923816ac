#include "stages/io/h5_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "stages/io/array.h"

namespace depthmill::io {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";

// Bob Jenkins' lookup3 ("hashlittle"), the checksum of all structures since HDF5 1.8.
std::uint32_t lookup3(std::span<const std::uint8_t> bytes) {
  std::uint32_t a = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size()), b = a, c = a;
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4 && at + i < bytes.size(); ++i)
      value |= std::uint32_t{bytes[at + i]} << (8 * i);
    return value;
  };
  std::size_t at = 0;
  for (; bytes.size() - at > 12; at += 12) {
    a += word(at), b += word(at + 4), c += word(at + 8);
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  if (at == bytes.size()) return c;
  a += word(at), b += word(at + 4), c += word(at + 8);
  c ^= b, c -= std::rotl(b, 14);
  a ^= c, a -= std::rotl(c, 11);
  b ^= a, b -= std::rotl(a, 25);
  c ^= b, c -= std::rotl(b, 16);
  a ^= c, a -= std::rotl(c, 4);
  b ^= a, b -= std::rotl(a, 14);
  c ^= b, c -= std::rotl(b, 24);
  return c;
}

}  // namespace

void fail_damaged_h5(const std::string& file, const std::string& what) {
  fail(FailureReason::kUnreadable, file, "is a damaged HDF5 file: " + what);
}

std::span<const std::uint8_t> H5Block::take(std::size_t n) {
  if (n > left()) fail_damaged_h5(file_, "a structure is shorter than its contents");
  at_ += n;
  return std::span(bytes_).subspan(at_ - n, n);
}

std::uint64_t H5Block::number(std::size_t size) {
  std::uint64_t value = 0;
  const auto bytes = take(size);
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

H5Bytes::H5Bytes(const std::filesystem::path& file) : file_(file) { read_superblock(); }

// Specification II.A. The superblock stands at the beginning or, behind what a user put before it, at 512,
// 1024, 2048 bytes and so on.
void H5Bytes::read_superblock() {
  std::uint8_t signature[8] = {};
  for (base_ = 0;; base_ = base_ == 0 ? 512 : 2 * base_) {
    if (file_.size() < 8 || base_ > file_.size() - 8)
      fail(FailureReason::kUnreadable, file(), "is no HDF5 file");
    read(0, signature);
    if (std::memcmp(signature, kSignature.data(), kSignature.size()) == 0) break;
  }
  budget_ = (std::uint64_t{1} << 20) + 16 * size();

  H5Block head = block(8, std::min<std::uint64_t>(size() - 8, 16));
  const std::uint64_t version = head.number(1);
  H5Address stored_base = 0, end = 0;
  if (version <= 1) {
    head.skip(4);
    address_size_ = head.number(1);
    length_size_ = head.number(1);
  } else if (version <= 3) {
    address_size_ = head.number(1);
    length_size_ = head.number(1);
    // Set by a program that writes, taken back when it closes the file.
    if ((head.number(1) & 1) != 0)
      fail(FailureReason::kUnreadable, file(), "is being written by a program, or was never closed by it");
  } else {
    fail(FailureReason::kUnreadable, file(),
         "is an HDF5 file of a newer kind (superblock " + std::to_string(version) + ")");
  }
  const auto power = [](std::size_t n) { return n == 2 || n == 4 || n == 8; };
  if (!power(address_size_) || !power(length_size_))
    fail_damaged_h5(file(), "its addresses have no possible size");
  if (version <= 1) {
    const std::size_t at = version == 0 ? 24 : 28;
    H5Block rest = block(at, 6 * address_size_);
    stored_base = address(rest);
    address(rest);  // free space
    end = address(rest);
    if (!undefined(address(rest)))
      fail(FailureReason::kUnreadable, file(),
           "is one of several files that belong together, which is not read");
    address(rest);  // of the root group's name
    root_ = address(rest);
  } else {
    H5Block rest = block(0, 12 + 4 * address_size_ + 4, {}, Checksum::kLast4);
    rest.skip(12);
    stored_base = address(rest);
    address(rest);  // the superblock's extension: sizes of trees, which tell them themselves
    end = address(rest);
    root_ = address(rest);
  }
  // An interrupted copy. The end counts from the beginning of the file that was written, which may since have
  // got more before it, or have lost it.
  if (end < stored_base || end - stored_base > size())
    fail(FailureReason::kTruncated, file(), "is an HDF5 file that is cut short or damaged");
}

bool H5Bytes::undefined(H5Address address) const {
  return address == (address_size_ == 8 ? ~H5Address{0} : (H5Address{1} << (8 * address_size_)) - 1);
}

H5Block H5Bytes::block(H5Address at, std::uint64_t size, std::string_view signature, Checksum checksum) {
  if (!inside(at, size)) fail_damaged_h5(file(), "a structure lies outside the file");
  // What is small costs as much as a read does; a sound file is walked two or three times at most.
  const std::uint64_t cost = size + 32;
  if (cost > budget_) fail_damaged_h5(file(), "its structures lead back into each other");
  budget_ -= cost;
  std::vector<std::uint8_t> bytes(size);
  read(at, bytes);
  if (size < signature.size() || !std::equal(signature.begin(), signature.end(), bytes.begin()))
    fail_damaged_h5(file(), "there is no " + std::string(signature) + " where one should be");
  std::uint32_t sum = 0;
  if (checksum == Checksum::kLast4) {
    if (size < 4) fail_damaged_h5(file(), "a structure is too short");
    for (std::size_t i = 0; i < 4; ++i) sum |= std::uint32_t{bytes[size - 4 + i]} << (8 * i);
    bytes.resize(size - 4);
    if (lookup3(bytes) != sum) fail_damaged_h5(file(), "the checksum of a structure differs");
  }
  H5Block block(std::move(bytes), file());
  block.skip(signature.size());
  return block;
}

void H5Bytes::read(H5Address at, std::span<std::uint8_t> bytes) const {
  if (!inside(at, bytes.size())) fail(FailureReason::kTruncated, file(), "ends before its data does");
  file_.read(base_ + at, bytes);
}

}  // namespace depthmill::io
