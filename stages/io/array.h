// What a codec hands over: numbers in row-major order with their shape and type, before anyone has decided
// whether they are depth or colour. And the checks all codecs share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"
#include "stages/base/planes.h"

namespace depthmill::io {

enum class Element { kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64, kF32, kF64 };

std::size_t element_size(Element element);
std::string_view element_name(Element element);  // "uint8", "float64", ...

struct Array {
  std::vector<std::size_t> shape;  // slowest dimension first
  Element element = Element::kU8;
  std::vector<std::uint8_t> bytes;  // row-major, native byte order

  std::size_t count() const;
  std::string describe() const;  // "uint16 480x640"
};

// No plane of this field comes near 2^28 samples (16384 x 16384); a header that asks for more is damaged or
// hostile, and is refused before anything is allocated.
inline constexpr std::size_t kMaxElements = std::size_t{1} << 28;

// Throws FrameError: "<label>: <reason>".
[[noreturn]] void fail(FailureReason why, std::string_view label, const std::string& reason);

// The most pixels (rows x columns, whatever the channels) that a reader takes memory for: 2^25 until the
// program says otherwise. One for the process, because every codec asks and no caller of one has another.
std::size_t max_pixels();
void set_max_pixels(std::size_t pixels);

// Product of the dimensions; kUnreadable when it is beyond kMaxElements, or max_pixels() of them. One
// dimension of three or four, the last or the last but two, counts as channels.
std::size_t checked_count(std::span<const std::size_t> shape, std::string_view label);

// A header's promise of pixels that is none (kUnreadable) or more than `most`, which is all that a file of
// this size can hold (kTruncated), before anything is allocated for it.
void check_promise(std::span<const std::size_t> shape, std::size_t most, std::string_view label);

// Payload found against payload promised: fewer bytes are kTruncated, more are kUnreadable.
void check_payload(std::size_t found, std::size_t promised, std::string_view label);

// The whole file. FrameError as OrdinaryFile throws it, and kUnreadable for files larger than 4 GiB.
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file);

// `bytes` lie column-major (MATLAB, Fortran): the same values in row-major order.
Array from_column_major(Array array);

// Could an array of this shape be a plane of this kind (every dimension longer than 1 where rows and columns
// are)?
bool fits(std::span<const std::size_t> shape, PlaneKind kind);

// The plane as `read_plane` promises it. Throws FrameError(kWrongSize / kUnreadable).
cv::Mat to_plane(const Array& array, PlaneKind kind, double depth_scale, std::string_view label);

// The numbers of a matrix (interleaved channels as the last dimension).
Array to_array(const cv::Mat& m);

}  // namespace depthmill::io
