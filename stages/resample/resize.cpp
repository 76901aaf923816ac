#include "stages/resample/resize.h"

#include <algorithm>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "stages/resample/taps.h"

namespace depthmill {
namespace {

// How one kind of sample is summed: floating point as it is, PIL's bytes in 22-bit fixed point.
template <class Real>
struct RealSum {
  using Sample = Real;
  using Weight = Real;
  using Sum = Real;
  static constexpr Sum kStart = 0;
  static Weight weight(double w) { return static_cast<Real>(w); }
  static Sample finish(Sum s) { return s; }
};

struct PilByteSum {
  using Sample = std::uint8_t;
  using Weight = std::int32_t;
  using Sum = std::int32_t;
  static constexpr Sum kStart = 1 << (kPilBits - 1);
  static Weight weight(double w) { return pil_weight(w); }
  static Sample finish(Sum s) { return static_cast<Sample>(std::clamp(s >> kPilBits, 0, 255)); }
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
      for (int k = 0; k < taps.count[x]; ++k)
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
    for (int k = 0; k < taps.count[y]; ++k) {
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
  if ((src.depth() != CV_8U && src.depth() != CV_32F && src.depth() != CV_64F) || src.channels() > 4)
    throw std::invalid_argument("resize: the image is not CV_8U, CV_32F or CV_64F with 1 to 4 channels");
  if (src.size() == size) return src.clone();
  int flag = 0;
  if (opencv_flag(filter, flag)) {
    cv::Mat out;
    cv::resize(src, out, size, 0, 0, flag);
    return out;
  }
  if (src.depth() == CV_64F) return separable<RealSum<double>>(src, size, filter);
  if (src.depth() == CV_32F) return separable<RealSum<float>>(src, size, filter);
  if (is_pil(filter)) return separable<PilByteSum>(src, size, filter);
  cv::Mat floats, out;
  src.convertTo(floats, CV_32F);
  separable<RealSum<float>>(floats, size, filter).convertTo(out, CV_8U);  // rounds halves to even, clips
  return out;
}

}  // namespace depthmill
