#include "stages/decompose/decompose.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "colorization/wls.h"
#include "stages/base/adapt.h"
#include "stages/base/frame_list.h"
#include "stages/base/idle_pool.h"

namespace depthmill {
namespace {

using colorization::WlsFilter;

// Bytes of a filter and of the vectors around it. Measured at 480 x 640: 600.
constexpr std::size_t kWorkspacePerPixel = 800;

class DecomposeStage : public Stage {
 public:
  explicit DecomposeStage(const DecomposeOptions& options)
      : options_(options), wls_{options.lambda, options.alpha, options.epsilon} {}

  std::string_view name() const override { return "decompose"; }
  std::vector<std::string> needs() const override {
    return options_.guide == DecomposeGuide::kRgb || keeps_rgb_
               ? std::vector<std::string>{plane::kDepth, plane::kRgb}
               : std::vector<std::string>{plane::kDepth};
  }
  std::vector<std::string> adds() const override {
    if (keeps_rgb_) return {plane::kBase, plane::kDetail, plane::kRgb};
    return {plane::kBase, plane::kDetail};
  }

  void expect_frames(const FrameList& frames) override {
    keeps_rgb_ = options_.keep_rgb;
    for (std::size_t i = 0; keeps_rgb_ && i < frames.size(); ++i) {
      keeps_rgb_ = !frames.ok(i) || frames[i].sources.contains(plane::kRgb);
    }
  }
  void prepare() override {
    if (const std::string problem = options_.problem(); !problem.empty()) throw std::runtime_error(problem);
  }

  std::size_t workspace(cv::Size frame) const override {
    return kWorkspacePerPixel * static_cast<std::size_t>(frame.area());
  }

  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) { decompose(frame); });
  }

 private:
  void decompose(Frame& frame) {
    cv::Mat depth;
    frame.plane(plane::kDepth).convertTo(depth, CV_64F);
    if (depth.channels() != 1)
      throw FrameError(FailureReason::kWrongSize, frame.id() + ": depth is not one channel");
    if (!depth.isContinuous()) depth = depth.clone();
    for (double d : view<double>(depth)) {
      if (!std::isfinite(d))
        throw FrameError(FailureReason::kNonFinite, frame.id() + ": depth is not finite");
      if (!(d > 0))
        throw FrameError(FailureReason::kNoValidPixel,
                         frame.id() + ": depth has holes; fill it before decompose");
    }

    const bool log_domain = options_.domain == DecomposeDomain::kLog;
    cv::Mat base(depth.size(), CV_64FC1);
    {
      const auto rows = static_cast<std::size_t>(depth.rows), cols = static_cast<std::size_t>(depth.cols);
      auto filter = filters_.borrow([&](const WlsFilter& f) { return f.rows() == rows && f.cols() == cols; },
                                    [&] { return std::make_unique<WlsFilter>(rows, cols, wls_); });
      const std::vector<double> input =
          log_domain ? colorization::log_guide(view<double>(depth), 0) : to_vector(depth);
      const std::vector<double> u = filter->base(input, guide_of(frame, depth));
      std::span<double> out = view_mut<double>(base);
      for (std::size_t i = 0; i < u.size(); ++i) out[i] = log_domain ? std::exp(u[i]) : u[i];
    }
    frame.planes[plane::kDetail] = cv::Mat(depth - base);
    frame.planes[plane::kBase] = base;
  }

  static std::vector<double> to_vector(const cv::Mat& m) {
    const auto values = view<double>(m);
    return {values.begin(), values.end()};
  }

  std::vector<double> guide_of(const Frame& frame, const cv::Mat& depth) const {
    if (options_.guide == DecomposeGuide::kDepth) return to_vector(depth);
    if (options_.guide == DecomposeGuide::kLogDepth) return colorization::log_guide(view<double>(depth));
    const cv::Mat& rgb = frame.plane(plane::kRgb);
    if (rgb.size() != depth.size() || rgb.type() != CV_8UC3)
      throw FrameError(FailureReason::kWrongSize, frame.id() + ": rgb and depth differ in size");
    std::vector<double> luminance;
    luminance.reserve(depth.total());
    for (int y = 0; y < rgb.rows; ++y)
      for (int x = 0; x < rgb.cols; ++x) {
        const auto& p = rgb.at<cv::Vec3b>(y, x);
        luminance.push_back((0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / 255);  // ITU-R BT.601
      }
    return colorization::log_guide(luminance);
  }

  DecomposeOptions options_;
  bool keeps_rgb_ = false;  // it was asked for, and every frame has one
  colorization::WlsOptions wls_;
  IdlePool<WlsFilter> filters_;
};

}  // namespace

std::unique_ptr<Stage> make_decompose_stage(const DecomposeOptions& options) {
  return std::make_unique<DecomposeStage>(options);
}

}  // namespace depthmill
