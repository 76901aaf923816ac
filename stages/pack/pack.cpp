#include "stages/pack/pack.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "stages/base/adapt.h"
#include "stages/base/counted.h"
#include "stages/io/suggest.h"
#include "stages/pack/places.h"
#include "stages/resample/resize.h"

namespace depthmill::pack {
namespace {

ResizeFilter filter_of(PackKernel kernel) {
  switch (kernel) {
    case PackKernel::kBilinear:
      return ResizeFilter::kPilBilinear;
    case PackKernel::kBicubic:
      return ResizeFilter::kPilBicubic;
    case PackKernel::kLanczos:
      return ResizeFilter::kPilLanczos;
    case PackKernel::kNearest:
      return ResizeFilter::kExactNearestCentre;
    case PackKernel::kArea:
      return ResizeFilter::kOpencvArea;
  }
  throw std::logic_error("filter_of: no such kernel");
}

std::string size_text(cv::Size size) {
  return std::to_string(size.height) + " x " + std::to_string(size.width);
}

// Bytes that a frame of this size has in an archive at most: float32 depth, a picture that did not shrink, three headers
// and what fills up their blocks.
std::uint64_t largest_sample(cv::Size size) {
  constexpr std::uint64_t kBytesPerPixel = 4 + 3, kBesides = 16'384;
  return kBytesPerPixel * static_cast<std::uint64_t>(size.area()) + kBesides;
}

// Bytes a pixel of what is encoded: a frame at another size, its samples and the files of them.
constexpr std::size_t kWorkspacePerPixel = 48;

class PackStage : public Stage {
 public:
  explicit PackStage(const PackOptions& options) : options_(options), layout_(*options.layout) {}

  std::string_view name() const override { return "pack"; }
  std::vector<std::string> needs() const override {
    if (layout_.raw_pictures) return {plane::kRawRgb};
    return {plane::kRgb, options_.depth_plane()};
  }
  std::vector<std::string> uses() const override {
    return layout_.takes_base ? std::vector<std::string>{plane::kBase} : std::vector<std::string>{};
  }
  std::vector<std::string> adds() const override { return {}; }
  std::size_t workspace(cv::Size frame) const override {
    return kWorkspacePerPixel * static_cast<std::size_t>(frame.area());
  }

  cv::Size expect(cv::Size image) override {
    const cv::Size packed =
        options_.resize ? cv::Size(options_.resize->second, options_.resize->first) : image;
    if (options_.shard_bytes > 0)
      options_.shard_size =
          static_cast<int>(std::max<std::uint64_t>(1, options_.shard_bytes / largest_sample(packed)));
    return image;
  }

  void expect_frames(const FrameList& frames) override {
    std::set<std::string> scenes;
    for (std::size_t i = 0; i < frames.size(); ++i) scenes.emplace(frames.scene(i));
    const Split split = options_.parts ? Split(options_.parts) : Split(options_.split, scenes);
    places_ = Places(frames, split, layout_.first_number);
    if (const auto& absent = split.not_there(); !absent.empty())
      not_there_ = options_.split + ": " + counted(absent.size(), "scene") +
                   " named there without a frame here, for example " + absent.front();
    refuse_equal_paths(frames);
  }

  void prepare() override {
    if (const std::string problem = options_.problem(); !problem.empty()) throw std::runtime_error(problem);
  }

  std::vector<std::pair<std::string, std::filesystem::path>> files() const override {
    if (options_.split.empty() || is_ratio(options_.split)) return {};
    return {{"split", options_.split}};
  }

  std::vector<std::string> remarks() const override {
    std::vector<std::string> remarks;
    if (!layout_.remark.empty()) remarks.emplace_back(layout_.remark);
    if (!not_there_.empty()) remarks.push_back(not_there_);
    return remarks;
  }

  bool makes_files() const override { return true; }
  bool groups_frames() const override { return layout_.group != nullptr; }
  std::vector<std::string> files_of(const Frame& frame) const override {
    const Place place = places_.of(frame);
    if (layout_.group) return {below(layout_.group(place, options_))};
    std::vector<std::string> paths;
    for (const FileRule& rule : layout_.files)
      if (const std::string path = rule.path(place, options_); !path.empty()) paths.push_back(below(path));
    return paths;
  }
  std::unique_ptr<FileGroup> open_group(const std::filesystem::path& folder,
                                        const std::string& path) const override {
    return layout_.open_group(folder / path, options_);
  }
  std::vector<std::pair<std::string, std::string>> index_files(
      const FrameList& list, std::span<const std::size_t> done) const override {
    if (!layout_.index) return {};
    std::vector<Place> places;
    for (const std::size_t i : done) places.push_back(places_.of(list[i]));
    auto files = layout_.index(places, options_);
    for (auto& [path, text] : files) path = below(path);
    return files;
  }

  void run(std::span<Frame> batch) override {
    if (layout_.raw_pictures) return;  // that they can be read is all
    for_each_live(batch, name(), [this](Frame& frame) {
      const Pixels pixels = pixels_of(frame);
      const Place place = places_.of(frame);
      for (const FileRule& rule : layout_.files) {
        // Members of a file of several frames have names of their own.
        const std::string path = rule.path(place, options_);
        if (path.empty()) continue;
        frame.files.emplace_back(layout_.group ? path : below(path), rule.bytes(pixels, place, options_));
      }
    });
  }

 private:
  // Two frames in one file would be one frame less, without a word.
  void refuse_equal_paths(const FrameList& frames) const {
    std::unordered_map<std::string, std::size_t> taken;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const Place place = places_.of(frames[i]);
      if (layout_.files.empty()) continue;
      const std::string path = layout_.files.back().path(place, options_);
      if (const auto [at, fresh] = taken.try_emplace(path, i); !fresh)
        throw std::runtime_error("frames " + frames[at->second].id() + " and " + place.source +
                                 " would both become " + path);
    }
  }

  std::string below(const std::string& path) const {
    return options_.below.empty() ? path : options_.below + "/" + path;
  }

  Pixels pixels_of(const Frame& frame) const {
    Pixels pixels;
    pixels.rgb = frame.plane(plane::kRgb);
    pixels.depth = depth_of(frame, frame.plane(options_.depth_plane()));
    if (layout_.takes_base && frame.planes.contains(plane::kBase))
      pixels.base = depth_of(frame, frame.plane(plane::kBase));
    for (const cv::Mat* depth : {&pixels.depth, &pixels.base})
      if (!depth->empty() && depth->size() != pixels.rgb.size())
        throw FrameError(FailureReason::kWrongSize, frame.id() + ": rgb is " + size_text(pixels.rgb.size()) +
                                                        " and depth " + size_text(depth->size()));
    if (options_.resize) resize(pixels);
    if (!layout_.size.empty() && pixels.rgb.size() != layout_.size)
      throw FrameError(FailureReason::kWrongSize,
                       frame.id() + ": is " + size_text(pixels.rgb.size()) + "; the loaders of layout " +
                           std::string(layout_.name) + " take " + size_text(layout_.size) +
                           " alone (--resize " + io::write_size(layout_.size.height, layout_.size.width) +
                           ")");
    return pixels;
  }

  // As float64; what is not above 0 is no reading.
  cv::Mat depth_of(const Frame& frame, const cv::Mat& plane) const {
    cv::Mat depth;
    plane.convertTo(depth, CV_64F);
    if (depth.channels() != 1)
      throw FrameError(FailureReason::kWrongSize, frame.id() + ": depth is not one channel");
    if (!depth.isContinuous()) depth = depth.clone();
    for (double& z : view_mut<double>(depth)) {
      if (!std::isfinite(z))
        throw FrameError(FailureReason::kNonFinite, frame.id() + ": depth is not finite");
      if (z > 0) continue;
      z = 0;
      if (layout_.whole_depth)
        throw FrameError(FailureReason::kNoValidPixel, frame.id() + ": depth has holes, which layout " +
                                                           std::string(layout_.name) +
                                                           " has no sign for; fill it first");
    }
    return depth;
  }

  void resize(Pixels& pixels) const {
    const cv::Size size(options_.resize->second, options_.resize->first);
    pixels.rgb = resample(pixels.rgb, size, filter_of(options_.kernel));
    for (cv::Mat* depth : {&pixels.depth, &pixels.base})
      if (!depth->empty()) *depth = resample(*depth, size, ResizeFilter::kExactNearestCentre);
  }

  PackOptions options_;
  const PackLayout& layout_;
  Places places_;
  std::string not_there_;  // a sentence about scenes that only the split names
};

}  // namespace

std::unique_ptr<Stage> make_pack_stage(const PackOptions& options) {
  if (!options.layout)
    throw std::runtime_error("pack.layout is missing: name one of " + io::name_list(layout_names()));
  return std::make_unique<PackStage>(options);
}

}  // namespace depthmill::pack
