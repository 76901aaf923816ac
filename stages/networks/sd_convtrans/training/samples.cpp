#include "stages/networks/sd_convtrans/training/samples.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "colorization/wls.h"
#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#include "stages/resample/resize.h"
#include "stages/run_folder/plane_files.h"

namespace depthmill::sd_convtrans {
namespace fs = std::filesystem;
namespace {

constexpr double kMetresPerUnit = 10;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code ignored;
  for (const auto& e : fs::directory_iterator(folder, ignored)) entries.push_back(e.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool ends(const std::string& s, const std::string& with) {
  return s.size() > with.size() && s.compare(s.size() - with.size(), with.size(), with) == 0;
}

// Frames of planes/ and of the scene folders below it.
std::vector<SampleFiles> list_run(const fs::path& root) {
  std::vector<SampleFiles> samples;
  auto take = [&](const std::string& scene, const fs::path& file) {
    const std::string name = file.filename().string(), suffix = std::string(".") + plane::kRgb + ".png";
    if (!ends(name, suffix)) return;
    SampleFiles s;
    s.scene = scene;
    s.name = name.substr(0, name.size() - suffix.size());
    s.rgb.file = file;
    s.depth.file = run_folder::find_plane(root, scene, s.name, plane::kDepth);
    s.base.file = run_folder::find_plane(root, scene, s.name, plane::kBase);
    s.raw_depth.file = run_folder::find_plane(root, scene, s.name, plane::kRawDepth);
    s.raw_depth.name = plane::kRawDepth;
    s.depth.name = plane::kDepth;
    s.base.name = plane::kBase;
    if (!s.depth.file.empty()) samples.push_back(s);
  };
  for (const fs::path& entry : sorted_entries(root / "planes")) {
    if (!fs::is_directory(entry)) {
      take("", entry);
      continue;
    }
    for (const fs::path& file : sorted_entries(entry)) take(entry.filename().string(), file);
  }
  return samples;
}

bool is_jpeg(const fs::path& file) {
  std::string e = file.extension().string();
  for (char& c : e) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return e == ".jpg" || e == ".jpeg";
}

std::vector<SampleFiles> list_published(const fs::path& root, bool train) {
  fs::path pictures = root / (train ? "train" : "test") / "images";
  if (train && !fs::is_directory(pictures)) pictures = root / "train" / "images_withtest";
  std::vector<SampleFiles> samples;
  for (const fs::path& file : sorted_entries(pictures)) {
    if (!is_jpeg(file)) continue;
    const std::string mat = file.stem().string() + ".mat";
    SampleFiles s;
    s.name = file.stem().string();
    s.rgb.file = file;
    if (train) {
      s.depth = {root / "train" / "wls" / "depths_withtest" / mat, "I"};
      s.base = {root / "train" / "wls" / "depths_base_withtest" / mat, "base"};
      s.depth_unit = kMetresPerUnit;
      if (!fs::exists(s.base.file)) s.base.file.clear();
    } else {
      s.depth = {root / "test" / "depths" / mat, "temp"};
    }
    if (!fs::exists(s.depth.file))
      throw std::runtime_error(file.string() + " has no depth: " + s.depth.file.string() + " is not there");
    samples.push_back(s);
  }
  return samples;
}

cv::Mat read_metres(const PlaneSource& source, double unit, const char* plane_name) {
  PlaneSource s = source;
  // A run folder's npy and png files have no names inside; h5 and mat do.
  if (const auto* format = io::find_format(s.file); format && !format->has_names) s.name.clear();
  cv::Mat depth = io::read_plane(s, io::PlaneKind::kDepth, plane_name);
  for (double& d : view_mut<double>(depth)) {
    d *= unit;
    if (!std::isfinite(d) || d < 0) d = 0;
  }
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

}  // namespace

SampleLists list_samples(const fs::path& root, const fs::path& validation, TrainLayout layout, double share) {
  auto published = [&](const fs::path& folder) {
    return layout == TrainLayout::kPublished ||
           (layout == TrainLayout::kAuto &&
            (fs::is_directory(folder / "train") || fs::is_directory(folder / "test")));
  };
  SampleLists lists;
  if (published(root)) {
    lists.train = list_published(root, true);
    if (validation.empty()) lists.validation = list_published(root, false);
  } else {
    lists.train = list_run(root);
    if (validation.empty() && !lists.train.empty()) {
      std::set<std::string> scenes;
      for (const SampleFiles& s : lists.train) scenes.insert(s.scene);
      auto count = [&](std::size_t n) {
        return std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(share * static_cast<double>(n))),
                                       1, n > 1 ? n - 1 : 1);
      };
      if (scenes.size() > 1) {
        std::set<std::string> held(std::prev(scenes.end(), static_cast<std::ptrdiff_t>(count(scenes.size()))),
                                   scenes.end());
        auto out = std::stable_partition(lists.train.begin(), lists.train.end(),
                                         [&](const SampleFiles& s) { return !held.count(s.scene); });
        lists.validation.assign(out, lists.train.end());
        lists.train.erase(out, lists.train.end());
      } else if (lists.train.size() > 1) {
        const auto out = lists.train.end() - static_cast<std::ptrdiff_t>(count(lists.train.size()));
        lists.validation.assign(out, lists.train.end());
        lists.train.erase(out, lists.train.end());
      }
    }
  }
  if (!validation.empty()) {
    lists.validation = published(validation) ? list_published(validation, false) : list_run(validation);
  }
  if (lists.train.empty())
    throw std::runtime_error(root.string() +
                             ": nothing to train on; a run folder has planes/<scene>/<frame>.rgb.png with "
                             ".depth files beside them, the published layout has train/images");
  if (lists.validation.empty())
    throw std::runtime_error((validation.empty() ? root : validation).string() + ": nothing to validate on");
  return lists;
}

cv::Mat read_depth(const SampleFiles& files) {
  return read_metres(files.depth, files.depth_unit, plane::kDepth);
}

cv::Mat read_truth(const SampleFiles& files, metrics::GtKind kind) {
  if (kind == metrics::GtKind::kFilled || files.raw_depth.file.empty()) return read_depth(files);
  return read_metres(files.raw_depth, files.depth_unit, plane::kRawDepth);
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
                                   : target(read_metres(files.base, files.depth_unit, plane::kBase), low);
  return s;
}

}  // namespace depthmill::sd_convtrans
