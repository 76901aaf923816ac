#include "stages/io/eth3d.h"

#include <array>
#include <bit>
#include <fstream>

#include "stages/io/image_file.h"

namespace depthmill::io {
namespace {

constexpr std::size_t kEth3dRows = 4032, kEth3dCols = 6048;
static_assert(std::endian::native == std::endian::little, "the numbers are taken as they lie");

}  // namespace

bool is_eth3d_depth(const std::filesystem::path& file) {
  if (find_format(file) != &kJpegFormat) return false;
  std::error_code error;
  if (std::filesystem::file_size(file, error) != kEth3dRows * kEth3dCols * sizeof(float) || error)
    return false;
  std::array<char, 2> start{};
  std::ifstream in(file, std::ios::binary);
  return in.read(start.data(), start.size()) && !(start[0] == '\xFF' && start[1] == '\xD8');
}

Array read_eth3d_depth(const std::filesystem::path& file) {
  Array map{{kEth3dRows, kEth3dCols}, Element::kF32, read_bytes(file)};
  check_payload(map.bytes.size(), kEth3dRows * kEth3dCols * sizeof(float), file.string());
  return map;
}

}  // namespace depthmill::io
