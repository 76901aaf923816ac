#include "stages/io/deflate.h"

#include <libdeflate.h>

#include <memory>
#include <new>
#include <stdexcept>

namespace depthmill::io {

// Not by ISA-L, whose output depends on the processor and, once in a thousand calls, on nothing that could be found:
// equal planes must be equal files.
std::vector<std::uint8_t> deflated(const std::uint8_t* from, std::size_t size, std::size_t room_before) {
  constexpr int kLevel = 1;
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> packer(
      libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
  if (!packer) throw std::bad_alloc();
  std::vector<std::uint8_t> out(room_before + libdeflate_zlib_compress_bound(packer.get(), size));
  const std::size_t packed =
      libdeflate_zlib_compress(packer.get(), from, size, out.data() + room_before, out.size() - room_before);
  if (packed == 0) throw std::runtime_error("bytes could not be packed");
  out.resize(room_before + packed);
  return out;
}

}  // namespace depthmill::io
