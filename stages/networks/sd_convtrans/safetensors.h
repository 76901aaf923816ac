// The header of a safetensors file (https://github.com/huggingface/safetensors): eight bytes with its length, little
// end first, then as many bytes of JSON that say each tensor's type, shape and place in the bytes behind. No torch here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "stages/networks/sd_convtrans/pickle.h"

namespace depthmill::sd_convtrans {

// What is wrong with a header, in one sentence.
class SafetensorsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SafeTensor {
  StorageType type = StorageType::kFloat;
  std::vector<std::int64_t> shape;  // row-major; empty for a single number
  std::size_t begin = 0, end = 0;   // bytes behind the header
  bool operator==(const SafeTensor&) const = default;
};

struct SafetensorsHeader {
  std::map<std::string, SafeTensor> tensors;
  std::map<std::string, std::string> metadata;
  bool operator==(const SafetensorsHeader&) const = default;
};

inline constexpr std::size_t kLongestSafetensorsHeader = 100'000'000;  // bytes, the format's own limit
inline constexpr std::size_t kSafetensorsLengthBytes = 8;

// The length of the JSON from the file's first bytes. Throws SafetensorsError: fewer than eight bytes, or a length
// beyond the file or the limit.
std::size_t safetensors_header_size(std::string_view first_bytes, std::uint64_t file_bytes);

// `json` alone; `data_bytes` of the file lie behind it. As the format wants it: no name twice, and the tensors fill
// those bytes without a gap or an overlap, each with what its type and shape take. Throws SafetensorsError; also for a
// type that no checkpoint of ours has (F8_E4M3 and others), which it names.
SafetensorsHeader parse_safetensors(std::string_view json, std::uint64_t data_bytes);

// Length and JSON that parse_safetensors reads back, padded with blanks so that the data begin at a multiple of eight.
std::string safetensors_text(const SafetensorsHeader& header);

}  // namespace depthmill::sd_convtrans
