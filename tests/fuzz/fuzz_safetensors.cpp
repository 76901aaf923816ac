// Any bytes as a safetensors file: tensors that lie inside it and take what their shapes say, or one error; and what was
// read is written to the same again.
#include "stages/networks/sd_convtrans/safetensors.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;
using namespace depthmill::sd_convtrans;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = fuzz::text(data, size);
  try {
    const std::size_t json = safetensors_header_size(file.substr(0, kSafetensorsLengthBytes), size);
    const std::size_t behind = size - kSafetensorsLengthBytes - json;
    const SafetensorsHeader header = parse_safetensors(file.substr(kSafetensorsLengthBytes, json), behind);
    std::size_t sum = 0;
    for (const auto& [name, tensor] : header.tensors) {
      fuzz::require(tensor.begin <= tensor.end && tensor.end <= behind, "a tensor lies inside the file");
      std::size_t bytes = item_size(tensor.type);
      for (const std::int64_t side : tensor.shape) bytes *= static_cast<std::size_t>(side);
      fuzz::require(bytes == tensor.end - tensor.begin, "a tensor has the bytes of its shape");
      sum += bytes;
    }
    fuzz::require(sum == behind, "the tensors fill the file");
    const std::string text = safetensors_text(header);
    fuzz::require(text.size() % 8 == 0, "the data begin at a multiple of eight");
    fuzz::require(parse_safetensors(std::string_view(text).substr(kSafetensorsLengthBytes), behind) == header,
                  "what was read is written to the same again");
  } catch (const SafetensorsError&) {
  }
  return 0;
}
