// Shared by the tests of codecs.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
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

// As long as this lives, planes of so many pixels are read.
class MaxPixels {
 public:
  explicit MaxPixels(std::size_t pixels) : before_(max_pixels()) { set_max_pixels(pixels); }
  ~MaxPixels() { set_max_pixels(before_); }
  MaxPixels(const MaxPixels&) = delete;
  MaxPixels& operator=(const MaxPixels&) = delete;

 private:
  const std::size_t before_;
};

// As long as this lives no file of the process may grow beyond `bytes`: what a full disk does. Say nothing
// meanwhile, the test's own output may be a file.
class FullDisk {
 public:
  explicit FullDisk(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

// What a call throws when the disk takes no more than `bytes` of a file; "" when it throws nothing.
template <class Call>
std::string message_on_full_disk(std::size_t bytes, Call&& call) {
  const FullDisk full(bytes);
  try {
    call();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
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
