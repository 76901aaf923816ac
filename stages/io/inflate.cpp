#include "stages/io/inflate.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

namespace depthmill::io {
namespace {

// ISA-L counts in 32 bits.
constexpr std::size_t kMostAtOnce = std::numeric_limits<std::uint32_t>::max();

}  // namespace

bool inflate_zlib(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out) {
  if (packed.size() > kMostAtOnce || out.size() > kMostAtOnce) return false;
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;
  state.next_in = const_cast<std::uint8_t*>(packed.data());
  state.avail_in = static_cast<std::uint32_t>(packed.size());
  state.next_out = out.data();
  state.avail_out = static_cast<std::uint32_t>(out.size());
  int result = isal_inflate(&state);
  // The trailer is read only when there is room left, and too much data shows.
  std::uint8_t more = 0;
  if (result == ISAL_DECOMP_OK && state.block_state != ISAL_BLOCK_FINISH) {
    state.next_out = &more;
    state.avail_out = 1;
    result = isal_inflate(&state);
  }
  return result == ISAL_DECOMP_OK && state.block_state == ISAL_BLOCK_FINISH && state.total_out == out.size();
}

std::size_t inflate_beginning(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out) {
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;
  state.next_in = const_cast<std::uint8_t*>(packed.data());
  state.avail_in = static_cast<std::uint32_t>(std::min(packed.size(), kMostAtOnce));
  state.next_out = out.data();
  state.avail_out = static_cast<std::uint32_t>(std::min(out.size(), kMostAtOnce));
  return isal_inflate(&state) >= ISAL_DECOMP_OK ? state.total_out : 0;  // below: damage
}

}  // namespace depthmill::io
