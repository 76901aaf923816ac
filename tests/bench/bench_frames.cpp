#include "bench_frames.h"

#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>
#include <utility>

#include "colorization/gray.h"
#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#ifdef DEPTHMILL_HAVE_SAMPLE
#include "stages/sample/sample.h"
#endif

namespace depthmill::bench {
namespace {

using colorization::Image;
using colorization::Index;

BenchFrame from_planes(std::string name, const cv::Mat& rgb, const cv::Mat& depth) {
  BenchFrame frame;
  frame.name = std::move(name);
  frame.gray = colorization::rgb_to_gray(view<std::uint8_t>(rgb), rgb.rows, rgb.cols);
  frame.depth = Eigen::Map<const Image>(view<double>(depth).data(), depth.rows, depth.cols);
  return frame;
}

// Textured boxes before a wall, with the blank border, shadows beside edges and speckle of a registered
// frame.
BenchFrame drawing(Index rows, Index cols, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  BenchFrame f;
  f.gray.resize(rows, cols);
  f.depth.resize(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      f.gray(i, j) = 0.5 + 0.1 * std::sin(0.02 * i + 0.05 * j);
      f.depth(i, j) = 4.0 + 0.002 * j;
    }
  for (int box = 0; box < 25; ++box) {
    const Index h = rows / 16 + static_cast<Index>(uniform(rng) * rows / 4);
    const Index w = cols / 16 + static_cast<Index>(uniform(rng) * cols / 4);
    const Index r = static_cast<Index>(uniform(rng) * (rows - h)),
                c = static_cast<Index>(uniform(rng) * (cols - w));
    f.depth.block(r, c, h, w).setConstant(1 + 2.5 * uniform(rng));
    f.gray.block(r, c, h, w).setConstant(uniform(rng));
    const Index shadow = std::min<Index>(c, 4 + static_cast<Index>(12 * uniform(rng)));
    f.depth.block(r, c - shadow, h, shadow).setZero();
  }
  for (int blob = 0; blob < 12; ++blob) {
    const double r = uniform(rng) * rows, c = uniform(rng) * cols,
                 radius = (0.02 + 0.06 * uniform(rng)) * rows;
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j)
        if ((i - r) * (i - r) + (j - c) * (j - c) < radius * radius * (0.7 + 0.3 * uniform(rng)))
          f.depth(i, j) = 0;
  }
  const Index top = rows / 12, left = cols / 18;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      f.gray(i, j) = std::round(255 * (f.gray(i, j) + 0.03 * (uniform(rng) - 0.5))) / 255;
      f.gray(i, j) = std::min(1.0, std::max(0.0, f.gray(i, j)));
      if (uniform(rng) < 0.004) f.depth(i, j) = 0;
      if (i < top || i >= rows - 9 || j < left || j >= cols - left) f.depth(i, j) = 0;
    }
  return f;
}

Image noise(Index rows, Index cols, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Image image(rows, cols);
  for (Index p = 0; p < image.size(); ++p) image.data()[p] = uniform(rng);
  return image;
}

BenchFrame everything_known() {
  BenchFrame f = drawing(480, 640, 5);
  f.depth = 1.0 + 4.0 * noise(480, 640, 6);
  return f;
}

const std::vector<std::pair<std::string, std::function<BenchFrame()>>>& table() {
  auto one_known = [] {
    BenchFrame f = everything_known();
    f.depth.setZero();
    f.depth(200, 301) = 2.0;
    return f;
  };
  auto half = [] {
    BenchFrame f = everything_known();
    f.depth.leftCols(320).setZero();
    return f;
  };
  auto only_rim = [] {
    BenchFrame f = everything_known();
    f.depth.block(1, 1, 478, 638).setZero();
    return f;
  };
  auto checkerboard = [] {
    BenchFrame f = everything_known();
    for (Index i = 0; i < 480; ++i)
      for (Index j = i % 2; j < 640; j += 2) f.depth(i, j) = 0;
    return f;
  };
  auto lidar = [] {
    BenchFrame f = everything_known();
    f.depth = (noise(480, 640, 9) < 0.95).select(0.0, f.depth);
    return f;
  };
  auto strip = [](bool row) {
    const Index length = 307200;
    BenchFrame f;
    f.gray = row ? noise(1, length, 3) : noise(length, 1, 3);
    f.depth = row ? noise(1, length, 4) : noise(length, 1, 4);
    f.depth = (f.depth < 0.3).select(0.0, 1.0 + f.depth);
    return f;
  };
  auto flat = [] {
    BenchFrame f = drawing(480, 640, 5);
    f.gray.setConstant(0.5);
    return f;
  };
  auto random = [] {
    BenchFrame f = drawing(480, 640, 5);
    f.gray = noise(480, 640, 8);
    return f;
  };
  auto with_alpha = [](double alpha) {
    BenchFrame f = drawing(480, 640, 5);
    f.alpha = alpha;
    return f;
  };
  static const std::vector<std::pair<std::string, std::function<BenchFrame()>>> cases = {
      {"all-known", everything_known},
      {"one-known", one_known},
      {"half-missing", half},
      {"rim-known", only_rim},
      {"checkerboard", checkerboard},
      {"lidar-95", lidar},
      {"strip-1xN", [=] { return strip(true); }},
      {"strip-Nx1", [=] { return strip(false); }},
      {"flat-image", flat},
      {"noise-image", random},
      {"alpha-1e-3", [=] { return with_alpha(1e-3); }},
      {"alpha-1e-2", [=] { return with_alpha(1e-2); }},
      {"alpha-1e-1", [=] { return with_alpha(1e-1); }},
      {"alpha-1e4", [=] { return with_alpha(1e4); }},
      {"size-1242x375", [] { return drawing(375, 1242, 5); }},
      {"size-1920x1440", [] { return drawing(1440, 1920, 5); }},
  };
  return cases;
}

}  // namespace

BenchFrame read_frame(const std::string& rgb, const std::string& depth, double depth_scale) {
  PlaneSource colour = io::parse_plane_argument(rgb), metres = io::parse_plane_argument(depth);
  metres.depth_scale = depth_scale;
  BenchFrame frame =
      from_planes(metres.file.filename().string(), io::read_plane(colour, io::PlaneKind::kRgb, "rgb"),
                  io::read_plane(metres, io::PlaneKind::kDepth, "raw_depth"));
  if (frame.gray.rows() != frame.depth.rows() || frame.gray.cols() != frame.depth.cols())
    throw std::runtime_error(rgb + " and " + depth + " differ in size");
  return frame;
}

BenchFrame generated_frame(int seed) {
  const std::string name = "room-" + std::to_string(seed);
#ifdef DEPTHMILL_HAVE_SAMPLE
  const sample::RegisteredPair pair = sample::make_registered_pair(static_cast<std::uint64_t>(seed));
  return from_planes(name, pair.rgb, pair.raw_depth);
#else
  BenchFrame frame = drawing(480, 640, static_cast<unsigned>(seed));
  frame.name = "drawn-" + name;
  return frame;
#endif
}

std::vector<std::string> hard_case_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : table()) names.push_back(name);
  return names;
}

BenchFrame hard_case(const std::string& wanted) {
  for (const auto& [name, make] : table())
    if (name == wanted) {
      BenchFrame frame = make();
      frame.name = name;
      return frame;
    }
  throw std::runtime_error("no hard case is called '" + wanted + "'");
}

}  // namespace depthmill::bench
