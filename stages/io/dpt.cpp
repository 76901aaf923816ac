#include "stages/io/dpt.h"

#include <bit>
#include <cstring>

namespace depthmill::io {
namespace {

static_assert(std::endian::native == std::endian::little, "parse_dpt reads numbers as they lie");

constexpr float kMark = 202021.25F;
constexpr std::size_t kHeader = 12;

template <class T>
T number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, &bytes[at], sizeof value);
  return value;
}

}  // namespace

Array parse_dpt(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (bytes.size() < kHeader) fail(FailureReason::kTruncated, label, "ends inside its header");
  if (number_at<float>(bytes, 0) != kMark)
    fail(FailureReason::kUnreadable, label, "is no .dpt file of Sintel");
  const auto cols = number_at<std::int32_t>(bytes, 4), rows = number_at<std::int32_t>(bytes, 8);
  if (cols <= 0 || rows <= 0)
    fail(FailureReason::kUnreadable, label, "its header has a width or height of nothing");
  Array a{{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)}, Element::kF32, {}};
  check_payload(bytes.size() - kHeader, checked_count(a.shape, label) * sizeof(float), label);
  a.bytes.assign(bytes.begin() + kHeader, bytes.end());
  return a;
}

constinit const FileFormat kDptFormat{
    .endings = "dpt",
    .reads = {PlaneKind::kDepth},
    .depth_bits = 32,
    .help = "depth of MPI Sintel, float32",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_dpt(read_bytes(source.file), source.text()); },
};

}  // namespace depthmill::io
