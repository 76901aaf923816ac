#include "stages/resample/taps.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <stdexcept>

namespace depthmill {
namespace {

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys' cubic convolution kernel (Keys 1981, eq. 4 with free parameter a).
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double lanczos3(double x) {
  if (std::abs(x) >= 3) return 0;
  if (x == 0) return 1;
  const double p = CV_PI * x;
  return 3 * std::sin(p) * std::sin(p / 3) / (p * p);
}

Taps room_for(int out, int width) {
  Taps taps;
  taps.width = width;
  taps.count.assign(static_cast<std::size_t>(out), width);
  taps.index.assign(static_cast<std::size_t>(out) * width, 0);
  taps.weight.assign(taps.index.size(), 0.0);
  return taps;
}

// Kernels that widen when shrinking: every input whose centre lies under the kernel, weights normalised to
// sum 1 (at the border the kernel is cut, not mirrored).
template <class Kernel>
Taps antialiased(int in, int out, double support, Kernel kernel) {
  const double scale = static_cast<double>(in) / out, stretch = std::max(scale, 1.0);
  const double radius = support * stretch;
  Taps taps = room_for(out, std::min(in, static_cast<int>(std::ceil(radius)) * 2 + 1));
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(centre - radius + 0.5));
    const int end = std::min(in, static_cast<int>(centre + radius + 0.5));
    const std::size_t row = static_cast<std::size_t>(i) * taps.width;
    double sum = 0;
    taps.count[i] = end - begin;
    for (int j = begin; j < end; ++j) {
      taps.index[row + (j - begin)] = j;
      sum += taps.weight[row + (j - begin)] = kernel((j - centre + 0.5) / stretch);
    }
    if (sum == 0) continue;
    for (int k = 0; k < end - begin; ++k) taps.weight[row + k] /= sum;
  }
  return taps;
}

// torch's source coordinate, in float as there.
double torch_source(int i, int in, int out, bool corners) {
  if (corners) {
    const float scale = out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1) : 0.0f;
    return scale * static_cast<float>(i);
  }
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  return scale * (static_cast<float>(i) + 0.5f) - 0.5f;
}

Taps torch_linear(int in, int out, bool corners) {
  Taps taps = room_for(out, 2);
  for (int i = 0; i < out; ++i) {
    const double x = std::max(0.0, torch_source(i, in, out, corners));
    const int left = std::min(static_cast<int>(x), in - 1);
    const double part = std::clamp(x - left, 0.0, 1.0);
    taps.index[2 * i] = left;
    taps.index[2 * i + 1] = std::min(left + 1, in - 1);
    taps.weight[2 * i] = 1 - part;
    taps.weight[2 * i + 1] = part;
  }
  return taps;
}

Taps torch_cubic(int in, int out, bool corners) {
  constexpr double kA = -0.75;
  Taps taps = room_for(out, 4);
  for (int i = 0; i < out; ++i) {
    const double x = torch_source(i, in, out, corners);
    const int left = static_cast<int>(std::floor(x));
    const double part = x - left;
    for (int k = -1; k <= 2; ++k) {
      taps.index[4 * i + k + 1] = std::clamp(left + k, 0, in - 1);
      taps.weight[4 * i + k + 1] = cubic(part - k, kA);
    }
  }
  return taps;
}

// One input each; `source` of an output's number is its place, cut to a whole number and to the last input.
template <class Source>
Taps nearest(int in, int out, Source source) {
  Taps taps = room_for(out, 1);
  for (int i = 0; i < out; ++i) {
    taps.index[i] = std::min(static_cast<int>(source(i)), in - 1);
    taps.weight[i] = 1;
  }
  return taps;
}

Taps pil_nearest(int in, int out) {
  const double step = static_cast<double>(in) / out;
  double next = step * 0.5;  // PIL adds the step up, rounding included
  return nearest(in, out, [&](int) {
    const double x = next;
    next += step;
    return x;
  });
}

Taps torch_nearest(int in, int out) {
  const float step = static_cast<float>(in) / static_cast<float>(out);
  return nearest(in, out, [step](int i) { return std::floor(static_cast<float>(i) * step); });
}

// Between two inputs, in double. Weights of zero are no taps, so that a NaN there does not spread.
Taps exact_linear(int in, int out, bool corners) {
  const double scale = static_cast<double>(in) / out;
  Taps taps = room_for(out, 2);
  for (int i = 0; i < out; ++i) {
    double x =
        corners ? (out > 1 ? static_cast<double>(i) * (in - 1) / (out - 1) : 0.0) : (i + 0.5) * scale - 0.5;
    x = std::clamp(x, 0.0, static_cast<double>(in - 1));
    const int left = std::min(static_cast<int>(x), in - 1);
    const double part = x - left;
    const bool one = part == 0 || left + 1 >= in;
    taps.count[i] = one ? 1 : 2;
    taps.index[2 * i] = left;
    taps.index[2 * i + 1] = left + 1;
    taps.weight[2 * i] = one ? 1 : 1 - part;
    taps.weight[2 * i + 1] = part;
  }
  return taps;
}

// Four inputs, the border's repeated, in double: OpenCV's cubic.
Taps exact_cubic(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  Taps taps = room_for(out, 4);
  for (int i = 0; i < out; ++i) {
    const double x = (i + 0.5) * scale - 0.5;
    const int left = static_cast<int>(std::floor(x));
    for (int k = -1; k <= 2; ++k) {
      taps.index[4 * i + k + 1] = std::clamp(left + k, 0, in - 1);
      taps.weight[4 * i + k + 1] = cubic(x - left - k, -0.75);
    }
  }
  return taps;
}

// The weights that are not zero: a kernel's ends often touch the centre of an input with nothing.
Taps without_zeros(Taps taps) {
  for (int i = 0; i < taps.outputs(); ++i) {
    const std::size_t row = static_cast<std::size_t>(i) * taps.width;
    int kept = 0;
    for (int k = 0; k < taps.count[i]; ++k) {
      if (taps.weight[row + k] == 0) continue;
      taps.index[row + kept] = taps.index[row + k];
      taps.weight[row + kept++] = taps.weight[row + k];
    }
    taps.count[i] = kept;
  }
  return taps;
}

}  // namespace

Taps make_taps(int in, int out, ResizeFilter filter) {
  const double scale = static_cast<double>(in) / out;
  const auto pil_cubic = [](double x) { return cubic(x, -0.5); };
  switch (filter) {
    case ResizeFilter::kPilNearest:
      return pil_nearest(in, out);
    case ResizeFilter::kPilBilinear:
    case ResizeFilter::kTorchBilinearAntialias:
      return antialiased(in, out, 1, triangle);
    case ResizeFilter::kPilBicubic:
    case ResizeFilter::kTorchBicubicAntialias:
      return antialiased(in, out, 2, pil_cubic);
    case ResizeFilter::kPilLanczos:
      return antialiased(in, out, 3, lanczos3);
    case ResizeFilter::kTorchNearest:
      return torch_nearest(in, out);
    case ResizeFilter::kTorchBilinear:
      return torch_linear(in, out, false);
    case ResizeFilter::kTorchBilinearCorners:
      return torch_linear(in, out, true);
    case ResizeFilter::kTorchBicubic:
      return torch_cubic(in, out, false);
    case ResizeFilter::kTorchBicubicCorners:
      return torch_cubic(in, out, true);
    case ResizeFilter::kExactNearest:
      return nearest(in, out, [scale](int i) { return i * scale; });
    case ResizeFilter::kExactNearestCentre:
      return nearest(in, out, [scale](int i) { return (i + 0.5) * scale; });
    case ResizeFilter::kExactBilinear:
      return exact_linear(in, out, false);
    case ResizeFilter::kExactBilinearCorners:
      return exact_linear(in, out, true);
    case ResizeFilter::kExactBilinearAntialias:
      return without_zeros(antialiased(in, out, 1, triangle));
    case ResizeFilter::kExactBicubic:
      return without_zeros(exact_cubic(in, out));
    case ResizeFilter::kOpencvNearest:
    case ResizeFilter::kOpencvLinear:
    case ResizeFilter::kOpencvCubic:
    case ResizeFilter::kOpencvArea:
      break;
  }
  throw std::invalid_argument("resize: this filter is OpenCV's");
}

}  // namespace depthmill
