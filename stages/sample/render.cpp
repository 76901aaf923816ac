#include <cmath>
#include <stdexcept>

#include "stages/sample/builder.h"
#include "stages/sample/cameras.h"
#include "stages/sample/random.h"
#include "stages/sample/sample.h"

namespace depthmill::sample {
namespace {

constexpr std::string_view kClassNames[] = {
    "wall",        "floor",        "ceiling",    "cabinet",   "bed",     "chair",   "sofa",
    "table",       "door",         "window",     "bookshelf", "picture", "counter", "blinds",
    "desk",        "shelves",      "curtain",    "dresser",   "pillow",  "mirror",  "floor mat",
    "books",       "refrigerator", "television", "paper",     "towel",   "box",     "whiteboard",
    "night stand", "toilet",       "sink",       "lamp",      "bathtub", "bag",     "bottle",
    "plant",       "monitor",      "keyboard",   "stove",     "pipe",    "cup",     "light"};
static_assert(std::size(kClassNames) == static_cast<std::size_t>(Label::kCount));

const Recording& checked(const SampleScene& scene, std::size_t record, char kind) {
  if (!scene.world || record >= scene.index_file.size() || scene.index_file[record].kind != kind)
    throw std::invalid_argument("scene '" + scene.name + "' has no record " + std::to_string(record) +
                                " of kind '" + kind + "'");
  return scene.index_file[record];
}

// Binomial blur of three interleaved channels, borders repeated: the lens and the sensor's colour filter.
void soften(std::vector<float>& image, int rows, int cols) {
  std::vector<float> line(static_cast<std::size_t>(cols) * 3), above(line.size()), out(line.size());
  auto at = [&](int r) { return image.data() + static_cast<std::ptrdiff_t>(r) * cols * 3; };
  for (int r = 0; r < rows; ++r) {
    float* p = at(r);
    std::copy(p, p + line.size(), line.begin());
    for (int c = 0; c < cols; ++c)
      for (int k = 0; k < 3; ++k) {
        const auto left = static_cast<std::size_t>(std::max(c - 1, 0) * 3 + k),
                   right = static_cast<std::size_t>(std::min(c + 1, cols - 1) * 3 + k);
        p[c * 3 + k] =
            0.2f * line[left] + 0.6f * line[static_cast<std::size_t>(c * 3 + k)] + 0.2f * line[right];
      }
  }
  std::copy(at(0), at(0) + line.size(), above.begin());
  for (int r = 0; r < rows; ++r) {
    float* p = at(r);
    const float* below = at(std::min(r + 1, rows - 1));
    std::copy(p, p + line.size(), line.begin());
    for (std::size_t i = 0; i < line.size(); ++i) p[i] = 0.2f * above[i] + 0.6f * line[i] + 0.2f * below[i];
    above.swap(line);
  }
}

// Linear light to a byte: gamma 2, a soft shoulder, some contrast.
std::uint8_t developed(double light) {
  light = light < 0 ? 0 : light;
  const double v = std::sqrt(light < 0.7 ? light : 0.7 + 0.3 * (1 - 1 / (1 + (light - 0.7) / 0.3)));
  return static_cast<std::uint8_t>((0.6 * v + 0.4 * v * v * (3 - 2 * v)) * 255 + 0.5);
}

}  // namespace

std::span<const std::string_view> class_names() { return kClassNames; }

cv::Mat render_rgb(const SampleScene& scene, const SampleOptions& options, std::size_t record) {
  const Recording& recording = checked(scene, record, 'r');
  const World& world = *scene.world;
  const View view = rgb_view(pose_at(world.path, recording.exposure));
  const RayGrid& rays = raw_rgb_rays();
  const Hits hits = trace(world, view.origin, view.world_from_grid, rays);

  std::vector<float> light(hits.t.size() * 3);
  for (std::size_t i = 0; i < hits.t.size(); ++i) {
    const double x = rays.x[i], y = rays.y[i];
    Vec3 c{1.15, 1.25, 1.4};  // open sky
    if (hits.solid[i] != Hits::kNone) {
      const Vec3 point = view.origin + view.world_from_grid * Vec3{x, y, 1} * hits.t[i];
      c = shade(world, view.origin, point, hits.solid[i], hits.t[i] * (1.0 / 519));
    }
    const double vignette = 1 - 0.28 * (x * x + y * y);
    c = c * world.white_balance * (world.exposure * vignette);
    light[3 * i] = static_cast<float>(c.x);
    light[3 * i + 1] = static_cast<float>(c.y);
    light[3 * i + 2] = static_cast<float>(c.z);
  }
  soften(light, rays.rows, rays.cols);

  cv::Mat image(rays.rows, rays.cols, CV_8UC3);
  std::uint8_t* out = image.ptr<std::uint8_t>();
  const std::uint64_t key =
      mix(key_for(world.key, 0, Use::kRgbNoise), static_cast<std::uint64_t>(recording.clock));
  const double grain = options.defects * world.grain;
  for (std::size_t i = 0; i < hits.t.size(); ++i) {
    const std::uint64_t a = mix(key, i), b = mix(a);
    // Each channel has noise of its own on top of a common part; grows with the square root of the light.
    const double common = nearly_normal(a);
    for (int k = 0; k < 3; ++k) {
      const double own = static_cast<double>((b >> (20 * k)) & 0xfffff) * 0x1p-20 - 0.5;
      const double v = light[3 * i + static_cast<std::size_t>(k)];
      const double sigma = grain * (0.0022 + 0.012 * std::sqrt(v < 1 ? v : 1.0) * 0.6);
      out[3 * i + static_cast<std::size_t>(k)] = developed(v + sigma * (0.7 * common + 2.2 * own));
    }
  }
  return image;
}

cv::Mat render_truth(const SampleScene& scene, std::size_t record) {
  const Recording& recording = checked(scene, record, 'd');
  const View view = truth_view(pose_at(scene.world->path, recording.exposure));
  const RayGrid& rays = ideal_rgb_rays();
  const Hits hits = trace(*scene.world, view.origin, view.world_from_grid, rays);
  cv::Mat depth(rays.rows, rays.cols, CV_64FC1);
  double* out = depth.ptr<double>();
  for (std::size_t i = 0; i < hits.t.size(); ++i)
    out[i] = hits.solid[i] == Hits::kNone
                 ? 0
                 : view.z_at_origin + hits.t[i] * dot(view.z_of_grid, {rays.x[i], rays.y[i], 1});
  return depth;
}

SampleLabels render_labels(const SampleScene& scene, std::size_t record) {
  const Recording& recording = checked(scene, record, 'd');
  const View view = truth_view(pose_at(scene.world->path, recording.exposure));
  const RayGrid& rays = ideal_rgb_rays();
  const Hits hits = trace(*scene.world, view.origin, view.world_from_grid, rays);
  SampleLabels out{cv::Mat::zeros(rays.rows, rays.cols, CV_16UC1),
                   cv::Mat::zeros(rays.rows, rays.cols, CV_8UC1)};
  for (std::size_t i = 0; i < hits.t.size(); ++i) {
    if (hits.solid[i] == Hits::kNone) continue;
    const Solid& s = scene.world->solids[hits.solid[i]];
    out.labels.ptr<std::uint16_t>()[i] = static_cast<std::uint16_t>(s.label + 1);
    out.instances.ptr<std::uint8_t>()[i] = s.instance;
  }
  return out;
}

}  // namespace depthmill::sample
