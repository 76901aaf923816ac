#include "stages/io/depth_coding.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "stages/base/adapt.h"

namespace depthmill::io {
namespace {

constexpr double kLargest16Bit = std::numeric_limits<std::uint16_t>::max();

bool is_float(const Array& a) { return a.element == Element::kF32 || a.element == Element::kF64; }

// The depth of SUN RGB-D: millimetres rotated left by three bits.
void turn_bits_back(Array& a, std::string_view label) {
  if (a.element != Element::kU16)
    fail(FailureReason::kUnreadable, label, a.describe() + " has no rotated bits: those are 16-bit samples");
  std::size_t known = 0, far = 0;
  for (std::size_t at = 0; at + 2 <= a.bytes.size(); at += 2) {
    std::uint16_t v;
    std::memcpy(&v, &a.bytes[at], sizeof v);
    known += v != 0;
    far += v % 8 != 0;
    v = static_cast<std::uint16_t>(v >> 3 | v << 13);
    std::memcpy(&a.bytes[at], &v, sizeof v);
  }
  // The sensors end near 8 m; bits of plain millimetres, turned back, lie beyond in seven samples of eight.
  if (2 * far > known)
    fail(FailureReason::kUnreadable, label,
         "most of its samples would lie beyond 8.19 m if their bits were turned back by three: it holds "
         "plain ones");
}

void empty_holes(cv::Mat& metres, const std::vector<double>& no_reading) {
  for (double& z : view_mut<double>(metres)) {
    if (!std::isfinite(z) || z <= 0) z = 0;
    for (const double none : no_reading)
      if (z == none) z = 0;
  }
}

void apply_mask(cv::Mat& metres, const std::filesystem::path& file, std::string_view label) {
  PlaneSource source = parse_plane_argument(file.string());
  source.depth_scale = 1;
  const cv::Mat mask = read_plane(source, PlaneKind::kDepth, "mask");
  if (mask.size() != metres.size())
    fail(FailureReason::kWrongSize, label, "its mask " + file.string() + " has another size");
  metres.setTo(0, mask == 0);
}

}  // namespace

cv::Mat decode_depth(Array samples, const PlaneSource& source, std::string_view plane_name) {
  const DepthCoding& coding = source.coding;
  if (coding.rotated_bits) turn_bits_back(samples, source.text());
  cv::Mat metres = to_plane(samples, PlaneKind::kDepth, source.depth_scale, source.text());
  const bool floats = is_float(samples);
  const double scale = floats && !coding.scale_floats ? 1 : source.depth_scale;
  if (floats && scale != 1)
    for (double& z : view_mut<double>(metres)) z /= scale;

  const PlaneRow* row = find_plane_row(plane_name);
  const bool holes = row && row->traits.holes;
  if (holes) {
    std::vector<double> none;  // in metres: the same division gives the same number
    if (coding.no_reading)
      for (const double sample : *coding.no_reading) none.push_back(sample / scale);
    else if (samples.element == Element::kU16 && !coding.rotated_bits)
      none.push_back(kLargest16Bit / scale);
    empty_holes(metres, none);
  }
  if (source.metres_per_unit != 1) metres *= source.metres_per_unit;
  if (holes)
    for (const auto& mask : coding.masks) apply_mask(metres, mask, source.text());
  if (coding.calibration)
    for (double& z : view_mut<double>(metres)) z = coding.calibration->of(z);
  return metres;
}

}  // namespace depthmill::io
