// Tar archives for tests: ustar headers with the files' bytes behind them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace depthmill::test {

using TarFiles = std::vector<std::pair<std::string, std::vector<std::uint8_t>>>;

// One member with its padding; names of more than 100 bytes go into a PAX record before it.
inline void add_to_tar(std::vector<std::uint8_t>& tar, const std::string& name,
                       const std::vector<std::uint8_t>& bytes, char type = '0') {
  if (name.size() > 100) {
    std::string record = " path=" + name + "\n";
    std::size_t length = record.size() + 1;
    while (std::to_string(length).size() + record.size() != length) ++length;
    record.insert(0, std::to_string(length));
    add_to_tar(tar, "PaxHeaders/x", {record.begin(), record.end()}, 'x');
  }
  std::vector<std::uint8_t> header(512, 0);
  const std::string cut = name.substr(0, 100);
  std::copy(cut.begin(), cut.end(), header.begin());
  const auto put = [&](std::size_t at, const char* format, unsigned long value) {
    char text[16];
    const int n = std::snprintf(text, sizeof text, format, value);
    std::copy(text, text + n, header.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(100, "%07lo", 0444);
  put(124, "%011lo", bytes.size());
  put(136, "%011lo", 0);
  header[156] = static_cast<std::uint8_t>(type);
  const std::string magic("ustar\00000", 8);
  std::copy(magic.begin(), magic.end(), header.begin() + 257);
  std::fill(header.begin() + 148, header.begin() + 156, ' ');
  unsigned long sum = 0;
  for (const std::uint8_t b : header) sum += b;
  put(148, "%06lo", sum);
  header[154] = 0;
  tar.insert(tar.end(), header.begin(), header.end());
  tar.insert(tar.end(), bytes.begin(), bytes.end());
  tar.resize((tar.size() + 511) / 512 * 512, 0);
}

inline std::vector<std::uint8_t> tar_of(const TarFiles& files) {
  std::vector<std::uint8_t> tar;
  for (const auto& [name, bytes] : files) add_to_tar(tar, name, bytes);
  tar.resize(tar.size() + 1024, 0);
  return tar;
}

}  // namespace depthmill::test
