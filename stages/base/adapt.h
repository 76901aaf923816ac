// The one meeting point of cv::Mat and std::span: views of the same memory, no copies.
#pragma once

#include <cassert>
#include <opencv2/core.hpp>
#include <span>

namespace depthmill {

// The pixels of a continuous matrix, row-major; channels interleaved. The view lives as long as the matrix.
template <class T>
std::span<const T> view(const cv::Mat& m) {
  assert(m.isContinuous() && m.depth() == cv::DataType<T>::depth);
  return {m.ptr<T>(), m.total() * static_cast<std::size_t>(m.channels())};
}

template <class T>
std::span<T> view_mut(cv::Mat& m) {
  assert(m.isContinuous() && m.depth() == cv::DataType<T>::depth);
  return {m.ptr<T>(), m.total() * static_cast<std::size_t>(m.channels())};
}

}  // namespace depthmill
