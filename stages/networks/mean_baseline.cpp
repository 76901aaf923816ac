#include "stages/networks/mean_baseline.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>

#include "stages/networks/torch_module/find_torch.h"

namespace depthmill::networks {

void MeanBaseline::add(const cv::Mat& depth) {
  if (depth.type() != CV_64FC1 && depth.type() != CV_32FC1)
    throw std::invalid_argument("MeanBaseline: depth is neither CV_64FC1 nor CV_32FC1");
  if (sum_.empty()) {
    sum_ = cv::Mat::zeros(depth.size(), CV_64FC1);
    known_ = cv::Mat::zeros(depth.size(), CV_64FC1);
  }
  if (depth.size() != sum_.size())
    throw std::invalid_argument("MeanBaseline: a depth map of " + std::to_string(depth.rows) + "x" +
                                std::to_string(depth.cols) + " after maps of " + std::to_string(sum_.rows) +
                                "x" + std::to_string(sum_.cols));
  cv::Mat metres;
  depth.convertTo(metres, CV_64F);
  for (int y = 0; y < metres.rows; ++y) {
    const double* in = metres.ptr<double>(y);
    double *sum = sum_.ptr<double>(y), *known = known_.ptr<double>(y);
    for (int x = 0; x < metres.cols; ++x) {
      if (!(in[x] > 0) || !std::isfinite(in[x])) continue;
      sum[x] += in[x];
      known[x] += 1;
    }
  }
  ++count_;
}

cv::Mat MeanBaseline::mean() const {
  if (sum_.empty() || cv::countNonZero(known_) == 0)
    throw std::runtime_error("the mean baseline has seen no known depth");
  cv::Mat mean = cv::Mat::zeros(sum_.size(), CV_64FC1), known;
  for (int y = 0; y < mean.rows; ++y)
    for (int x = 0; x < mean.cols; ++x)
      if (known_.at<double>(y, x) > 0)
        mean.at<double>(y, x) = sum_.at<double>(y, x) / known_.at<double>(y, x);
  known = known_ > 0;

  // Rings around the known region, one after the other: each pixel the mean of its known 8-neighbours.
  while (cv::countNonZero(known) < static_cast<int>(known.total())) {
    cv::Mat grown, ring, sum, number, ones;
    cv::dilate(known, grown, cv::Mat::ones(3, 3, CV_8U));
    ring = grown & ~known;
    known.convertTo(ones, CV_64F, 1.0 / 255);
    cv::boxFilter(mean, sum, CV_64F, {3, 3}, {-1, -1}, false, cv::BORDER_CONSTANT);
    cv::boxFilter(ones, number, CV_64F, {3, 3}, {-1, -1}, false, cv::BORDER_CONSTANT);
    cv::Mat filled = sum / number;
    filled.copyTo(mean, ring);
    known = grown;
  }
  cv::Mat floats;
  mean.convertTo(floats, CV_32F);
  return floats;
}

void MeanBaseline::save(const std::filesystem::path& file) const {
  torch().save_script(file,
                      "def forward(self, x):\n"
                      "  rows = self.mean.size(0)\n"
                      "  cols = self.mean.size(1)\n"
                      "  return self.mean.view(1, 1, rows, cols).expand(x.size(0), 1, rows, cols)\n",
                      {{"mean", mean()}});
}

}  // namespace depthmill::networks
