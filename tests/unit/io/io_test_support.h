// Shared by the tests of codecs.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/array.h"

namespace depthmill::io {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

inline Bytes file_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void put_bytes(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

template <class T>
std::vector<T> values(const Array& a) {
  std::vector<T> v(a.count());
  EXPECT_EQ(a.bytes.size(), v.size() * sizeof(T));
  if (a.bytes.size() == v.size() * sizeof(T) && !v.empty())
    std::memcpy(v.data(), a.bytes.data(), a.bytes.size());
  return v;
}

// Every bit the same, NaN included.
inline bool same(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return false;
  for (int i = 0; i < a.rows; ++i)
    if (std::memcmp(a.ptr(i), b.ptr(i), static_cast<std::size_t>(a.cols) * a.elemSize()) != 0) return false;
  return true;
}

inline cv::Mat random_mat(int rows, int cols, int type, unsigned seed, double low, double high) {
  cv::Mat m(rows, cols, type);
  cv::RNG rng(seed);
  rng.fill(m, cv::RNG::UNIFORM, low, high);
  return m;
}

// Reason and sentence of what a call throws.
struct Failure {
  FailureReason reason = FailureReason::kNone;
  std::string text = "no error";
};
template <class Call>
Failure failure_of(Call&& call) {
  try {
    call();
  } catch (const FrameError& e) {
    return {e.reason(), e.what()};
  }
  return {};
}

// Every proper prefix of a good file must be refused, and nothing else may happen.
template <class Parse>
void expect_every_prefix_refused(const Bytes& good, Parse&& parse) {
  for (std::size_t n = 0; n < good.size(); n += n < 300 ? 1 : 97) {
    const auto failure = failure_of([&] { parse(std::span(good.data(), n)); });
    EXPECT_TRUE(failure.reason == FailureReason::kTruncated || failure.reason == FailureReason::kUnreadable)
        << "prefix of " << n << " bytes: " << failure.text;
  }
}

}  // namespace depthmill::io
