#include "stages/io/array.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "stages/io/ordinary_file.h"
#include "stages/io/stack.h"

namespace depthmill::io {
namespace {

// Calls f with a typed pointer to the values.
template <class F>
auto visit(const Array& a, F&& f) {
  const void* p = a.bytes.data();
  switch (a.element) {
    case Element::kU8:
      return f(static_cast<const std::uint8_t*>(p));
    case Element::kI8:
      return f(static_cast<const std::int8_t*>(p));
    case Element::kU16:
      return f(static_cast<const std::uint16_t*>(p));
    case Element::kI16:
      return f(static_cast<const std::int16_t*>(p));
    case Element::kU32:
      return f(static_cast<const std::uint32_t*>(p));
    case Element::kI32:
      return f(static_cast<const std::int32_t*>(p));
    case Element::kU64:
      return f(static_cast<const std::uint64_t*>(p));
    case Element::kI64:
      return f(static_cast<const std::int64_t*>(p));
    case Element::kF32:
      return f(static_cast<const float*>(p));
    case Element::kF64:
      return f(static_cast<const double*>(p));
  }
  throw std::invalid_argument("unknown element type");
}

bool is_float(Element e) { return e == Element::kF32 || e == Element::kF64; }

// Drops leading, then trailing dimensions of length 1 until `rank` are left.
std::vector<std::size_t> squeezed(std::span<const std::size_t> shape, std::size_t rank) {
  std::vector<std::size_t> s(shape.begin(), shape.end());
  while (s.size() > rank && s.front() == 1) s.erase(s.begin());
  while (s.size() > rank && s.back() == 1) s.pop_back();
  return s;
}

cv::Mat depth_plane(const Array& a, double depth_scale, std::string_view label) {
  const auto shape = squeezed(a.shape, 2);
  if (shape.size() != 2)
    fail(FailureReason::kWrongSize, label, a.describe() + " is not rows x columns of depth");
  if (!(depth_scale > 0) || !std::isfinite(depth_scale))
    throw std::invalid_argument("the depth scale must be a positive number of samples per metre");
  cv::Mat out(static_cast<int>(shape[0]), static_cast<int>(shape[1]), CV_64FC1);
  double* to = out.ptr<double>();
  const std::size_t n = a.count();
  visit(a, [&]<class T>(const T* from) {
    // Dividing, not multiplying by the inverse: 1500 / 1000 is the double nearest to 1.5, 1500 * 0.001 is
    // not.
    const double divisor = std::is_integral_v<T> ? depth_scale : 1.0;
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<double>(from[i]) / divisor;
  });
  return out;
}

struct RgbLayout {
  std::size_t rows, cols, channels, row_step, col_step, channel_step;
};

bool rgb_layout(std::span<const std::size_t> shape_in, RgbLayout& layout) {
  const auto shape = squeezed(shape_in, 3);
  const auto colours = [](std::size_t n) { return n == 1 || n == 3 || n == 4; };
  if (shape.size() == 2) {
    layout = {shape[0], shape[1], 1, shape[1], 1, 0};
  } else if (shape.size() == 3 && colours(shape[2])) {
    layout = {shape[0], shape[1], shape[2], shape[1] * shape[2], shape[2], 1};
  } else if (shape.size() == 3 && colours(shape[0])) {
    layout = {shape[1], shape[2], shape[0], shape[2], 1, shape[1] * shape[2]};
  } else {
    return false;
  }
  return true;
}

template <class T>
std::uint8_t to_8_bit(T value, std::string_view label) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return value;
  } else if constexpr (std::is_same_v<T, std::uint16_t>) {
    return static_cast<std::uint8_t>((value + 128u) / 257u);
  } else {
    // A little slack for images that have been through a resize in float.
    if (!(value >= T(-1e-3) && value <= T(1 + 1e-3)))
      fail(FailureReason::kUnreadable, label,
           "floating-point colour must lie in [0, 1], found " + std::to_string(value));
    return static_cast<std::uint8_t>(std::lround(std::clamp<double>(value, 0, 1) * 255.0));
  }
}

cv::Mat rgb_plane(const Array& a, std::string_view label) {
  RgbLayout l{};
  if (!rgb_layout(a.shape, l))
    fail(FailureReason::kWrongSize, label,
         a.describe() + " is not rows x columns x 3 (or 3 x rows x columns)");
  cv::Mat out(static_cast<int>(l.rows), static_cast<int>(l.cols), CV_8UC3);
  visit(a, [&]<class T>(const T* from) {
    if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint16_t> ||
                  std::is_floating_point_v<T>) {
      const std::size_t step = l.channels >= 3 ? l.channel_step : 0;  // gray is repeated, alpha never reached
      for (std::size_t i = 0; i < l.rows; ++i) {
        auto* to = out.ptr<std::uint8_t>(static_cast<int>(i));
        if constexpr (std::is_same_v<T, std::uint8_t>)
          if (step == 1 && l.col_step == 3) {
            std::memcpy(to, from + i * l.row_step, 3 * l.cols);
            continue;
          }
        for (std::size_t j = 0; j < l.cols; ++j) {
          const T* pixel = from + i * l.row_step + j * l.col_step;
          for (std::size_t c = 0; c < 3; ++c) *to++ = to_8_bit(pixel[c * step], label);
        }
      }
    } else {
      fail(FailureReason::kUnreadable, label,
           a.describe() + " is no image: colour is uint8, uint16 or floating-point");
    }
  });
  return out;
}

cv::Mat code_plane(const Array& a, std::string_view label) {
  const auto shape = squeezed(a.shape, 2);
  if (shape.size() != 2 || is_float(a.element))
    fail(FailureReason::kWrongSize, label,
         a.describe() + " is not rows x columns of whole-numbered Kinect codes");
  cv::Mat out(static_cast<int>(shape[0]), static_cast<int>(shape[1]), CV_16UC1);
  auto* to = out.ptr<std::uint16_t>();
  const std::size_t n = a.count();
  visit(a, [&]<class T>(const T* from) {
    // The camera has 11 bits; more means that the bytes were swapped, or are not its codes at all.
    const auto is_code = [](T value) { return !(value < T(0)) && static_cast<std::uint64_t>(value) <= 2047; };
    bool good = true;
    for (std::size_t i = 0; i < n; ++i) {
      good &= is_code(from[i]);
      to[i] = static_cast<std::uint16_t>(from[i]);
    }
    if (good) return;
    const T bad = *std::find_if_not(from, from + n, is_code);
    fail(FailureReason::kUnreadable, label,
         std::to_string(bad) + " is no 11-bit Kinect code (is the byte order another?)");
  });
  return out;
}

cv::Mat accel_plane(const Array& a, std::string_view label) {
  if (a.count() != 4) fail(FailureReason::kWrongSize, label, a.describe() + " is not x y z tilt");
  cv::Mat out(4, 1, CV_64FC1);
  visit(a, [&](const auto* from) {
    for (int i = 0; i < 4; ++i) out.at<double>(i) = static_cast<double>(from[i]);
  });
  return out;
}

cv::Mat label_plane(const Array& a, std::string_view label) {
  const auto shape = squeezed(a.shape, 2);
  if (shape.size() != 2)
    fail(FailureReason::kWrongSize, label, a.describe() + " is not rows x columns of labels");
  cv::Mat out(static_cast<int>(shape[0]), static_cast<int>(shape[1]), CV_8UC1);
  const std::size_t n = a.count();
  visit(a, [&](const auto* from) {
    for (std::size_t i = 0; i < n; ++i) {
      const double v = static_cast<double>(from[i]);
      if (!(v >= 0 && v <= 255) || v != std::floor(v))
        fail(FailureReason::kUnreadable, label, std::to_string(v) + " is no label, those are 0 to 255");
      out.ptr()[i] = static_cast<std::uint8_t>(v);
    }
  });
  return out;
}

cv::Mat normal_plane(const Array& a, std::string_view label) {
  RgbLayout l{};
  if (!rgb_layout(a.shape, l) || l.channels != 3)
    fail(FailureReason::kWrongSize, label,
         a.describe() + " is not rows x columns x 3 (or 3 x rows x columns) of normals");
  cv::Mat out(static_cast<int>(l.rows), static_cast<int>(l.cols), CV_32FC3);
  visit(a, [&]<class T>(const T* from) {
    if constexpr (std::is_same_v<T, std::uint8_t> || std::is_floating_point_v<T>) {
      for (std::size_t i = 0; i < l.rows * l.cols; ++i) {
        const T* pixel = from + i / l.cols * l.row_step + i % l.cols * l.col_step;
        float* to = out.ptr<float>() + 3 * i;
        const auto at = [&](std::size_t c) { return static_cast<double>(pixel[c * l.channel_step]); };
        const bool picture = std::is_same_v<T, std::uint8_t> && (at(0) != 0 || at(1) != 0 || at(2) != 0);
        for (std::size_t c = 0; c < 3; ++c) to[c] = static_cast<float>(picture ? 2 * at(c) / 255 - 1 : at(c));
      }
    } else {
      fail(FailureReason::kUnreadable, label, a.describe() + " holds no normals: uint8 or floating-point");
    }
  });
  return out;
}

}  // namespace

std::size_t element_size(Element element) {
  static constexpr std::size_t kSizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  return kSizes[static_cast<std::size_t>(element)];
}

std::string_view element_name(Element element) {
  static constexpr std::string_view kNames[] = {"uint8", "int8",   "uint16", "int16",   "uint32",
                                                "int32", "uint64", "int64",  "float32", "float64"};
  return kNames[static_cast<std::size_t>(element)];
}

std::size_t Array::count() const {
  std::size_t n = 1;
  for (std::size_t d : shape) n *= d;
  return n;
}

std::string Array::describe() const {
  std::string text(element_name(element));
  if (shape.empty()) return text + " scalar";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? " " : "x") + std::to_string(shape[i]);
  return text;
}

void fail(FailureReason why, std::string_view label, const std::string& reason) {
  throw FrameError(why, std::string(label) + ": " + reason);
}

namespace {

std::atomic<std::size_t> pixel_limit{std::size_t{1} << 25};

}  // namespace

std::size_t max_pixels() { return pixel_limit; }

void set_max_pixels(std::size_t pixels) { pixel_limit = pixels; }

std::size_t checked_count(std::span<const std::size_t> shape, std::string_view label) {
  std::size_t n = 1;
  for (std::size_t d : shape) {
    if (d > kMaxElements || (d > 0 && n > kMaxElements / d))
      fail(FailureReason::kUnreadable, label, "its header asks for more samples than any plane has");
    n *= d;
  }
  const auto is_channels = [&](std::size_t from_end) {
    const std::size_t d = shape.size() >= 3 ? shape[shape.size() - from_end] : 0;
    return d == 3 || d == 4;
  };
  const std::size_t pixels = n / (is_channels(1)   ? shape.back()
                                  : is_channels(3) ? shape[shape.size() - 3]
                                                   : 1);
  if (pixels > max_pixels() && !StackScope::active())
    fail(FailureReason::kUnreadable, label,
         "has " + std::to_string(pixels) + " pixels, more than the " + std::to_string(max_pixels()) +
             " that are read (--max-pixels)");
  return n;
}

void check_promise(std::span<const std::size_t> shape, std::size_t most, std::string_view label) {
  const std::size_t n = checked_count(shape, label);
  if (n == 0) fail(FailureReason::kUnreadable, label, "has no pixels");
  if (n > most) fail(FailureReason::kTruncated, label, "is far too short for the size its header claims");
}

void check_payload(std::size_t found, std::size_t promised, std::string_view label) {
  const auto numbers =
      std::to_string(found) + " bytes of data, its header promises " + std::to_string(promised);
  if (found < promised) fail(FailureReason::kTruncated, label, "is cut short: " + numbers);
  if (found > promised) fail(FailureReason::kUnreadable, label, "is too long: " + numbers);
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  const OrdinaryFile file(path);
  if (file.size() > (std::uintmax_t{1} << 32))
    fail(FailureReason::kUnreadable, file.name(), "is too large for a plane");
  std::vector<std::uint8_t> bytes(file.size());
  file.read(0, bytes);
  return bytes;
}

Array from_column_major(Array array) {
  // Column-major bytes of shape S are row-major bytes of S reversed, so a vector needs no work.
  const std::size_t rank = array.shape.size(), size = element_size(array.element), n = array.count();
  if (rank < 2 || n == 0) return array;
  std::vector<std::size_t> step(rank, 1);  // of each dimension in the column-major source, in elements
  for (std::size_t d = 1; d < rank; ++d) step[d] = step[d - 1] * array.shape[d - 1];
  Array out{array.shape, array.element, std::vector<std::uint8_t>(array.bytes.size())};
  std::vector<std::size_t> index(rank, 0);
  const std::size_t last = rank - 1;
  for (std::size_t done = 0; done < n; done += array.shape[last]) {
    std::size_t from = 0;
    for (std::size_t d = 0; d < last; ++d) from += index[d] * step[d];
    for (std::size_t k = 0; k < array.shape[last]; ++k)
      std::memcpy(&out.bytes[(done + k) * size], &array.bytes[(from + k * step[last]) * size], size);
    for (std::size_t d = last; d-- > 0;) {
      if (++index[d] < array.shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

bool fits(std::span<const std::size_t> shape, PlaneKind kind) {
  std::size_t n = 1;
  for (std::size_t d : shape) n = d > 0 && n > kMaxElements / d ? kMaxElements + 1 : n * d;
  if (n == 0 || n > kMaxElements) return false;
  if (kind == PlaneKind::kAccel) return n == 4;
  if (kind == PlaneKind::kRgb || kind == PlaneKind::kNormals) {
    RgbLayout l{};
    return rgb_layout(shape, l) && l.channels >= 3 && l.rows > 1 && l.cols > 1;
  }
  const auto s = squeezed(shape, 2);
  return s.size() == 2 && s[0] > 1 && s[1] > 1;
}

cv::Mat to_plane(const Array& array, PlaneKind kind, double depth_scale, std::string_view label) {
  if (array.count() == 0) fail(FailureReason::kWrongSize, label, array.describe() + " holds nothing");
  switch (kind) {
    case PlaneKind::kRgb:
      return rgb_plane(array, label);
    case PlaneKind::kDepth:
      return depth_plane(array, depth_scale, label);
    case PlaneKind::kCodes:
      return code_plane(array, label);
    case PlaneKind::kAccel:
      return accel_plane(array, label);
    case PlaneKind::kLabels:
      return label_plane(array, label);
    case PlaneKind::kNormals:
      return normal_plane(array, label);
  }
  throw std::invalid_argument("unknown kind of plane");
}

Array to_array(const cv::Mat& m) {
  Array a;
  a.shape = {static_cast<std::size_t>(m.rows), static_cast<std::size_t>(m.cols)};
  if (m.channels() > 1) a.shape.push_back(static_cast<std::size_t>(m.channels()));
  switch (m.depth()) {
    case CV_8U:
      a.element = Element::kU8;
      break;
    case CV_8S:
      a.element = Element::kI8;
      break;
    case CV_16U:
      a.element = Element::kU16;
      break;
    case CV_16S:
      a.element = Element::kI16;
      break;
    case CV_32S:
      a.element = Element::kI32;
      break;
    case CV_32F:
      a.element = Element::kF32;
      break;
    case CV_64F:
      a.element = Element::kF64;
      break;
    default:
      throw std::invalid_argument("a matrix of this type has no file format");
  }
  a.bytes.resize(m.total() * m.elemSize());
  const std::size_t row = static_cast<std::size_t>(m.cols) * m.elemSize();
  for (int i = 0; i < m.rows; ++i)
    std::memcpy(a.bytes.data() + static_cast<std::size_t>(i) * row, m.ptr(i), row);
  return a;
}

}  // namespace depthmill::io
