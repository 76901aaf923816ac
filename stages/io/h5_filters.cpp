#include "stages/io/h5_filters.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "stages/base/quote.h"
#include "stages/io/inflate.h"

namespace depthmill::io {
namespace {

enum FilterId : std::uint64_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3, kLzf = 32000 };

constexpr std::pair<std::uint64_t, const char*> kKnownNames[] = {
    {4, "szip"},    {5, "nbit"},      {6, "scaleoffset"}, {305, "lzo"},
    {307, "bzip2"}, {32001, "blosc"}, {32004, "lz4"},     {32008, "bitshuffle"},
    {32013, "zfp"}, {32015, "zstd"},  {32026, "blosc2"}};

using Bytes = std::vector<std::uint8_t>;

// All first bytes of the numbers lie in front of all second bytes, and so on; what does not fill a number
// stands at the end as it was.
Bytes unshuffle(const Bytes& in, std::size_t number_size) {
  const std::size_t count = in.size() / number_size;
  Bytes out(in);
  for (std::size_t b = 0; b < number_size; ++b)
    for (std::size_t i = 0; i < count; ++i) out[i * number_size + b] = in[b * count + i];
  return out;
}

// Over 16-bit words, high byte first; an odd byte counts as a high one.
std::uint32_t fletcher32(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0, sum_of_sums = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += std::uint64_t{bytes[i]} << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
    sum_of_sums += sum;
    if (i % 512 == 0)
      sum = (sum & 0xFFFF) + (sum >> 16), sum_of_sums = (sum_of_sums & 0xFFFF) + (sum_of_sums >> 16);
  }
  for (int fold = 0; fold < 4; ++fold)
    sum = (sum & 0xFFFF) + (sum >> 16), sum_of_sums = (sum_of_sums & 0xFFFF) + (sum_of_sums >> 16);
  return static_cast<std::uint32_t>(sum_of_sums << 16 | sum);
}

bool take_fletcher32(Bytes& bytes) {
  if (bytes.size() < 4) return false;
  const auto stored = std::span(bytes).last(4);
  const std::array<std::uint8_t, 4> tail{stored[0], stored[1], stored[2], stored[3]};
  bytes.resize(bytes.size() - 4);
  const std::uint32_t sum = fletcher32(bytes);
  const auto is = [&](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
    return (std::uint32_t{tail[a]} | std::uint32_t{tail[b]} << 8 | std::uint32_t{tail[c]} << 16 |
            std::uint32_t{tail[d]} << 24) == sum;
  };
  return is(0, 1, 2, 3) || is(1, 0, 3, 2);  // before HDF5 1.6.3 the bytes of each half were exchanged
}

// LibLZF's format: runs of literal bytes, and copies of up to 264 bytes that lie at most 8192 bytes back.
bool unpack_lzf(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
  std::size_t from = 0, to = 0;
  while (from < in.size()) {
    const std::size_t control = in[from++];
    if (control < 32) {
      const std::size_t run = control + 1;
      if (run > in.size() - from || run > out.size() - to) return false;
      std::memcpy(&out[to], &in[from], run);
      from += run;
      to += run;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (from == in.size()) return false;
      length += in[from++];
    }
    if (from == in.size()) return false;
    const std::size_t back = ((control & 31) << 8 | in[from++]) + 1;
    length += 2;
    if (back > to || length > out.size() - to) return false;
    for (; length > 0; --length, ++to) out[to] = out[to - back];  // may overlap what it writes
  }
  return to == out.size();
}

}  // namespace

std::vector<H5Filter> h5_filters(H5Bytes& file, const std::vector<H5Message>& messages,
                                 const std::string& label) {
  const H5Message* message = h5_find(messages, H5Message::kFilters);
  if (!message) return {};
  H5Block data(message->data, file.file());
  const std::uint64_t version = data.number(1), count = data.number(1);
  if (version < 1 || version > 2) fail_damaged_h5(file.file(), "filters of no known kind");
  if (version == 1) data.skip(6);
  std::vector<H5Filter> filters;
  for (std::uint64_t f = 0; f < count; ++f) {
    H5Filter filter{data.number(2), ""};
    const std::size_t name_size = version == 1 || filter.id >= 256 ? data.number(2) : 0;
    data.skip(2);
    const std::size_t values = data.number(2);
    const auto name = data.take(version == 1 ? (name_size + 7) / 8 * 8 : name_size);
    filter.name.assign(name.begin(), std::find(name.begin(), name.end(), std::uint8_t{0}));
    data.skip(4 * values);
    if (version == 1 && values % 2 == 1 && data.left() >= 4) data.skip(4);
    if (filter.id != kDeflate && filter.id != kShuffle && filter.id != kFletcher32 && filter.id != kLzf) {
      for (const auto& [id, known] : kKnownNames)
        if (filter.id == id) filter.name = known;
      fail(FailureReason::kUnreadable, label,
           "is packed with the filter " + in_quotes(filter.name) + " (" + std::to_string(filter.id) +
               "), which is not read here (deflate, shuffle, fletcher32, lzf are)");
    }
    filters.push_back(std::move(filter));
  }
  return filters;
}

std::vector<std::uint8_t> h5_unpack(Bytes stored, const std::vector<H5Filter>& filters, std::uint64_t skipped,
                                    std::size_t size, std::size_t number_size) {
  const auto applied = [&](std::size_t f) { return f >= 32 || (skipped >> f & 1) == 0; };
  for (std::size_t f = filters.size(); f-- > 0;) {
    if (!applied(f)) continue;
    if (filters[f].id == kShuffle) {
      stored = unshuffle(stored, number_size);
    } else if (filters[f].id == kFletcher32) {
      if (!take_fletcher32(stored)) return {};
    } else {
      // What was packed had the chunk's size, and a checksum where one was put on before.
      std::size_t before = size;
      for (std::size_t earlier = 0; earlier < f; ++earlier)
        if (applied(earlier) && filters[earlier].id == kFletcher32) before += 4;
      Bytes out(before);
      const bool whole = filters[f].id == kDeflate ? inflate_zlib(stored, out) : unpack_lzf(stored, out);
      if (!whole) return {};
      stored = std::move(out);
    }
  }
  if (stored.size() != size) return {};
  return stored;
}

}  // namespace depthmill::io
