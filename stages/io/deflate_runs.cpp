#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <stdexcept>

#include "stages/io/deflate.h"

namespace depthmill::io {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 17;  // bytes that share a code
constexpr std::size_t kWord = 8;                      // a run begins with a whole word of its byte
constexpr std::size_t kLongestRun = 258;
constexpr int kMostBits = 14;  // of a code: four and the bits of a byte that waits fit into 64
constexpr std::size_t kLiterals = 256, kEndOfBlock = 256, kSymbols = 286;
constexpr std::size_t kHeaderBits = 3 + 5 + 5 + 4 + 19 * 3 + (kSymbols + 1) * 4;

// RFC 1951, 3.2.5: the symbol of each length, and the bits that say which of the symbol's lengths it is.
struct LengthCode {
  std::uint16_t symbol = 0;
  std::uint8_t extra_bits = 0, extra = 0;
};
constexpr std::array<LengthCode, kLongestRun + 1> make_length_codes() {
  std::array<LengthCode, kLongestRun + 1> codes{};
  std::size_t length = 3;
  for (std::uint16_t symbol = 257; symbol < 285; ++symbol) {
    const auto bits = static_cast<std::uint8_t>(symbol < 265 ? 0 : (symbol - 261) / 4);
    for (std::size_t k = 0; k < (std::size_t{1} << bits) && length < kLongestRun; ++k)
      codes[length++] = {symbol, bits, static_cast<std::uint8_t>(k)};
  }
  codes[kLongestRun] = {285, 0, 0};
  return codes;
}
constexpr auto kLengthCodes = make_length_codes();

struct Code {
  std::uint16_t bits = 0, length = 0;  // the bit that comes first lowest
};
using Counts = std::array<std::uint32_t, kSymbols>;
using Codes = std::array<Code, kSymbols>;

// Depths of the symbols in a Huffman tree; 0 for those that do not occur. At least two occur.
std::array<int, kSymbols> huffman_depths(const Counts& counts) {
  struct Node {
    std::uint32_t count;
    std::size_t parent;
  };
  std::array<std::size_t, kSymbols> order{};
  std::size_t leaves = 0;
  for (std::size_t s = 0; s < kSymbols; ++s)
    if (counts[s] > 0) order[leaves++] = s;
  std::stable_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(leaves),
                   [&](std::size_t a, std::size_t b) { return counts[a] < counts[b]; });
  // Leaves in ascending order, then inner nodes, which come about in ascending order.
  std::array<Node, 2 * kSymbols> nodes{};
  for (std::size_t i = 0; i < leaves; ++i) nodes[i] = {counts[order[i]], 0};
  std::size_t leaf = 0, inner = leaves;
  const std::size_t root = 2 * leaves - 2;
  for (std::size_t made = leaves; made <= root; ++made) {
    nodes[made].count = 0;
    for (int child = 0; child < 2; ++child) {
      const bool takes_leaf = leaf < leaves && (inner == made || nodes[leaf].count <= nodes[inner].count);
      Node& least = nodes[takes_leaf ? leaf++ : inner++];
      least.parent = made;
      nodes[made].count += least.count;
    }
  }
  std::array<int, 2 * kSymbols> depth{};
  for (std::size_t i = root; i-- > 0;) depth[i] = depth[nodes[i].parent] + 1;
  std::array<int, kSymbols> depths{};
  for (std::size_t i = 0; i < leaves; ++i) depths[order[i]] = depth[i];
  return depths;
}

// Codes of kMostBits at the most: counts are halved, which makes the rare ones more alike, until they fit.
Codes huffman_codes(Counts counts) {
  std::array<int, kSymbols> depths = huffman_depths(counts);
  while (*std::max_element(depths.begin(), depths.end()) > kMostBits) {
    for (std::uint32_t& count : counts) count = count / 2 + count % 2;
    depths = huffman_depths(counts);
  }
  // RFC 1951, 3.2.2: codes of one length count up in the order of the symbols.
  Codes codes{};
  std::uint32_t next = 0;
  for (int length = 1; length <= kMostBits; ++length, next <<= 1)
    for (std::size_t s = 0; s < kSymbols; ++s) {
      if (depths[s] != length) continue;
      std::uint32_t reversed = 0;
      for (int bit = 0; bit < length; ++bit) reversed |= (next >> bit & 1u) << (length - 1 - bit);
      codes[s] = {static_cast<std::uint16_t>(reversed), static_cast<std::uint16_t>(length)};
      ++next;
    }
  return codes;
}

// Bits, the first of them lowest. There must be 8 bytes of room behind what is written.
class Bits {
 public:
  explicit Bits(std::uint8_t* to) : to_(to) {}
  // Up to 56 bits wait between two calls of flush().
  void put(std::uint64_t bits, unsigned n) {
    waiting_ |= bits << count_;
    count_ += n;
  }
  void put(const Code& code) { put(code.bits, code.length); }
  void flush() {
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(to_, &waiting_, sizeof waiting_);
    else
      for (int i = 0; i < 8; ++i) to_[i] = static_cast<std::uint8_t>(waiting_ >> (8 * i));
    to_ += count_ / 8;
    waiting_ >>= count_ / 8 * 8;
    count_ %= 8;
  }
  // Whole bytes between `begin` and here.
  std::size_t written(const std::uint8_t* begin) const { return static_cast<std::size_t>(to_ - begin); }
  void move_to(std::uint8_t* to) { to_ = to; }
  // Fills the last byte up with zeros.
  void end() {
    flush();
    to_ += count_ > 0 ? 1 : 0;
  }

 private:
  std::uint8_t* to_;
  std::uint64_t waiting_ = 0;
  unsigned count_ = 0;
};

struct Run {
  std::uint32_t begin, length;
};

// Runs in `from`, of which from[-1] is the byte before where `has_before`; counts the symbols of all of it.
void find_runs(const std::uint8_t* from, std::size_t size, bool has_before, std::vector<Run>& runs,
               Counts& counts) {
  // A byte often follows itself: with one table each count would wait for the one before it.
  std::array<std::array<std::uint32_t, kLiterals>, 4> literals{};
  runs.clear();
  counts.fill(0);
  std::size_t i = 0;
  if (!has_before && size > 0) ++literals[0][from[i++]];
  while (i + kWord <= size) {
    std::uint64_t word, same = 0x0101010101010101u * from[static_cast<std::ptrdiff_t>(i) - 1];
    std::memcpy(&word, from + i, kWord);
    if (word != same) {
      for (std::size_t k = 0; k < kWord; ++k) ++literals[k % 4][from[i + k]];
      i += kWord;
      continue;
    }
    const std::size_t most = std::min(kLongestRun, size - i);
    std::size_t length = kWord;
    while (length < most && from[i + length] == from[i]) ++length;
    runs.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(length)});
    ++counts[kLengthCodes[length].symbol];
    i += length;
  }
  for (; i < size; ++i) ++literals[0][from[i]];
  for (std::size_t s = 0; s < kLiterals; ++s)
    counts[s] = literals[0][s] + literals[1][s] + literals[2][s] + literals[3][s];
  counts[kEndOfBlock] = 1;
}

// The codes' lengths in 4 bits each: a code for them would save a thousandth.
void put_header(const Codes& codes, bool last, Bits& out) {
  out.put(last ? 1 : 0, 1);
  out.put(2, 2);               // with codes of its own
  out.put(kSymbols - 257, 5);  // lengths of literals and runs
  out.put(0, 5);               // one distance
  out.put(19 - 4, 4);
  // In this order (RFC 1951, 3.2.7) stand 16, 17, 18, which repeat a length and are not used, then 0 to 15.
  for (int i = 0; i < 19; ++i) {
    out.put(i < 3 ? 0 : 4, 3);
    out.flush();
  }
  const auto put_length = [&](unsigned length) {
    const unsigned reversed = (length & 1) << 3 | (length & 2) << 1 | (length & 4) >> 1 | (length & 8) >> 3;
    out.put(reversed, 4);
    out.flush();
  };
  for (const Code& code : codes) put_length(code.length);
  put_length(1);  // of the distance 1, which is 0
}

void put_literals(const std::uint8_t* from, const std::uint8_t* end, const Codes& codes, Bits& out) {
  for (; end - from >= 4; from += 4) {
    for (int k = 0; k < 4; ++k) out.put(codes[from[k]]);
    out.flush();
  }
  for (; from < end; ++from) out.put(codes[*from]), out.flush();
}

void put_block(const std::uint8_t* from, std::size_t size, std::span<const Run> runs, const Codes& codes,
               bool last, Bits& out) {
  put_header(codes, last, out);
  const std::uint8_t* at = from;
  for (const Run& run : runs) {
    put_literals(at, from + run.begin, codes, out);
    const LengthCode& length = kLengthCodes[run.length];
    out.put(codes[length.symbol]);
    out.put(length.extra, length.extra_bits);
    out.put(0, 1);  // the distance
    out.flush();
    at = from + run.begin + run.length;
  }
  put_literals(at, from + size, codes, out);
  out.put(codes[kEndOfBlock]);
  out.flush();
}

std::size_t bits_of(const Counts& counts, const Codes& codes) {
  constexpr std::size_t kMostExtra = 6;  // 5 bits and the distance
  std::size_t bits = kHeaderBits;
  for (std::size_t s = 0; s < kSymbols; ++s)
    bits += counts[s] * (codes[s].length + (s > kEndOfBlock ? kMostExtra : 0));
  return bits;
}

}  // namespace

std::vector<std::uint8_t> deflated_runs(const std::uint8_t* from, std::size_t size, std::size_t room_before) {
  if (size == 0) throw std::invalid_argument("deflated_runs: there is nothing to pack");
  std::vector<std::uint8_t> out(room_before + 2 + size / 2 + kWord);
  out[room_before] = 0x78, out[room_before + 1] = 0x01;  // deflate, window of 32 KB, the quickest
  std::vector<Run> runs;
  Counts counts;
  Bits bits(out.data() + room_before + 2);
  std::size_t at = 0;
  do {
    const std::size_t n = std::min(kBlock, size - at);
    find_runs(from + at, n, at > 0, runs, counts);
    const Codes codes = huffman_codes(counts);
    const std::size_t written = bits.written(out.data());
    const std::size_t needed = written + bits_of(counts, codes) / 8 + 2 * kWord;
    if (out.size() < needed) {
      out.resize(needed + (size - at) / 2);
      bits.move_to(out.data() + written);
    }
    put_block(from + at, n, runs, codes, at + n == size, bits);
    at += n;
  } while (at < size);
  bits.end();
  const std::size_t end = bits.written(out.data());
  out.resize(end + 4);
  const std::uint32_t adler = libdeflate_adler32(1, from, size);
  for (std::size_t i = 0; i < 4; ++i) out[end + i] = static_cast<std::uint8_t>(adler >> (24 - 8 * i));
  return out;
}

}  // namespace depthmill::io
