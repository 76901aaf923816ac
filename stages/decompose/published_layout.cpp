#include "stages/decompose/published_layout.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/io/artifacts.h"
#include "stages/io/atomic_file.h"

namespace depthmill {
namespace {

constexpr double kMetresPerUnit = 10;

void write_jpeg(const std::filesystem::path& file, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> bytes;
  if (!cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, 95}))
    throw std::runtime_error(file.string() + ": the picture cannot be encoded");
  io::write_whole_file(file, std::span<const std::uint8_t>(bytes));
}

void write_variable(const std::filesystem::path& file, const cv::Mat& metres, double unit,
                    const std::string& name) {
  cv::Mat values;
  metres.convertTo(values, CV_64F, 1 / unit);
  if (!cv::checkRange(values))
    throw FrameError(FailureReason::kNonFinite, file.string() + ": depth is not finite");
  io::write_plane(file, values, io::PlaneKind::kDepth, {1000.0, name});
}

const cv::Mat& checked(const Frame& frame, const char* plane_name) {
  const cv::Mat& m = frame.plane(plane_name);
  if (m.size() != frame.plane(plane::kRgb).size())
    throw FrameError(FailureReason::kWrongSize, frame.id() + ": rgb and " + plane_name + " differ in size");
  return m;
}

}  // namespace

std::string published_stem(const Frame& frame) {
  std::string stem = frame.id();
  std::replace(stem.begin(), stem.end(), '/', '_');
  return stem;
}

void write_published_train(const std::filesystem::path& root, const Frame& frame) {
  const cv::Mat& depth = checked(frame, plane::kDepth);
  const cv::Mat& base = checked(frame, plane::kBase);
  const std::string stem = published_stem(frame);
  const std::filesystem::path wls = root / "train" / "wls";
  write_variable(wls / "depths_withtest" / (stem + ".mat"), depth, kMetresPerUnit, "I");
  write_variable(wls / "depths_base_withtest" / (stem + ".mat"), base, kMetresPerUnit, "base");
  // The picture last: it is what readers list.
  write_jpeg(root / "train" / "images" / (stem + ".jpg"), frame.plane(plane::kRgb));
}

void write_published_test(const std::filesystem::path& root, const Frame& frame) {
  const cv::Mat& depth = checked(frame, plane::kDepth);
  const std::string stem = published_stem(frame);
  write_variable(root / "test" / "depths" / (stem + ".mat"), depth, 1, "temp");
  write_jpeg(root / "test" / "images" / (stem + ".jpg"), frame.plane(plane::kRgb));
}

}  // namespace depthmill
