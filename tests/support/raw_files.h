// Reads raw frames by hand, so that golden tests of the toolbox functions do not lean on the codecs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace depthmill::test {

inline std::vector<std::uint8_t> file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The bytes behind the one-line header of a raw ppm or pgm.
inline std::vector<std::uint8_t> netpbm_body(const std::filesystem::path& path) {
  auto bytes = file_bytes(path);
  std::size_t start = 0;
  while (start < bytes.size() && bytes[start] != '\n') ++start;
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(start + 1));
  return bytes;
}

inline std::vector<std::uint16_t> kinect_codes(const std::filesystem::path& path) {
  const auto body = netpbm_body(path);
  std::vector<std::uint16_t> codes(body.size() / 2);
  for (std::size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<std::uint16_t>(body[2 * i] | body[2 * i + 1] << 8);
  return codes;
}

// Bare names of a folder's files, unsorted.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace depthmill::test
