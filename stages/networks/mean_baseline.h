// The mean-depth-map baseline: every image gets the training set's mean depth at each pixel (the row "Mean"
// in Saxena et al. 2009, Eigen et al. 2014 and later tables). Written as a real TorchScript file, so that it
// takes the same way through the program as any network.
#pragma once

#include <cstddef>
#include <filesystem>
#include <opencv2/core.hpp>

namespace depthmill::networks {

class MeanBaseline {
 public:
  // Depth CV_64FC1 or CV_32FC1, metres, 0 or non-finite = not known (left out of that pixel's mean). All maps
  // of one size; throws std::invalid_argument otherwise. Sums run in the order of the calls, in double.
  void add(const cv::Mat& depth);

  std::size_t count() const { return count_; }

  // CV_32FC1 metres. A pixel never known takes the mean of its known neighbours, grown inward from the border
  // of the known region. Throws std::runtime_error when nothing is known anywhere.
  cv::Mat mean() const;

  // Writes a TorchScript module: forward(x: (n, 3, h, w)) -> (n, 1, rows, cols) metres, whatever h and w.
  // Throws std::runtime_error: nothing known, file not writable, no LibTorch in this build.
  void save(const std::filesystem::path& file) const;

 private:
  cv::Mat sum_, known_;  // CV_64FC1
  std::size_t count_ = 0;
};

}  // namespace depthmill::networks
