#include "stages/extract/extract.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "stages/base/adapt.h"
#include "stages/nyu/crop.h"
#include "stages/nyu/depth_units.h"
#include "stages/nyu/project.h"

namespace depthmill {
namespace {

// Undistorted depth and the planes before they are cropped, in bytes.
constexpr std::size_t kWorkspacePerPixel = 64;

void check_size(const Frame& frame, const char* name, const cv::Mat& plane, int type) {
  if (plane.rows == nyu::kRows && plane.cols == nyu::kCols && plane.type() == type && plane.isContinuous())
    return;
  throw FrameError(FailureReason::kWrongSize, frame.id() + ": " + name + " is " + std::to_string(plane.rows) +
                                                  " x " + std::to_string(plane.cols) +
                                                  " instead of 480 x 640");
}

class ExtractStage final : public Stage {
 public:
  explicit ExtractStage(const ExtractOptions& options) : options_(options) {}

  std::string_view name() const override { return "extract"; }
  std::vector<std::string> needs() const override { return {plane::kRawRgb, plane::kDepthRel}; }
  std::vector<std::string> adds() const override { return {plane::kRgb, plane::kRawDepth}; }
  cv::Size expect(cv::Size image) override {
    return options_.crop == Crop::kToolbox
               ? cv::Size(nyu::kProjectionMask.cols(), nyu::kProjectionMask.rows())
               : image;
  }
  std::size_t workspace(cv::Size frame) const override {
    return kWorkspacePerPixel * static_cast<std::size_t>(frame.area());
  }
  void prepare() override {
    if (!registration_) registration_.emplace();
  }
  void run(std::span<Frame> batch) override {
    if (!registration_) throw std::logic_error("extract: run before prepare");
    for_each_live(batch, name(), [this](Frame& frame) { extract(frame); });
  }

 private:
  void extract(Frame& frame) const {
    const cv::Mat& raw_rgb = frame.plane(plane::kRawRgb);
    const cv::Mat& codes = frame.plane(plane::kDepthRel);
    check_size(frame, plane::kRawRgb, raw_rgb, CV_8UC3);
    check_size(frame, plane::kDepthRel, codes, CV_16UC1);
    const auto code_view = view<std::uint16_t>(codes);
    const auto greatest = *std::max_element(code_view.begin(), code_view.end());
    if (greatest > nyu::kNoReading)
      throw FrameError(
          FailureReason::kOutOfRange,
          frame.id() + ": depth_rel holds " + std::to_string(greatest) + ", Kinect codes end at 2047");

    cv::Mat rgb(nyu::kRows, nyu::kCols, CV_8UC3);
    cv::Mat depth(nyu::kRows, nyu::kCols, CV_64FC1);
    registration_->project_depth_map(code_view, view_mut<double>(depth));
    registration_->rgb_lens().undistort_rgb(view<std::uint8_t>(raw_rgb), view_mut<std::uint8_t>(rgb));
    if (options_.crop == Crop::kToolbox) {
      rgb = cropped<std::uint8_t>(rgb);
      depth = cropped<double>(depth);
    }
    const auto metres = view<double>(depth);
    if (std::all_of(metres.begin(), metres.end(), [](double z) { return z == 0; }))
      throw FrameError(FailureReason::kNoValidPixel,
                       frame.id() + ": no reading of the depth frame is left after registration");

    frame.planes.erase(plane::kRawRgb);
    frame.planes.erase(plane::kDepthRel);
    frame.planes[plane::kRgb] = std::move(rgb);
    frame.planes[plane::kRawDepth] = std::move(depth);
  }

  template <class T>
  static cv::Mat cropped(const cv::Mat& plane) {
    cv::Mat window(nyu::kProjectionMask.rows(), nyu::kProjectionMask.cols(), plane.type());
    nyu::crop_image<T>(view<T>(plane), view_mut<T>(window), static_cast<std::size_t>(plane.channels()));
    return window;
  }

  ExtractOptions options_;
  std::optional<nyu::DepthRegistration> registration_;
};

}  // namespace

std::unique_ptr<Stage> make_extract_stage(const ExtractOptions& options) {
  return std::make_unique<ExtractStage>(options);
}

}  // namespace depthmill
