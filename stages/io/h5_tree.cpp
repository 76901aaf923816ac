#include "stages/io/h5_tree.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "stages/io/array.h"

namespace depthmill::io {
namespace {

using VisitLeaf = std::function<void(std::span<const std::uint8_t>, H5Address)>;

// `level`: what this node must be; the root is asked.
void walk_node_v1(H5Bytes& file, H5Address at, unsigned kind, std::size_t key_size, const VisitLeaf& visit,
                  int level) {
  const std::size_t head_size = 8 + 2 * file.address_size();
  H5Block head = file.block(at, head_size, "TREE");
  const std::uint64_t found_kind = head.number(1);
  const int found_level = static_cast<int>(head.number(1));
  const std::uint64_t used = head.number(2);
  if (found_kind != kind || (level >= 0 && found_level != level))
    fail_damaged_h5(file.file(), "a node of a tree is of another kind than its parent says");
  H5Block entries = file.block(at + head_size, used * (key_size + file.address_size()));
  for (std::uint64_t i = 0; i < used; ++i) {
    const auto key = entries.take(key_size);
    const H5Address child = file.address(entries);
    if (found_level == 0)
      visit(key, child);
    else
      walk_node_v1(file, child, kind, key_size, visit, found_level - 1);
  }
}

// What a version 2 B-tree says of itself.
struct TreeV2 {
  std::uint64_t node_size = 0, record_size = 0;
  std::size_t count_size = 0;  // bytes of a child's number of records
  std::vector<std::size_t>
      total_size;  // by level: bytes of the number of records below a child of that level
};

using VisitRecord = std::function<void(H5Block)>;

void walk_node_v2(H5Bytes& file, const TreeV2& tree, H5Address at, std::uint64_t records, std::uint64_t level,
                  const VisitRecord& visit) {
  // Checksums stand behind what is used of a node, not at its end.
  const std::size_t pointer =
      level == 0 ? 0 : file.address_size() + tree.count_size + tree.total_size[level - 1];
  const std::uint64_t used = records * tree.record_size + (level == 0 ? 0 : (records + 1) * pointer);
  if (used > tree.node_size) fail_damaged_h5(file.file(), "a node of a tree holds more than it has room for");
  H5Block node = file.block(at, 6 + used + 4, level == 0 ? "BTLF" : "BTIN", H5Bytes::Checksum::kLast4);
  node.skip(2);
  std::vector<H5Block> own;
  for (std::uint64_t r = 0; r < records; ++r) {
    const auto bytes = node.take(tree.record_size);
    own.emplace_back(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), file.file());
  }
  for (std::uint64_t r = 0; r <= records; ++r) {
    if (level > 0) {
      const H5Address child = file.address(node);
      const std::uint64_t count = node.number(tree.count_size);
      node.skip(tree.total_size[level - 1]);
      walk_node_v2(file, tree, child, count, level - 1, visit);
    }
    if (r < records) visit(own[r]);
  }
}

}  // namespace

std::size_t h5_bytes_for(std::uint64_t value) {
  return std::max<std::size_t>(1, (static_cast<std::size_t>(std::bit_width(value)) + 7) / 8);
}

void h5_walk_tree_v1(H5Bytes& file, H5Address root, unsigned kind, std::size_t key_size,
                     const VisitLeaf& visit) {
  walk_node_v1(file, root, kind, key_size, visit, -1);
}

void h5_walk_tree_v2(H5Bytes& file, H5Address header, const VisitRecord& visit) {
  H5Block head = file.block(header, 16 + file.address_size() + 2 + file.length_size() + 4, "BTHD",
                            H5Bytes::Checksum::kLast4);
  head.skip(2);
  TreeV2 tree;
  tree.node_size = head.number(4);
  tree.record_size = head.number(2);
  const std::uint64_t depth = head.number(2);
  head.skip(2);
  const H5Address root = file.address(head);
  const std::uint64_t records = head.number(2);
  if (file.undefined(root)) return;
  constexpr std::uint64_t kAroundRecords = 10, kMostDepth = 64;
  if (tree.node_size <= kAroundRecords || tree.record_size == 0 || depth > kMostDepth)
    fail_damaged_h5(file.file(), "a tree of an impossible form");
  // How many bytes a number takes goes by the most that a node of each level can hold.
  const std::uint64_t room = tree.node_size - kAroundRecords;
  std::uint64_t most_below = room / tree.record_size;
  tree.count_size = h5_bytes_for(most_below);
  tree.total_size = {0};
  for (std::uint64_t level = 1; level < depth; ++level) {
    const std::uint64_t pointer = file.address_size() + tree.count_size + tree.total_size[level - 1];
    if (room < pointer) fail_damaged_h5(file.file(), "a tree of an impossible form");
    const std::uint64_t most = (room - pointer) / (tree.record_size + pointer);
    constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
    most_below = most_below > (kLargest - most) / (most + 1) ? kLargest : (most + 1) * most_below + most;
    tree.total_size.push_back(h5_bytes_for(most_below));
  }
  walk_node_v2(file, tree, root, records, depth, visit);
}

H5Heap::H5Heap(H5Bytes& file, H5Address header) : file_(file) {
  H5Block first = file.block(header, 9, "FRHP");
  first.skip(3);
  if (first.number(2) != 0)
    fail(FailureReason::kUnreadable, file.file(), "packs the names of a group, which is not read");
  H5Block head = file.block(header, 26 + 12 * file.length_size() + 3 * file.address_size(), "FRHP",
                            H5Bytes::Checksum::kLast4);
  head.skip(1);
  const std::uint64_t id_size = head.number(2);
  head.skip(3);
  const std::uint64_t largest_object = head.number(4);
  head.skip(10 * file.length_size() + 2 * file.address_size());
  width_ = head.number(2);
  first_size_ = file.length(head);
  largest_direct_ = file.length(head);
  const std::uint64_t address_bits = head.number(2);
  head.skip(2);
  root_ = file.address(head);
  rows_ = head.number(2);
  const auto power = [](std::uint64_t n) { return std::has_single_bit(n) && n <= std::uint64_t{1} << 31; };
  if (!power(width_) || !power(first_size_) || !power(largest_direct_) || largest_direct_ < first_size_ ||
      address_bits > 64 || rows_ > 64)
    fail_damaged_h5(file.file(), "a heap of an impossible form");
  offset_size_ = (address_bits + 7) / 8;
  const auto direct_bits = static_cast<std::size_t>(std::bit_width(largest_direct_) - 1);
  length_size_ = std::min((direct_bits + 7) / 8, h5_bytes_for(largest_object));
  if (id_size < 1 + offset_size_ + length_size_) fail_damaged_h5(file.file(), "a heap of an impossible form");
}

H5Block H5Heap::object(std::span<const std::uint8_t> id) {
  H5Block block(std::vector<std::uint8_t>(id.begin(), id.end()), file_.file());
  const std::uint64_t first = block.number(1), kind = first >> 4 & 3;
  enum Kind { kManaged, kHuge, kTiny };
  if (kind == kTiny) {
    const auto bytes = block.take((first & 0x0F) + 1);
    return {std::vector<std::uint8_t>(bytes.begin(), bytes.end()), file_.file()};
  }
  if (kind != kManaged) fail(FailureReason::kUnreadable, file_.file(), "has names too long to be read");
  const std::uint64_t offset = block.number(offset_size_), length = block.number(length_size_);
  std::uint64_t start = 0;
  const H5Address at = rows_ == 0 ? root_ : direct_block(root_, rows_, offset, start);
  // The block's own head counts as part of it, so that no object lies at its beginning.
  file_.block(at, 4, "FHDB");
  if (offset < start) fail_damaged_h5(file_.file(), "an entry lies outside its heap");
  return file_.block(at + (offset - start), length);
}

// Where the direct block lies that holds `offset`; `start` becomes the offset at which that block begins.
// Rows of `width_` blocks double in size, from the second on; blocks larger than largest_direct_ are tables
// themselves.
H5Address H5Heap::direct_block(H5Address at, std::uint64_t rows, std::uint64_t offset, std::uint64_t& start) {
  for (;;) {
    const std::uint64_t entries = rows * width_ * file_.address_size();
    const std::uint64_t head = 5 + file_.address_size() + offset_size_;
    H5Block table = file_.block(at, head + entries + 4, "FHIB", H5Bytes::Checksum::kLast4);
    table.skip(head - 4);
    std::uint64_t row = 0, size = first_size_;
    for (; row < rows; ++row) {
      size = row_size(row);
      if (offset - start < width_ * size) break;
      table.skip(width_ * file_.address_size());
      start += width_ * size;
    }
    if (row == rows) fail_damaged_h5(file_.file(), "an entry lies outside its heap");
    const std::uint64_t column = (offset - start) / size;
    table.skip(column * file_.address_size());
    start += column * size;
    at = file_.address(table);
    if (size <= largest_direct_) return at;
    const std::uint64_t below = std::bit_width(size / (first_size_ * width_));
    if (below == 0 || below >= rows) fail_damaged_h5(file_.file(), "a heap of an impossible form");
    rows = below;
  }
}

}  // namespace depthmill::io
