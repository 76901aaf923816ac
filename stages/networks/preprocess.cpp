#include "stages/networks/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>

namespace depthmill::networks {
namespace {

// x rounded to a multiple of m as the rule says; at least m.
int to_multiple(double x, int m, RoundRule rule) {
  double steps = x / m;
  switch (rule) {
    case RoundRule::kNearest:
      steps = std::nearbyint(steps);
      break;  // halves to even, as numpy rounds
    case RoundRule::kUp:
      steps = std::ceil(steps - 1e-9);
      break;
    case RoundRule::kDown:
      steps = std::floor(steps + 1e-9);
      break;
  }
  return std::max(1, static_cast<int>(steps)) * m;
}

// `scale` is set to what a focal length in pixels is multiplied by.
cv::Size resized_size(const ModelCard& card, cv::Size image, double& scale) {
  const int m = card.multiple_of;
  if (card.rule == ResizeRule::kKeep)
    return {to_multiple(image.width, m, card.rounding), to_multiple(image.height, m, card.rounding)};
  if (card.rule == ResizeRule::kExact) {
    const cv::Size exact(to_multiple(card.size.width, m, card.rounding),
                         to_multiple(card.size.height, m, card.rounding));
    scale = static_cast<double>(exact.width) / image.width;
    return exact;
  }

  // The rules of MiDaS (midas/transforms.py, Resize.get_size): one scale for both sides.
  const double by_height = static_cast<double>(card.size.height) / image.height;
  const double by_width = static_cast<double>(card.size.width) / image.width;
  if (card.rule == ResizeRule::kLowerBound) scale = std::max(by_height, by_width);
  if (card.rule == ResizeRule::kUpperBound) scale = std::min(by_height, by_width);
  if (card.rule == ResizeRule::kMinimal)
    scale = std::abs(1 - by_width) < std::abs(1 - by_height) ? by_width : by_height;
  auto side = [&](int length, int target) {
    const int rounded = to_multiple(scale * length, m, card.rounding);
    if (card.rule == ResizeRule::kLowerBound && rounded < target)
      return to_multiple(scale * length, m, RoundRule::kUp);
    if (card.rule == ResizeRule::kUpperBound && rounded > target)
      return to_multiple(scale * length, m, RoundRule::kDown);
    return rounded;
  };
  return {side(image.width, card.size.width), side(image.height, card.size.height)};
}

std::string text(cv::Size s) { return std::to_string(s.height) + "x" + std::to_string(s.width); }

int opencv_border(PadKind pad) {
  switch (pad) {
    case PadKind::kConstant:
      return cv::BORDER_CONSTANT;
    case PadKind::kReflect:
      return cv::BORDER_REFLECT_101;  // torch "reflect": the edge is not repeated
    case PadKind::kEdge:
      return cv::BORDER_REPLICATE;
  }
  return cv::BORDER_CONSTANT;
}

// 8-bit pixels as floats in the card's range: float32(v) / 255 as the Python libraries compute it
// (multiplying by 1/255 differs in the last bit).
cv::Mat to_floats(const cv::Mat& image, double range) {
  cv::Mat floats;
  image.convertTo(floats, CV_32F);
  if (range == 1)
    floats.forEach<cv::Vec3f>([](cv::Vec3f& v, const int*) {
      for (int c = 0; c < 3; ++c) v[c] /= 255.0f;
    });
  return floats;
}

void write_planes(const ModelCard& card, const cv::Mat& image, std::span<float> planes) {
  const std::size_t area = image.total();
  std::array<float, 3> mean{}, std{};
  for (int c = 0; c < 3; ++c) {
    mean[c] = static_cast<float>(card.mean[c]);
    std[c] = static_cast<float>(card.std[c]);
  }
  // Plane c of the network reads channel `from[c]` of the RGB image.
  const std::array<int, 3> from = card.bgr ? std::array{2, 1, 0} : std::array{0, 1, 2};
  if (image.depth() == CV_8U) {
    // One table a channel: the same float operations as on every pixel, done once a value.
    std::array<std::array<float, 256>, 3> table;
    const float unit = card.range == 255 ? 1.0f : 255.0f;
    for (int c = 0; c < 3; ++c)
      for (int v = 0; v < 256; ++v) table[c][v] = (static_cast<float>(v) / unit - mean[c]) / std[c];
    for (int y = 0; y < image.rows; ++y) {
      const unsigned char* row = image.ptr<unsigned char>(y);
      for (int c = 0; c < 3; ++c) {
        float* out = planes.data() + c * area + static_cast<std::size_t>(y) * image.cols;
        const unsigned char* in = row + from[c];
        for (int x = 0; x < image.cols; ++x) out[x] = table[c][in[3 * x]];
      }
    }
    return;
  }
  for (int y = 0; y < image.rows; ++y) {
    const float* row = image.ptr<float>(y);
    for (int c = 0; c < 3; ++c) {
      float* out = planes.data() + c * area + static_cast<std::size_t>(y) * image.cols;
      const float* in = row + from[c];
      for (int x = 0; x < image.cols; ++x) out[x] = (in[3 * x] - mean[c]) / std[c];
    }
  }
}

// `n` of `whole`, as part of `other`, rounded.
int in_proportion(int n, int whole, int other) {
  return static_cast<int>((2 * static_cast<std::int64_t>(n) * other + whole) / (2 * whole));
}

// Of one shape when one side follows from the other: sizes are whole pixels.
void require_shape(const ModelCard& card, const char* what, cv::Size meant, cv::Size image) {
  if (in_proportion(meant.height, meant.width, image.width) != image.height &&
      in_proportion(meant.width, meant.height, image.height) != image.width)
    throw std::invalid_argument(std::string("the ") + what + " of model card '" + card.name +
                                "' is that of images of " + text(meant) + "; an image of " + text(image) +
                                " has another shape");
}

// The card's crop in an image of this size.
cv::Rect crop_in(const ModelCard& card, cv::Size image) {
  if (card.crop.empty()) return {{}, image};
  const cv::Size meant = card.crop_of;
  require_shape(card, "crop", meant, image);
  const auto x = [&](int at) { return in_proportion(at, meant.width, image.width); };
  const auto y = [&](int at) { return in_proportion(at, meant.height, image.height); };
  return {{x(card.crop.x), y(card.crop.y)}, cv::Point(x(card.crop.br().x), y(card.crop.br().y))};
}

}  // namespace

InputGeometry input_geometry(const ModelCard& card, cv::Size image) {
  InputGeometry g;
  g.crop = crop_in(card, image);
  g.resized = resized_size(card, g.crop.size(), g.scale);
  g.network = g.resized;
  if (!card.pad_to.empty()) {
    g.network = card.pad_to;
  } else if (card.pad_multiple_of > 1) {
    g.network = {to_multiple(g.resized.width, card.pad_multiple_of, RoundRule::kUp),
                 to_multiple(g.resized.height, card.pad_multiple_of, RoundRule::kUp)};
  }
  if (g.network.width < g.resized.width || g.network.height < g.resized.height)
    throw std::invalid_argument("model card '" + card.name + "' pads to " + text(card.pad_to) +
                                ", but an image of " + text(image) + " is resized to " + text(g.resized));
  if (card.pad_centre)
    g.offset = {(g.network.width - g.resized.width) / 2, (g.network.height - g.resized.height) / 2};
  return g;
}

double focal_in(const ModelCard& card, cv::Size image) {
  if (card.focal == 0) return 0;
  require_shape(card, "focal length", card.focal_of, image);
  return card.focal * image.width / card.focal_of.width;
}

void preprocess(const ModelCard& card, const InputGeometry& g, const cv::Mat& rgb, bool mirrored,
                std::span<float> planes) {
  if (rgb.type() != CV_8UC3) throw std::invalid_argument("preprocess: the image is not CV_8UC3");
  if (planes.size() != 3 * static_cast<std::size_t>(g.network.area()))
    throw std::invalid_argument("preprocess: the planes are not 3 x " + text(g.network));
  cv::Mat image = rgb(g.crop);
  if (mirrored) {
    cv::Mat turned;
    cv::flip(image, turned, 1);
    image = turned;
  }
  if (g.resized != image.size()) {
    if (!card.resize_uint8) image = to_floats(image, card.range);
    image = resample(image, g.resized, card.filter);
  }
  if (g.network != g.resized) {
    // pad_value is in the card's colour order, the image still in RGB; floats are already in card.range.
    const double unit = image.depth() == CV_8U || card.range == 255 ? 1.0 : 255.0;
    cv::Scalar value(card.pad_value[0] / unit, card.pad_value[1] / unit, card.pad_value[2] / unit);
    if (card.bgr) std::swap(value[0], value[2]);
    if (image.depth() == CV_8U && card.pad == PadKind::kConstant) {
      // A mean colour such as 123.675 has no 8-bit value.
      image = to_floats(image, card.range);
      if (card.range == 1) value *= 1.0 / 255.0;
    }
    cv::Mat padded;
    cv::copyMakeBorder(image, padded, g.offset.y, g.network.height - g.resized.height - g.offset.y,
                       g.offset.x, g.network.width - g.resized.width - g.offset.x, opencv_border(card.pad),
                       value);
    image = padded;
  }
  write_planes(card, image, planes);
}

cv::Mat postprocess(const ModelCard& card, const InputGeometry& g, const cv::Mat& output, cv::Size image) {
  if (output.type() != CV_32FC1 || output.empty())
    throw std::invalid_argument("postprocess: the output is not CV_32FC1");
  cv::Mat depth = output;
  if (g.network != g.resized) {
    if (depth.size() != g.network) depth = resample(depth, g.network, card.resize);
    depth = depth(cv::Rect(g.offset, g.resized));
  }
  depth = resample(depth, g.crop.size(), card.resize);

  double scale = card.scale;
  if (card.canonical_focal > 0) {
    // Metric3D: the network answers for a camera of the canonical focal length; resizing scaled ours too.
    scale *= focal_in(card, image) * g.scale / card.canonical_focal;
  }
  const float s = static_cast<float>(scale), far = static_cast<float>(card.max_depth);
  // NaN and infinity stay what they are: a failure to be seen, not the depth that a formula or a clamp makes of them.
  auto apply = [&](auto&& formula) {
    depth.forEach<float>([&](float& v, const int*) { v = std::isfinite(v) ? formula(v) : v; });
  };
  switch (card.kind) {
    case OutputKind::kMetric:
      if (s != 1) apply([s](float v) { return s * v; });
      break;
    case OutputKind::kNormalised:
      apply([s, far](float v) { return s * far * v; });
      break;
    case OutputKind::kInverse:
      apply([s, far](float v) { return v <= 0 ? far : s / v; });
      break;
    case OutputKind::kLog:
      apply([s](float v) { return s * std::exp(v); });
      break;
    case OutputKind::kMonodepth: {
      const float low = 1 / far, high = static_cast<float>(1 / card.min_depth);
      apply([=](float v) { return s / (low + (high - low) * v); });
      break;
    }
    case OutputKind::kRelativeDepth:
    case OutputKind::kDisparity:
      break;
  }
  if (card.metric() && (card.min_depth > 0 || card.max_depth > 0)) {
    const float near = static_cast<float>(card.min_depth);
    apply([=](float v) {
      if (near > 0 && v < near) return near;
      return far > 0 && v > far ? far : v;
    });
  }

  if (g.crop.size() == image) return depth;
  cv::Mat whole;
  cv::copyMakeBorder(depth, whole, g.crop.y, image.height - g.crop.y - g.crop.height, g.crop.x,
                     image.width - g.crop.x - g.crop.width,
                     card.outside_edge ? cv::BORDER_REPLICATE : cv::BORDER_CONSTANT, cv::Scalar(0));
  return whole;
}

}  // namespace depthmill::networks
