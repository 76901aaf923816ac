#include "stages/io/h5_layout.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <optional>

#include "stages/io/h5_filters.h"
#include "stages/io/h5_tree.h"
#include "stages/io/inflate.h"

namespace depthmill::io {
namespace {

using Index = std::vector<std::uint64_t>;

struct Chunk {
  Index at;  // its place among chunks
  H5Address address = 0;
  std::uint64_t stored = 0;   // bytes in the file
  std::uint64_t skipped = 0;  // filters that were not applied, bit 0: the first
};

// A chunked data set, and the numbers that its index has led to so far.
struct Chunked {
  H5Bytes& file;
  const H5Shape& shape;
  const std::string& label;
  std::vector<H5Filter> filters;
  std::size_t number_size = 0;
  std::span<std::uint8_t> out;  // all numbers, row-major
  Index size = {}, count = {},
        most = {};          // numbers of a chunk; chunks now and at the most, along each dimension
  std::uint64_t bytes = 0;  // of a chunk before its filters
  std::uint64_t found = 0;  // chunks

  std::size_t rank() const { return size.size(); }

  // Takes a chunk that an index names; one that has no place in the file was never written.
  void add(const Chunk& chunk) {
    if (file.undefined(chunk.address)) return;
    std::uint64_t chunks = 1;
    for (std::size_t d = 0; d < rank(); ++d) {
      if (chunk.at[d] >= count[d]) return;  // beyond a data set that has shrunk
      chunks *= count[d];
    }
    if (++found > chunks) fail_damaged_h5(file.file(), "an index holds more chunks than there are");
    if (!file.inside(chunk.address, chunk.stored))
      fail(FailureReason::kTruncated, label, "ends before its data does");
    std::vector<std::uint8_t> numbers(chunk.stored);
    file.read(chunk.address, numbers);
    numbers = h5_unpack(std::move(numbers), filters, chunk.skipped, bytes, number_size);
    if (numbers.size() != bytes)
      fail(FailureReason::kUnreadable, label, "is damaged: a chunk cannot be unpacked");
    put(chunk.at, numbers);
  }

  // Copies the part of a chunk that lies inside the data set, row by row.
  void put(const Index& at, std::span<const std::uint8_t> numbers) {
    const std::size_t last = rank() - 1;
    Index inside(rank()), row(rank(), 0);
    for (std::size_t d = 0; d < rank(); ++d) inside[d] = std::min(size[d], shape.now[d] - at[d] * size[d]);
    for (;;) {
      std::uint64_t from = 0, to = 0;
      for (std::size_t d = 0; d < rank(); ++d) {
        from = from * size[d] + row[d];
        to = to * shape.now[d] + at[d] * size[d] + row[d];
      }
      std::memcpy(&out[to * number_size], &numbers[from * number_size], inside[last] * number_size);
      std::size_t d = last;
      while (d > 0 && ++row[d - 1] == inside[d - 1]) row[--d] = 0;
      if (d == 0) return;
    }
  }

  // The place of the n-th chunk, counted through `most` with `slowest` as the outermost dimension.
  Index place(std::uint64_t n, std::size_t slowest) const {
    Index at(rank());
    for (std::size_t d = rank(); d-- > 0;)
      if (d != slowest) at[d] = n % most[d], n /= most[d];
    at[slowest] = n;
    return at;
  }
};

// Specification III.A.1: keys hold the chunk's size, its filters and its first number.
void find_by_tree_v1(Chunked& c, H5Address root) {
  if (c.file.undefined(root)) return;
  h5_walk_tree_v1(c.file, root, 1, 8 + 8 * (c.rank() + 1),
                  [&](std::span<const std::uint8_t> bytes, H5Address at) {
                    H5Block key({bytes.begin(), bytes.end()}, c.file.file());
                    Chunk chunk{{}, at};
                    chunk.stored = key.number(4);
                    chunk.skipped = key.number(4);
                    for (std::size_t d = 0; d < c.rank(); ++d) {
                      const std::uint64_t first = key.number(8);
                      if (first % c.size[d] != 0)
                        fail_damaged_h5(c.file.file(), "a chunk lies between its neighbours");
                      chunk.at.push_back(first / c.size[d]);
                    }
                    c.add(chunk);
                  });
}

// An entry of the arrays and trees below: an address; with filters also size and mask.
Chunk take_entry(const Chunked& c, H5Block& from, std::size_t size_bytes) {
  Chunk chunk;
  chunk.address = c.file.address(from);
  chunk.stored = !c.filters.empty() ? from.number(size_bytes) : c.bytes;
  chunk.skipped = !c.filters.empty() ? from.number(4) : 0;
  return chunk;
}

// Specification III.A.2, records of type 10 and 11.
void find_by_tree_v2(Chunked& c, H5Address header) {
  if (c.file.undefined(header)) return;
  h5_walk_tree_v2(c.file, header, [&](H5Block record) {
    const std::size_t others = c.file.address_size() + 4 + 8 * c.rank();
    const std::size_t size_bytes = !c.filters.empty() && record.left() > others ? record.left() - others : 0;
    Chunk chunk = take_entry(c, record, std::min<std::size_t>(size_bytes, 8));
    for (std::size_t d = 0; d < c.rank(); ++d) chunk.at.push_back(record.number(8));
    c.add(chunk);
  });
}

// Arrays hold their entries in the order of chunks.
struct Entries {
  Chunked& c;
  std::size_t slowest = 0;  // dimension
  std::size_t size = 0;     // bytes of an entry
  std::uint64_t next = 0;   // chunk

  void take(H5Block& from, std::uint64_t n) {
    const std::size_t others = c.file.address_size() + 4;
    for (; n > 0; --n) {
      Chunk chunk = take_entry(c, from, std::min<std::size_t>(size > others ? size - others : 0, 8));
      chunk.at = c.place(next++, slowest);
      c.add(chunk);
    }
  }
};

// A block's entries, in pages with a checksum each where there are many. `before`: bytes in front of the
// entries, the checksum of such a block's head not counted. `here`: which pages were written, one bit each
// from `first_bit` on, high bit first.
void take_entries(Entries& entries, H5Address at, std::uint64_t before, const char* signature,
                  std::uint64_t n, std::uint64_t page, std::span<const std::uint8_t> here,
                  std::uint64_t first_bit = 0) {
  H5Bytes& file = entries.c.file;
  constexpr auto kChecked = H5Bytes::Checksum::kLast4;
  if (n > file.size()) fail_damaged_h5(file.file(), "an array is larger than the file");
  if (n <= page) {
    H5Block block = file.block(at, before + n * entries.size + 4, signature, kChecked);
    block.skip(before - 4);
    return entries.take(block, n);
  }
  file.block(at, before + 4, signature, kChecked);
  at += before + 4;
  for (std::uint64_t p = 0; n > 0; ++p) {
    const std::uint64_t some = std::min(n, page);
    const std::uint64_t bit = first_bit + p;
    const bool written = bit / 8 < here.size() && (here[bit / 8] >> (7 - bit % 8) & 1) != 0;
    if (written) {
      H5Block block = file.block(at, some * entries.size + 4, {}, kChecked);
      entries.take(block, some);
    } else {
      entries.next += some;
    }
    at += some * entries.size + 4;
    n -= some;
  }
}

// Specification VII.B: the number of chunks cannot grow.
void find_by_fixed_array(Chunked& c, H5Address header) {
  if (c.file.undefined(header)) return;
  H5Block head = c.file.block(header, 8 + c.file.length_size() + c.file.address_size() + 4, "FAHD",
                              H5Bytes::Checksum::kLast4);
  head.skip(2);
  Entries entries{c, 0, head.number(1)};
  const std::uint64_t page_bits = head.number(1), n = c.file.length(head);
  const H5Address block = c.file.address(head);
  if (c.file.undefined(block)) return;
  if (page_bits > 32 || n > c.file.size()) fail_damaged_h5(c.file.file(), "an array of an impossible form");
  const std::uint64_t page = std::uint64_t{1} << page_bits, pages = n > page ? (n + page - 1) / page : 0;
  const std::uint64_t head_size = 6 + c.file.address_size();
  H5Block bits = c.file.block(block + head_size, (pages + 7) / 8);
  take_entries(entries, block, head_size + (pages + 7) / 8, "FADB", n, page, bits.take(bits.left()));
}

// Specification VII.C: one dimension may grow. The first entries lie in the index block; further data blocks
// double in size at every second step ("super block"), and from some step on are found through a block of
// their own.
void find_by_extensible_array(Chunked& c, H5Address header) {
  if (c.file.undefined(header)) return;
  H5Bytes& file = c.file;
  constexpr auto kChecked = H5Bytes::Checksum::kLast4;
  H5Block head = file.block(header, 12 + 6 * file.length_size() + file.address_size() + 4, "EAHD", kChecked);
  head.skip(2);
  const auto grows = std::find(c.shape.most.begin(), c.shape.most.end(), ~std::uint64_t{0});
  Entries entries{c, grows == c.shape.most.end() ? 0 : static_cast<std::size_t>(grows - c.shape.most.begin()),
                  head.number(1)};
  const std::uint64_t number_bits = head.number(1), in_index = head.number(1), smallest = head.number(1),
                      pointers = head.number(1), page_bits = head.number(1);
  head.skip(4 * file.length_size());
  const std::uint64_t written = file.length(head);  // entries up to the last one that was
  head.skip(file.length_size());
  const H5Address index = file.address(head);
  if (file.undefined(index)) return;
  if (number_bits > 64 || page_bits > 32 || !std::has_single_bit(smallest) || !std::has_single_bit(pointers))
    fail_damaged_h5(file.file(), "an array of an impossible form");
  const auto log2 = [](std::uint64_t n) { return static_cast<std::uint64_t>(std::bit_width(n)) - 1; };
  if (number_bits < log2(smallest)) fail_damaged_h5(file.file(), "an array of an impossible form");
  const std::uint64_t steps = 1 + number_bits - log2(smallest),
                      direct_steps = std::min(steps, 2 * log2(pointers));
  const std::uint64_t direct = 2 * (pointers - 1);
  const std::uint64_t page = std::uint64_t{1} << page_bits, offset_size = (number_bits + 7) / 8;
  const std::uint64_t block_head = 6 + file.address_size() + offset_size;

  const std::uint64_t index_head = 6 + file.address_size();
  H5Block block = file.block(
      index, index_head + in_index * entries.size + (direct + steps - direct_steps) * file.address_size() + 4,
      "EAIB", kChecked);
  block.skip(index_head - 4);
  entries.take(block, in_index);
  for (std::uint64_t step = 0; step < steps && entries.next < written; ++step) {
    const std::uint64_t blocks = std::uint64_t{1} << (step / 2);
    const std::uint64_t n = smallest << ((step + 1) / 2);
    const std::uint64_t pages = n > page ? n / page : 0, bitmap = (pages + 7) / 8;
    if (n > file.size() || blocks > file.size())
      fail_damaged_h5(file.file(), "an array is larger than the file");
    std::optional<H5Block> super;
    std::vector<std::uint8_t> bits;
    if (step >= direct_steps) {
      const H5Address at = file.address(block);
      if (file.undefined(at)) {
        entries.next += blocks * n;
        continue;
      }
      super = file.block(at, block_head + blocks * (bitmap + file.address_size()) + 4, "EASB", kChecked);
      super->skip(block_head - 4);
      const auto taken = super->take(blocks * bitmap);
      bits.assign(taken.begin(), taken.end());
    }
    for (std::uint64_t b = 0; b < blocks; ++b) {
      const H5Address at = file.address(super ? *super : block);
      if (file.undefined(at))
        entries.next += n;
      else
        take_entries(entries, at, block_head, "EADB", n, page, bits, b * pages);
    }
  }
}

// Chunks of a data set that cannot grow and has no filters, one behind the other.
void find_in_a_row(Chunked& c, H5Address first) {
  if (c.file.undefined(first)) return;
  std::uint64_t chunks = 1;
  for (std::uint64_t n : c.most) chunks *= n;
  if (c.bytes > 0 && chunks > c.file.size() / c.bytes)
    fail(FailureReason::kTruncated, c.label, "ends before its data does");
  for (std::uint64_t n = 0; n < chunks; ++n) c.add({c.place(n, 0), first + n * c.bytes, c.bytes, 0});
}

void set_chunk_size(Chunked& c, const Index& size) {
  c.size = size;
  c.bytes = c.number_size;
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 32;  // of a chunk, in HDF5
  for (std::size_t d = 0; d < size.size(); ++d) {
    if (size[d] == 0 || size[d] > kMostBytes || c.bytes > kMostBytes / size[d])
      fail_damaged_h5(c.file.file(), "chunks of an impossible size");
    c.bytes *= size[d];
    c.count.push_back((c.shape.now[d] + size[d] - 1) / size[d]);
    c.most.push_back(c.shape.most[d] / size[d] + (c.shape.most[d] % size[d] != 0));
    if (c.most[d] == 0) fail_damaged_h5(c.file.file(), "a data set larger than it may become");
  }
  if (c.bytes / kMostOfOneByte > c.file.size() || c.bytes / c.number_size > kMaxElements)
    fail(FailureReason::kUnreadable, c.label, "promises far more data than the file holds");
}

// The layout message of a chunked data set behind its class (specification IV.A.2.i).
void read_chunks(Chunked& c, std::uint64_t version, H5Block& data) {
  const std::uint64_t flags = version == 4 ? data.number(1) : 0;
  const std::uint64_t dimensions = data.number(1);  // the last is the size of a number
  if (dimensions != c.shape.now.size() + 1)
    fail_damaged_h5(c.file.file(), "chunks of another rank than their data set");
  H5Address address = version == 3 ? c.file.address(data) : 0;
  const std::size_t size_bytes = version == 3 ? 4 : data.number(1);
  if (size_bytes > 8) fail_damaged_h5(c.file.file(), "chunks of an impossible size");
  Index size;
  for (std::uint64_t d = 0; d < dimensions; ++d) size.push_back(data.number(size_bytes));
  size.pop_back();
  set_chunk_size(c, size);
  if (version == 3) return find_by_tree_v1(c, address);

  constexpr std::uint64_t kPartialChunksUnfiltered = 1, kOneFilteredChunk = 2;
  if ((flags & kPartialChunksUnfiltered) != 0 && !c.filters.empty())
    fail(FailureReason::kUnreadable, c.label,
         "has chunks at its edge that are packed another way, which is not read");
  enum Kind { kOne = 1, kInARow, kFixedArray, kExtensibleArray, kTree };
  const std::uint64_t kind = data.number(1);
  Chunk one{Index(c.rank(), 0), 0, c.bytes, 0};
  if (kind == kOne && (flags & kOneFilteredChunk) != 0) {
    one.stored = c.file.length(data);
    one.skipped = data.number(4);
  }
  constexpr std::size_t kParameters[] = {0, 0, 0,
                                         1, 5, 6};  // bytes of each kind, which its header tells again
  if (kind < kOne || kind > kTree) fail_damaged_h5(c.file.file(), "an index of no known kind");
  data.skip(kParameters[kind]);
  address = c.file.address(data);
  if (kind == kOne) one.address = address, c.add(one);
  if (kind == kInARow) find_in_a_row(c, address);
  if (kind == kFixedArray) find_by_fixed_array(c, address);
  if (kind == kExtensibleArray) find_by_extensible_array(c, address);
  if (kind == kTree) find_by_tree_v2(c, address);
}

// What stands where nothing was written: the fill value, or zeros (specification IV.A.2.e and f).
void fill_in(H5Bytes& file, const std::vector<H5Message>& messages, std::span<std::uint8_t> out,
             std::size_t number_size) {
  const H5Message* message = h5_find(messages, H5Message::kFill);
  const bool old = message == nullptr;
  if (old) message = h5_find(messages, H5Message::kOldFill);
  if (!message || message->shared) return;
  H5Block data(message->data, file.file());
  if (!old) {
    const std::uint64_t version = data.number(1);
    bool defined = true;
    if (version == 3) {
      defined = (data.number(1) & 0x20) != 0;
    } else {
      data.skip(2);
      defined = data.number(1) != 0;
    }
    if (!defined) return;
  }
  if (data.number(4) != number_size) return;
  const auto value = data.take(number_size);
  for (std::size_t at = 0; at + number_size <= out.size(); at += number_size)
    std::memcpy(&out[at], value.data(), number_size);
}

}  // namespace

std::vector<std::uint8_t> h5_read_numbers(H5Bytes& file, const std::vector<H5Message>& messages,
                                          const H5Shape& shape, std::size_t number_size, std::size_t bytes,
                                          const std::string& label) {
  const H5Message* message = h5_find(messages, H5Message::kLayout);
  if (!message) fail_damaged_h5(file.file(), "a data set without a layout");
  enum Class { kCompact, kContiguous, kChunked, kVirtual };
  H5Block data(message->data, file.file());
  const std::uint64_t version = data.number(1);
  if (version < 3 || version > 4)
    fail(FailureReason::kUnreadable, label,
         "is laid out as HDF5 " + std::string(version < 3 ? "before 1.6.3" : "after 1.14") +
             " does, which is not read");
  const std::uint64_t kind = data.number(1);
  if (h5_find(messages, H5Message::kExternalFiles) || kind == kVirtual)
    fail(FailureReason::kUnreadable, label, "keeps its data in another file, which is not followed");
  if (kind > kVirtual) fail_damaged_h5(file.file(), "a layout of no known kind");
  if (bytes == 0) return {};
  constexpr const char* kNone = "has a size, but none of its data";
  constexpr const char* kTooMuch = "promises far more data than the file holds";

  if (kind == kChunked) {
    if (shape.now.empty()) fail_damaged_h5(file.file(), "chunks of a single number");
    if (bytes / kMostOfOneByte > file.size()) fail(FailureReason::kUnreadable, label, kTooMuch);
    std::vector<std::uint8_t> numbers(bytes);
    fill_in(file, messages, numbers, number_size);
    Chunked chunked{file, shape, label, h5_filters(file, messages, label), number_size, numbers};
    read_chunks(chunked, version, data);
    if (chunked.found == 0) fail(FailureReason::kUnreadable, label, kNone);
    return numbers;
  }
  if (kind == kCompact) {
    const std::uint64_t there = data.number(2);
    if (there != bytes) fail_damaged_h5(file.file(), "numbers that do not fill their data set");
    const auto taken = data.take(bytes);
    return {taken.begin(), taken.end()};
  }
  const H5Address at = file.address(data);
  if (file.undefined(at)) fail(FailureReason::kUnreadable, label, kNone);
  if (file.length(data) < bytes) fail_damaged_h5(file.file(), "numbers that do not fill their data set");
  if (!file.inside(at, bytes)) fail(FailureReason::kTruncated, label, "ends before its data does");
  std::vector<std::uint8_t> numbers(bytes);
  file.read(at, numbers);
  return numbers;
}

}  // namespace depthmill::io
