#include "stages/io/gif.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace depthmill::io {
namespace {

constexpr unsigned kMostCodes = 4096;

// The bytes of a file in turn; one that is not there is kTruncated.
class GifBytes {
 public:
  GifBytes(std::span<const std::uint8_t> bytes, std::string_view label) : bytes_(bytes), label_(label) {}
  std::uint8_t byte() { return take(1)[0]; }
  unsigned word() {
    const auto two = take(2);
    return two[0] | static_cast<unsigned>(two[1]) << 8;
  }
  std::span<const std::uint8_t> take(std::size_t n) {
    if (n > bytes_.size() - at_)
      fail(FailureReason::kTruncated, label_, "is cut short: the GIF ends too early");
    at_ += n;
    return bytes_.subspan(at_ - n, n);
  }
  // The data of the blocks up to the empty one.
  std::vector<std::uint8_t> blocks() {
    std::vector<std::uint8_t> data;
    for (std::size_t size; (size = byte()) != 0;) {
      const auto block = take(size);
      data.insert(data.end(), block.begin(), block.end());
    }
    return data;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string_view label_;
  std::size_t at_ = 0;
};

// Indices of colours, as many as there are up to `count`.
std::vector<std::uint8_t> unpack_lzw(std::span<const std::uint8_t> data, unsigned first_bits,
                                     std::size_t count) {
  const unsigned clear = 1U << first_bits, end = clear + 1;
  std::array<std::uint16_t, kMostCodes> before{};
  std::array<std::uint8_t, kMostCodes> last{};
  for (unsigned i = 0; i < clear; ++i) last[i] = static_cast<std::uint8_t>(i);
  unsigned next = end + 1, bits = first_bits + 1, held = 0, window = 0, previous = kMostCodes;
  std::uint8_t first = 0;
  std::vector<std::uint8_t> out, turned;
  for (std::size_t at = 0; out.size() < count;) {
    while (held < bits && at < data.size()) window |= static_cast<unsigned>(data[at++]) << held, held += 8;
    if (held < bits) break;
    const unsigned code = window & ((1U << bits) - 1);
    window >>= bits, held -= bits;
    if (code == end) break;
    if (code == clear) {
      next = end + 1, bits = first_bits + 1, previous = kMostCodes;
      continue;
    }
    if (code > next || (code == next && previous == kMostCodes)) break;
    turned.clear();
    unsigned walk = code;
    if (code == next) turned.push_back(first), walk = previous;
    for (; walk > end; walk = before[walk]) turned.push_back(last[walk]);
    first = last[walk];
    turned.push_back(first);
    out.insert(out.end(), turned.rbegin(), turned.rend());
    if (previous != kMostCodes && next < kMostCodes) {
      before[next] = static_cast<std::uint16_t>(previous);
      last[next] = first;
      if (++next == 1U << bits && bits < 12) ++bits;
    }
    previous = code;
  }
  if (out.size() > count) out.resize(count);
  return out;
}

// The row of the picture that is stored as the `i`-th of an interlaced one.
std::vector<std::size_t> row_order(std::size_t rows, bool interlaced) {
  std::vector<std::size_t> order;
  if (!interlaced) {
    for (std::size_t r = 0; r < rows; ++r) order.push_back(r);
    return order;
  }
  constexpr std::pair<std::size_t, std::size_t> kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  for (const auto& [start, step] : kPasses)
    for (std::size_t r = start; r < rows; r += step) order.push_back(r);
  return order;
}

}  // namespace

Array parse_gif(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (bytes.size() >= 3 && std::memcmp(bytes.data(), "GIF", 3) != 0)
    fail(FailureReason::kUnreadable, label, "is no GIF picture");
  GifBytes in(bytes, label);
  in.take(6);
  const std::size_t cols = in.word(), rows = in.word();
  const std::uint8_t flags = in.byte();
  in.take(2);
  const std::size_t shape[] = {rows, cols};
  check_promise(shape, bytes.size() * kMostCodes * 8, label);
  const auto table_of = [&](std::uint8_t f) {
    return f & 0x80 ? in.take(3 * (std::size_t{2} << (f & 7))) : std::span<const std::uint8_t>();
  };
  const auto global = table_of(flags);

  Array a{{rows, cols, 3}, Element::kU8, std::vector<std::uint8_t>(rows * cols * 3)};
  for (;;) {
    const std::uint8_t kind = in.byte();
    if (kind == 0x21) {  // an extension
      in.byte();
      in.blocks();
      continue;
    }
    if (kind != 0x2C) fail(FailureReason::kUnreadable, label, "holds no picture");
    const std::size_t left = in.word(), top = in.word(), width = in.word(), height = in.word();
    const std::uint8_t own = in.byte();
    const auto local = table_of(own);
    const auto table = local.empty() ? global : local;
    const unsigned first_bits = in.byte();
    if (left + width > cols || top + height > rows || width == 0 || height == 0 || first_bits < 2 ||
        first_bits > 8 || table.empty())
      fail(FailureReason::kUnreadable, label, "is a damaged GIF");
    const auto indices = unpack_lzw(in.blocks(), first_bits, width * height);
    if (indices.size() < width * height)
      fail(FailureReason::kTruncated, label, "is damaged: the GIF has fewer pixels than its size says");
    const auto order = row_order(height, (own & 0x40) != 0);
    for (std::size_t i = 0; i < height; ++i)
      for (std::size_t j = 0; j < width; ++j) {
        const std::size_t index = 3 * std::size_t{indices[i * width + j]};
        if (index + 3 > table.size())
          fail(FailureReason::kUnreadable, label, "is a damaged GIF: a colour it lacks");
        std::memcpy(&a.bytes[((top + order[i]) * cols + left + j) * 3], &table[index], 3);
      }
    return a;
  }
}

constinit const FileFormat kGifFormat{
    .endings = "gif",
    .reads = {PlaneKind::kRgb},
    .help = "8-bit colour, the first picture",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_gif(read_bytes(source.file), source.text()); },
};

}  // namespace depthmill::io
