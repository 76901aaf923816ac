#include "stages/resample/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

namespace depthmill {
namespace {

// One axis of a separable filter: output i = sum over k < width of weight[i * width + k] * input[index[i *
// width + k]].
struct Taps {
  int width = 0;
  std::vector<int> index;
  std::vector<double> weight;

  int outputs() const { return static_cast<int>(index.size()) / width; }
};

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

// Kernels that widen when shrinking: every input whose centre lies under the kernel, weights normalised to
// sum 1 (at the border the kernel is cut, not mirrored).
template <class Kernel>
Taps antialiased(int in, int out, double support, Kernel kernel) {
  const double scale = static_cast<double>(in) / out, stretch = std::max(scale, 1.0);
  const double radius = support * stretch;
  Taps taps;
  taps.width = std::min(in, static_cast<int>(std::ceil(radius)) * 2 + 1);
  taps.index.assign(static_cast<std::size_t>(out) * taps.width, 0);
  taps.weight.assign(taps.index.size(), 0.0);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(centre - radius + 0.5));
    const int end = std::min(in, static_cast<int>(centre + radius + 0.5));
    const std::size_t row = static_cast<std::size_t>(i) * taps.width;
    double sum = 0;
    for (int j = begin; j < end; ++j)
      sum += taps.weight[row + (j - begin)] = kernel((j - centre + 0.5) / stretch);
    for (int k = 0; k < taps.width; ++k) {
      // Unused taps point at the last used input with weight 0, except that NaN times 0 is NaN: same pixel,
      // same fate.
      taps.index[row + k] = std::clamp(begin + k, begin, std::max(begin, end - 1));
      if (sum != 0) taps.weight[row + k] /= sum;
    }
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
  Taps taps;
  taps.width = 2;
  for (int i = 0; i < out; ++i) {
    const double x = std::max(0.0, torch_source(i, in, out, corners));
    const int left = std::min(static_cast<int>(x), in - 1), right = std::min(left + 1, in - 1);
    const double part = std::clamp(x - left, 0.0, 1.0);
    taps.index.insert(taps.index.end(), {left, right});
    taps.weight.insert(taps.weight.end(), {1 - part, part});
  }
  return taps;
}

Taps torch_cubic(int in, int out, bool corners) {
  constexpr double kA = -0.75;
  Taps taps;
  taps.width = 4;
  for (int i = 0; i < out; ++i) {
    const double x = torch_source(i, in, out, corners);
    const int left = static_cast<int>(std::floor(x));
    const double part = x - left;
    for (int k = -1; k <= 2; ++k) {
      taps.index.push_back(std::clamp(left + k, 0, in - 1));
      taps.weight.push_back(cubic(part - k, kA));
    }
  }
  return taps;
}

Taps one_tap(int in, int out, bool pil) {
  Taps taps;
  taps.width = 1;
  const double step = static_cast<double>(in) / out;
  const float torch_step = static_cast<float>(in) / static_cast<float>(out);
  double x = step * 0.5;  // PIL adds the step up, rounding included
  for (int i = 0; i < out; ++i, x += step) {
    const int at =
        pil ? static_cast<int>(x) : static_cast<int>(std::floor(static_cast<float>(i) * torch_step));
    taps.index.push_back(std::min(at, in - 1));
    taps.weight.push_back(1);
  }
  return taps;
}

Taps make_taps(int in, int out, ResizeFilter filter) {
  const auto pil_cubic = [](double x) { return cubic(x, -0.5); };
  switch (filter) {
    case ResizeFilter::kPilNearest:
      return one_tap(in, out, true);
    case ResizeFilter::kTorchNearest:
      return one_tap(in, out, false);
    case ResizeFilter::kPilBilinear:
    case ResizeFilter::kTorchBilinearAntialias:
      return antialiased(in, out, 1, triangle);
    case ResizeFilter::kPilBicubic:
    case ResizeFilter::kTorchBicubicAntialias:
      return antialiased(in, out, 2, pil_cubic);
    case ResizeFilter::kPilLanczos:
      return antialiased(in, out, 3, lanczos3);
    case ResizeFilter::kTorchBilinear:
      return torch_linear(in, out, false);
    case ResizeFilter::kTorchBilinearCorners:
      return torch_linear(in, out, true);
    case ResizeFilter::kTorchBicubic:
      return torch_cubic(in, out, false);
    case ResizeFilter::kTorchBicubicCorners:
      return torch_cubic(in, out, true);
    default:
      break;
  }
  throw std::invalid_argument("resize: this filter is OpenCV's");
}

// How one kind of sample is summed: floats as they are, PIL's bytes in 22-bit fixed point.
struct FloatSum {
  using Sample = float;
  using Weight = float;
  using Sum = float;
  static constexpr Sum kStart = 0;
  static Weight weight(double w) { return static_cast<float>(w); }
  static Sample finish(Sum s) { return s; }
};

struct PilByteSum {
  using Sample = std::uint8_t;
  using Weight = std::int32_t;
  using Sum = std::int32_t;
  static constexpr int kBits = 22;  // 8 bits of sample, 2 of head room
  static constexpr Sum kStart = 1 << (kBits - 1);
  static Weight weight(double w) { return static_cast<Weight>(w * (1 << kBits) + (w < 0 ? -0.5 : 0.5)); }
  static Sample finish(Sum s) { return static_cast<Sample>(std::clamp(s >> kBits, 0, 255)); }
};

template <class How>
std::vector<typename How::Weight> weights_of(const Taps& taps) {
  std::vector<typename How::Weight> w(taps.weight.size());
  std::transform(taps.weight.begin(), taps.weight.end(), w.begin(), How::weight);
  return w;
}

template <class How, int kChannels>
void along_rows(const cv::Mat& src, cv::Mat& dst, const Taps& taps) {
  using Sample = typename How::Sample;
  const auto weights = weights_of<How>(taps);
  const int outputs = taps.outputs(), width = taps.width;
  for (int y = 0; y < src.rows; ++y) {
    const Sample* in = src.ptr<Sample>(y);
    Sample* out = dst.ptr<Sample>(y);
    const int* index = taps.index.data();
    const auto* weight = weights.data();
    for (int x = 0; x < outputs; ++x, index += width, weight += width) {
      typename How::Sum sum[kChannels];
      for (int c = 0; c < kChannels; ++c) sum[c] = How::kStart;
      for (int k = 0; k < width; ++k)
        for (int c = 0; c < kChannels; ++c) sum[c] += weight[k] * in[index[k] * kChannels + c];
      for (int c = 0; c < kChannels; ++c) out[x * kChannels + c] = How::finish(sum[c]);
    }
  }
}

template <class How>
void along_columns(const cv::Mat& src, cv::Mat& dst, const Taps& taps) {
  using Sample = typename How::Sample;
  const auto weights = weights_of<How>(taps);
  const std::size_t length = static_cast<std::size_t>(src.cols) * src.channels();
  std::vector<typename How::Sum> sum(length);
  for (int y = 0; y < dst.rows; ++y) {
    std::fill(sum.begin(), sum.end(), How::kStart);
    for (int k = 0; k < taps.width; ++k) {
      const std::size_t at = static_cast<std::size_t>(y) * taps.width + k;
      const auto weight = weights[at];
      const Sample* in = src.ptr<Sample>(taps.index[at]);
      for (std::size_t i = 0; i < length; ++i) sum[i] += weight * in[i];
    }
    Sample* out = dst.ptr<Sample>(y);
    for (std::size_t i = 0; i < length; ++i) out[i] = How::finish(sum[i]);
  }
}

template <class How>
cv::Mat separable(const cv::Mat& src, cv::Size size, ResizeFilter filter) {
  cv::Mat rows = src;
  if (size.width != src.cols) {
    rows = cv::Mat(src.rows, size.width, src.type());
    const Taps taps = make_taps(src.cols, size.width, filter);
    switch (src.channels()) {
      case 1:
        along_rows<How, 1>(src, rows, taps);
        break;
      case 2:
        along_rows<How, 2>(src, rows, taps);
        break;
      case 3:
        along_rows<How, 3>(src, rows, taps);
        break;
      default:
        along_rows<How, 4>(src, rows, taps);
        break;
    }
  }
  if (size.height == src.rows) return rows;
  cv::Mat out(size, src.type());
  along_columns<How>(rows, out, make_taps(src.rows, size.height, filter));
  return out;
}

bool opencv_flag(ResizeFilter filter, int& flag) {
  switch (filter) {
    case ResizeFilter::kOpencvNearest:
      flag = cv::INTER_NEAREST;
      return true;
    case ResizeFilter::kOpencvLinear:
      flag = cv::INTER_LINEAR;
      return true;
    case ResizeFilter::kOpencvCubic:
      flag = cv::INTER_CUBIC;
      return true;
    case ResizeFilter::kOpencvArea:
      flag = cv::INTER_AREA;
      return true;
    default:
      return false;
  }
}

bool is_pil(ResizeFilter filter) {
  return filter == ResizeFilter::kPilNearest || filter == ResizeFilter::kPilBilinear ||
         filter == ResizeFilter::kPilBicubic || filter == ResizeFilter::kPilLanczos;
}

}  // namespace

cv::Mat resample(const cv::Mat& src, cv::Size size, ResizeFilter filter) {
  if (src.empty() || size.width < 1 || size.height < 1)
    throw std::invalid_argument("resize: nothing to resize");
  if ((src.depth() != CV_8U && src.depth() != CV_32F) || src.channels() > 4)
    throw std::invalid_argument("resize: the image is neither CV_8U nor CV_32F with 1 to 4 channels");
  if (src.size() == size) return src.clone();
  int flag = 0;
  if (opencv_flag(filter, flag)) {
    cv::Mat out;
    cv::resize(src, out, size, 0, 0, flag);
    return out;
  }
  if (src.depth() == CV_32F) return separable<FloatSum>(src, size, filter);
  if (is_pil(filter)) return separable<PilByteSum>(src, size, filter);
  cv::Mat floats, out;
  src.convertTo(floats, CV_32F);
  separable<FloatSum>(floats, size, filter).convertTo(out, CV_8U);  // rounds halves to even, clips
  return out;
}

}  // namespace depthmill
