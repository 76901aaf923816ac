#include "stages/scoring/resize_map.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace depthmill {
namespace {

using metrics::Interpolation;
using metrics::PrepareStep;

// What one output pixel takes along one axis: weights[k] of source pixel first + k. Weights of zero are not
// kept, so that a NaN there does not spread.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

Taps single(int index) { return {index, {1.0}}; }

Taps between(double position, int size) {
  position = std::clamp(position, 0.0, static_cast<double>(size - 1));
  const int low = std::min(static_cast<int>(position), size - 1);
  const double part = position - low;
  if (part == 0 || low + 1 >= size) return single(low);
  return {low, {1 - part, part}};
}

// Triangle kernel as wide as the scale, weights normalised over the pixels inside the map.
Taps triangle(int index, double scale, int size) {
  const double width = std::max(scale, 1.0);
  const double centre = (index + 0.5) * scale;
  int first = std::max(static_cast<int>(centre - width + 0.5), 0);
  const int last = std::min(static_cast<int>(centre + width + 0.5), size);
  std::vector<double> weights;
  double sum = 0;
  for (int i = first; i < last; ++i) {
    weights.push_back(std::max(0.0, 1 - std::abs((i + 0.5 - centre) / width)));
    sum += weights.back();
  }
  while (weights.size() > 1 && weights.back() == 0) weights.pop_back();
  while (weights.size() > 1 && weights.front() == 0) weights.erase(weights.begin()), ++first;
  for (double& w : weights) w /= sum;
  return {first, std::move(weights)};
}

std::vector<Taps> axis(int from, int to, Interpolation interpolation) {
  std::vector<Taps> taps;
  const double scale = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    switch (interpolation) {
      case Interpolation::kNone:
        throw std::invalid_argument("no resizing is allowed, but " + std::to_string(from) +
                                    " pixels should become " + std::to_string(to));
      case Interpolation::kNearestFloor:
        taps.push_back(single(std::min(static_cast<int>(i * scale), from - 1)));
        break;
      case Interpolation::kNearestCentre:
        taps.push_back(single(std::min(static_cast<int>((i + 0.5) * scale), from - 1)));
        break;
      case Interpolation::kBilinear:
        taps.push_back(between((i + 0.5) * scale - 0.5, from));
        break;
      case Interpolation::kBilinearAlignCorners:
        taps.push_back(between(to > 1 ? static_cast<double>(i) * (from - 1) / (to - 1) : 0.0, from));
        break;
      case Interpolation::kBilinearAntialias:
        taps.push_back(triangle(i, scale, from));
        break;
    }
  }
  return taps;
}

int half_to_even(double v) { return static_cast<int>(std::nearbyint(v)); }

cv::Mat centre_crop(const cv::Mat& map, int rows, int cols) {
  if (map.rows < rows || map.cols < cols)
    throw std::invalid_argument("a centre crop of " + std::to_string(rows) + "x" + std::to_string(cols) +
                                " does not fit into a " + std::to_string(map.rows) + "x" +
                                std::to_string(map.cols) + " map");
  return map(cv::Rect(half_to_even((map.cols - cols) / 2.0), half_to_even((map.rows - rows) / 2.0), cols,
                      rows))
      .clone();
}

}  // namespace

cv::Mat resize_map(const cv::Mat& map, int rows, int cols, Interpolation interpolation) {
  if (map.rows == rows && map.cols == cols) return map;
  const auto down = axis(map.rows, rows, interpolation), across = axis(map.cols, cols, interpolation);
  cv::Mat wide(map.rows, cols, CV_64FC1), out(rows, cols, CV_64FC1);
  for (int r = 0; r < map.rows; ++r) {
    const double* from = map.ptr<double>(r);
    double* to = wide.ptr<double>(r);
    for (int c = 0; c < cols; ++c) {
      const Taps& t = across[static_cast<std::size_t>(c)];
      double sum = 0;
      for (std::size_t k = 0; k < t.weights.size(); ++k)
        sum += t.weights[k] * from[t.first + static_cast<int>(k)];
      to[c] = sum;
    }
  }
  for (int r = 0; r < rows; ++r) {
    const Taps& t = down[static_cast<std::size_t>(r)];
    double* to = out.ptr<double>(r);
    std::fill_n(to, cols, 0.0);
    for (std::size_t k = 0; k < t.weights.size(); ++k) {
      const double* from = wide.ptr<double>(t.first + static_cast<int>(k));
      for (int c = 0; c < cols; ++c) to[c] += t.weights[k] * from[c];
    }
  }
  return out;
}

cv::Mat prepare_map(const cv::Mat& map, const std::vector<PrepareStep>& steps, int pred_rows, int pred_cols,
                    Interpolation interpolation) {
  cv::Mat out = map;
  for (const PrepareStep& step : steps) {
    const Interpolation how = interpolation == Interpolation::kNone ? step.interpolation : interpolation;
    switch (step.kind) {
      case PrepareStep::kResize:
        out = resize_map(out, step.rows, step.cols, how);
        break;
      case PrepareStep::kShortSide:
        if (out.rows <= out.cols)
          out = resize_map(out, step.rows,
                           static_cast<int>(static_cast<double>(step.rows) * out.cols / out.rows), how);
        else
          out = resize_map(out, static_cast<int>(static_cast<double>(step.rows) * out.rows / out.cols),
                           step.rows, how);
        break;
      case PrepareStep::kCentreCrop:
        out = centre_crop(out, step.rows, step.cols);
        break;
      case PrepareStep::kPredSize:
        out = resize_map(out, pred_rows, pred_cols, how);
        break;
    }
  }
  return out;
}

}  // namespace depthmill
