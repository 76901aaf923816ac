#include "stages/fill/fill.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "colorization/affinity.h"
#include "colorization/cross_bilateral.h"
#include "colorization/gray.h"
#include "colorization/levin.h"
#include "stages/base/adapt.h"
#include "stages/base/idle_pool.h"
#include "stages/base/preview.h"

namespace depthmill {
namespace {

using colorization::Image;
using colorization::LevinFiller;

colorization::FillOptions levin_options(const FillStageOptions& options) {
  return {.alpha = options.alpha, .keep_known = options.keep_known, .tolerance = options.tolerance_in_use()};
}

// Bytes by method, in the order of the enumeration. Measured at 480 x 640: 320 for levin.
constexpr std::size_t kWorkspacePerPixel[] = {512, 128, 0};

// What one frame under way needs; big, so kept from frame to frame, whatever their sizes.
struct Worker {
  Worker(const cv::Size& size, const colorization::FillOptions& options)
      : gray(size.height, size.width), filler(size.height, size.width, options) {}
  void resize(const cv::Size& size) {
    gray.resize(size.height, size.width);
    filler.resize(size.height, size.width);
  }
  Image gray;
  LevinFiller filler;
};

void check_planes(const Frame& frame, const cv::Mat& rgb, const cv::Mat& raw) {
  auto refuse = [&](FailureReason reason, const char* why) {
    throw FrameError(reason, frame.id() + ": " + why);
  };
  if (rgb.size() != raw.size()) refuse(FailureReason::kWrongSize, "rgb and raw_depth differ in size");
  if (rgb.type() != CV_8UC3) refuse(FailureReason::kWrongSize, "rgb is not three 8-bit channels");
  if (raw.type() != CV_64FC1) refuse(FailureReason::kWrongSize, "raw_depth is not one channel of doubles");
  if (!cv::checkRange(raw)) refuse(FailureReason::kNonFinite, "raw_depth holds NaN or infinity");
  for (double depth : view<double>(raw))
    if (colorization::is_known(depth)) return;
  refuse(FailureReason::kNoValidPixel, "no pixel of raw_depth has a reading");
}

class FillStage final : public Stage {
 public:
  explicit FillStage(const FillStageOptions& options) : options_(options) {}

  std::string_view name() const override { return "fill"; }
  std::vector<std::string> needs() const override { return {plane::kRgb, plane::kRawDepth}; }
  std::vector<std::string> adds() const override {
    std::vector<std::string> planes{plane::kDepth};
    if (options_.preview) planes.emplace_back(plane::kDepthPreview);
    if (options_.keep_rgb) planes.emplace_back(plane::kRgb);
    return planes;
  }
  std::size_t workspace(cv::Size frame) const override {
    return kWorkspacePerPixel[static_cast<std::size_t>(options_.method)] *
           static_cast<std::size_t>(frame.area());
  }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      fill(frame);
      if (options_.preview) frame.planes[plane::kDepthPreview] = preview_of(frame.plane(plane::kDepth));
    });
  }

 private:
  void fill(Frame& frame) {
    const cv::Mat raw = continuous(frame.plane(plane::kRawDepth));
    if (options_.method == FillMethod::kNone) {
      frame.planes[plane::kDepth] = raw.clone();
      return;
    }
    const cv::Mat rgb = continuous(frame.plane(plane::kRgb));
    check_planes(frame, rgb, raw);
    cv::Mat filled(raw.size(), CV_64FC1);
    if (options_.method == FillMethod::kLevin)
      fill_levin(frame, rgb, raw, filled);
    else
      image_of(filled) = colorization::fill_depth_cross_bf(view<std::uint8_t>(rgb), image_of(raw));
    frame.planes[plane::kDepth] = std::move(filled);
  }

  void fill_levin(Frame& frame, const cv::Mat& rgb, const cv::Mat& raw, cv::Mat& filled) {
    // A worker's history never shows in a result, so it does not matter who gets which.
    auto worker =
        workers_.borrow([](const Worker&) { return true; },
                        [&] { return std::make_unique<Worker>(raw.size(), levin_options(options_)); });
    worker->resize(raw.size());
    colorization::rgb_to_gray(view<std::uint8_t>(rgb), worker->gray);
    const auto summary = worker->filler.fill(worker->gray, image_of(raw), image_of(filled));
    if (summary.ending == colorization::FillEnding::kNotFinite)
      throw FrameError(FailureReason::kSolveFailed, frame.id() + ": " + summary.message());
    if (!summary.ok()) frame.notes.push_back(summary.message());
  }

  static cv::Mat continuous(const cv::Mat& plane) { return plane.isContinuous() ? plane : plane.clone(); }
  static Eigen::Map<Image> image_of(const cv::Mat& plane) {
    return {reinterpret_cast<double*>(plane.data), plane.rows, plane.cols};
  }

  FillStageOptions options_;
  IdlePool<Worker> workers_;
};

}  // namespace

std::unique_ptr<Stage> make_fill_stage(const FillStageOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty()) throw std::invalid_argument(bad);
  return std::make_unique<FillStage>(options);
}

}  // namespace depthmill
