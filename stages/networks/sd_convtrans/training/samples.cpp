#include "stages/networks/sd_convtrans/training/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "colorization/wls.h"
#include "stages/base/adapt.h"
#include "stages/data/layout.h"
#include "stages/io/plane_file.h"
#include "stages/resample/resize.h"

namespace depthmill::sd_convtrans {
namespace fs = std::filesystem;
namespace {

constexpr double kMetresPerUnit = 10;

data::PlaneRequest request_for(const fs::path& root, TrainLayout layout) {
  data::PlaneRequest request;
  request.planes = {plane::kRgb, plane::kDepth, plane::kBase, plane::kRawDepth};
  request.where = root;
  request.layout = layout == TrainLayout::kAuto  ? ""
                   : layout == TrainLayout::kRun ? "planes"
                                                 : "sd-convtrans";
  return request;
}

// Has the layout folders for training and testing of its own?
bool has_parts(const fs::path& root, TrainLayout layout) {
  return data::layout_of(request_for(root, layout)).parts;
}

// The frames that have rgb and depth and are picked; of the part alone where the layout has parts.
std::vector<SampleFiles> list_part(const fs::path& root, TrainLayout layout, data::Part part,
                                   const data::Pick& pick) {
  data::PlaneRequest request = request_for(root, layout);
  const data::Layout& row = data::layout_of(request);
  if (!row.lists())
    throw std::runtime_error(root.string() + ": layout " + std::string(row.name) + " is written, never read");
  if (row.parts) request.scenes = {std::string(data::part_name(part))};
  std::vector<SampleFiles> samples;
  data::Listing listing = row.frames(request, data::Tree(root));
  listing.frames.edit([](const Frame& frame) {
    return !frame.ok() || (frame.sources.contains(plane::kRgb) && frame.sources.contains(plane::kDepth));
  });
  const std::size_t failures = listing.failures.size();
  data::pick_frames(listing, pick);
  if (listing.failures.size() > failures)
    throw std::runtime_error(root.string() + ": " + listing.failures[failures].text);
  for (Frame frame : listing.frames) {
    if (!frame.ok()) throw std::runtime_error(frame.failure_text);
    samples.push_back({frame.scene, frame.name, frame.sources[plane::kRgb], frame.sources[plane::kDepth],
                       frame.sources[plane::kBase], frame.sources[plane::kRawDepth]});
  }
  return samples;
}

cv::Mat read_metres(const PlaneSource& source, const char* plane_name) {
  cv::Mat depth = io::read_plane(source, io::PlaneKind::kDepth, plane_name);
  for (double& d : view_mut<double>(depth))
    if (!std::isfinite(d) || d < 0) d = 0;
  return depth;
}

// Antialiased bilinear of what is known; 0 where less than half is.
cv::Mat target(const cv::Mat& metres, cv::Size size) {
  cv::Mat value(metres.size(), CV_32FC1), known(metres.size(), CV_32FC1);
  for (int y = 0; y < metres.rows; ++y)
    for (int x = 0; x < metres.cols; ++x) {
      const double d = metres.at<double>(y, x);
      const bool ok = d > 0 && d <= kMetresPerUnit;
      value.at<float>(y, x) = ok ? static_cast<float>(d / kMetresPerUnit) : 0.0f;
      known.at<float>(y, x) = ok ? 1.0f : 0.0f;
    }
  cv::Mat out = resample(value, size, ResizeFilter::kPilBilinear);
  const cv::Mat share = resample(known, size, ResizeFilter::kPilBilinear);
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x) {
      const float s = share.at<float>(y, x);
      if (s < 1) out.at<float>(y, x) = s < 0.5f ? 0.0f : out.at<float>(y, x) / s;
    }
  return out;
}

// WLS base of a target; unknown pixels take part with the mean and stay unknown.
cv::Mat computed_base(const cv::Mat& depth01) {
  std::vector<double> metres;
  double sum = 0;
  std::size_t known = 0;
  for (float v : view<float>(depth01)) {
    metres.push_back(v * kMetresPerUnit);
    if (v > 0) sum += metres.back(), ++known;
  }
  if (known == 0) return depth01.clone();
  for (double& m : metres)
    if (m <= 0) m = sum / static_cast<double>(known);
  const auto base =
      colorization::wls_base(metres, colorization::log_guide(metres), static_cast<std::size_t>(depth01.rows),
                             static_cast<std::size_t>(depth01.cols));
  cv::Mat out(depth01.size(), CV_32FC1);
  auto to = view_mut<float>(out);
  const auto from = view<float>(depth01);
  for (std::size_t i = 0; i < base.size(); ++i)
    to[i] = from[i] > 0 ? static_cast<float>(base[i] / kMetresPerUnit) : 0.0f;
  return out;
}

cv::Size quarter(int height, int width) { return {(width + 3) / 4, (height + 3) / 4}; }

// Takes the last scenes by name, or the last frames of a single scene, from training to validation.
void hold_out(SampleLists& lists, double share) {
  const auto count = [&](std::size_t n) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(share * static_cast<double>(n))), 1,
                                   n > 1 ? n - 1 : 1);
  };
  std::set<std::string> scenes;
  for (const SampleFiles& s : lists.train) scenes.insert(s.scene);
  auto out = lists.train.end();
  if (scenes.size() > 1) {
    const std::set<std::string> held(
        std::prev(scenes.end(), static_cast<std::ptrdiff_t>(count(scenes.size()))), scenes.end());
    out = std::stable_partition(lists.train.begin(), lists.train.end(),
                                [&](const SampleFiles& s) { return !held.count(s.scene); });
  } else if (lists.train.size() > 1) {
    out = lists.train.end() - static_cast<std::ptrdiff_t>(count(lists.train.size()));
  }
  lists.validation.assign(out, lists.train.end());
  lists.train.erase(out, lists.train.end());
}

}  // namespace

SampleLists list_samples(const fs::path& root, const fs::path& validation, TrainLayout layout, double share,
                         const data::Pick& pick) {
  SampleLists lists;
  lists.train = list_part(root, layout, data::Part::kTrain, pick);
  if (lists.train.empty())
    throw std::runtime_error(root.string() +
                             ": nothing to train on; a run folder has planes/<scene>/<frame>.rgb.png with "
                             ".depth files beside them, SD-ConvTrans' own layout has train/images");
  if (!validation.empty())
    lists.validation = list_part(validation, layout, data::Part::kTest, {});
  else if (has_parts(root, layout))
    lists.validation = list_part(root, layout, data::Part::kTest, {});
  else
    hold_out(lists, share);
  if (lists.validation.empty())
    throw std::runtime_error((validation.empty() ? root : validation).string() + ": nothing to validate on");
  return lists;
}

cv::Mat read_depth(const SampleFiles& files) { return read_metres(files.depth, plane::kDepth); }

cv::Mat read_truth(const SampleFiles& files, metrics::GtKind kind) {
  if (kind == metrics::GtKind::kFilled || files.raw_depth.file.empty()) return read_depth(files);
  return read_metres(files.raw_depth, plane::kRawDepth);
}

std::string look_of(const SampleLists& lists) {
  std::uint64_t digest = 14695981039346656037u;  // FNV-1a: it tells changes, nobody forges them
  const auto take = [&](const std::string& text) {
    for (const char c : text + '\n') digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211u;
  };
  for (const auto* part : {&lists.train, &lists.validation})
    for (const SampleFiles& frame : *part) {
      take(frame.scene), take(frame.name);
      for (const PlaneSource* source : {&frame.rgb, &frame.depth, &frame.base, &frame.raw_depth}) {
        if (source->file.empty()) continue;
        take(std::to_string(fs::file_size(source->file)));
        take(std::to_string(fs::last_write_time(source->file).time_since_epoch().count()));
      }
    }
  char text[64];
  std::snprintf(text, sizeof text, " frames, digest %016llx", static_cast<unsigned long long>(digest));
  return std::to_string(lists.train.size()) + " + " + std::to_string(lists.validation.size()) + text;
}

Sample prepare_sample(const SampleFiles& files, const NetworkSizes& sizes) {
  const cv::Mat rgb = io::read_plane(files.rgb, io::PlaneKind::kRgb, plane::kRgb);
  const cv::Mat depth = read_depth(files);
  Sample s;
  s.picture = rgb.size();
  s.low = resample(rgb, {sizes.low_width, sizes.low_height}, ResizeFilter::kPilBilinear);
  s.high = resample(rgb, {sizes.high_width, sizes.high_height}, ResizeFilter::kPilBilinear);
  s.depth = target(depth, quarter(sizes.high_height, sizes.high_width));
  const cv::Size low = quarter(sizes.low_height, sizes.low_width);
  s.base = files.base.file.empty() ? computed_base(target(depth, low))
                                   : target(read_metres(files.base, plane::kBase), low);
  return s;
}

}  // namespace depthmill::sd_convtrans
