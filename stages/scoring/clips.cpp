#include "stages/scoring/clips.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <opencv2/core.hpp>
#include <span>
#include <stdexcept>

#include "metrics/clip_fit.h"
#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"

namespace depthmill {
namespace {

using metrics::Protocol;

// Pixels of a clip: the first in memory, and when they are many all of them in a file that is gone when this is, block by
// block: their number, predictions, targets.
class PixelStore {
 public:
  PixelStore() = default;
  ~PixelStore() {
    if (file_) std::fclose(file_);
  }
  PixelStore(const PixelStore&) = delete;
  PixelStore& operator=(const PixelStore&) = delete;

  void add(std::span<const double> pred, std::span<const double> target) {
    for (std::size_t i = 0; i < pred.size(); ++i) {
      if (!std::isfinite(pred[i]) || !std::isfinite(target[i])) continue;
      pred_.push_back(static_cast<float>(pred[i])), target_.push_back(static_cast<float>(target[i]));
      if (pred_.size() == kMost) put_down();
    }
  }
  void replay(const metrics::UsePixels& use) const {
    if (file_) {
      if (std::fflush(file_) != 0) fail();
      std::rewind(file_);
      std::vector<float> pred(kMost), target(kMost);
      for (std::uint64_t n = 0; std::fread(&n, sizeof n, 1, file_) == 1;) {
        if (n > kMost || std::fread(pred.data(), sizeof(float), n, file_) != n ||
            std::fread(target.data(), sizeof(float), n, file_) != n)
          fail();
        use(std::span(pred).first(n), std::span(target).first(n));
      }
      if (std::fseek(file_, 0, SEEK_END) != 0) fail();
    }
    if (!pred_.empty()) use(pred_, target_);
  }

 private:
  static constexpr std::size_t kMost = 1 << 20;  // 8 MiB
  [[noreturn]] static void fail() {
    throw std::runtime_error("the pixels of a clip cannot be kept in a temporary file (is the disk full?)");
  }
  void put_down() {
    if (!file_ && !(file_ = std::tmpfile())) fail();
    const std::uint64_t n = pred_.size();
    if (std::fwrite(&n, sizeof n, 1, file_) != 1 || std::fwrite(pred_.data(), sizeof(float), n, file_) != n ||
        std::fwrite(target_.data(), sizeof(float), n, file_) != n)
      fail();
    pred_.clear(), target_.clear();
  }
  std::vector<float> pred_, target_;
  std::FILE* file_ = nullptr;
};

// What becomes of the pixels of one protocol.
struct Fitter {
  explicit Fitter(const Protocol& p) : protocol(p) {
    if (!metrics::fits_by_sums(p.align)) pixels = std::make_unique<PixelStore>();
  }
  void add(const metrics::Workspace& work) {
    if (pixels)
      pixels->add(work.fit_pred, work.fit_target);
    else
      sums.add(work.fit_pred, work.fit_target);
    ++frames;
  }
  metrics::Alignment result() const {
    if (!pixels) return sums.result(protocol.align);
    return metrics::replayed_fit([&](const metrics::UsePixels& use) { pixels->replay(use); }, protocol.align);
  }
  const Protocol& protocol;
  metrics::AlignmentSums sums;
  std::unique_ptr<PixelStore> pixels;
  std::size_t frames = 0, without = 0;
};

bool counts(const Protocol& protocol, std::size_t place) {
  return place >= static_cast<std::size_t>(protocol.first_frame) &&
         (protocol.end_frame == 0 || place < static_cast<std::size_t>(protocol.end_frame));
}

void add_frame(const ScoredPlanes& planes, Fitter& fitter, metrics::Workspace& work) {
  const PreparedPair pair = prepare_pair(planes, fitter.protocol);
  const cv::Mat pred = as_double(pair.pred, "the prediction");
  metrics::pixels_to_fit(view<double>(pred), view<double>(pair.gt), pair.gt.rows, pair.gt.cols,
                         fitter.protocol, work);
  fitter.add(work);
}

}  // namespace

bool fits_clip(const Protocol& protocol) {
  return protocol.align_group == metrics::AlignGroup::kClip && protocol.align != metrics::AlignKind::kNone;
}

void read_for_scoring(Frame& frame) {
  for (const char* name : {plane::kPred, plane::kPredMirror, plane::kGt, plane::kRawDepth, plane::kDepth})
    if (const auto source = frame.sources.find(name); source != frame.sources.end())
      frame.planes[name] = io::read_plane(source->second, plane_kind(name), name);
}

ScoredPlanes scored_planes(const Frame& frame) {
  const auto optional = [&](const char* name) {
    const auto it = frame.planes.find(name);
    return it == frame.planes.end() ? cv::Mat() : it->second;
  };
  ScoredPlanes planes;
  planes.pred = optional(plane::kPred);
  planes.pred_mirror = optional(plane::kPredMirror);
  planes.gt = optional(plane::kGt);
  planes.raw_depth = optional(plane::kRawDepth);
  planes.depth = optional(plane::kDepth);
  planes.edges = optional(plane::kEdges);
  planes.plane_labels = optional(plane::kPlaneLabels);
  planes.hidden = optional(plane::kHidden);
  planes.pred_normals = optional(plane::kPredNormals);
  planes.gt_normals = optional(plane::kGtNormals);
  return planes;
}

void Clips::expect(const FrameList& frames) {
  list_ = &frames;
  clips_.clear();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!frames.ok(i)) continue;
    auto& clip = clips_[std::string(frames.scene(i))];
    if (!clip) clip = std::make_unique<Clip>();
    clip->frames.push_back(i);
  }
}

std::optional<std::size_t> Clips::place(const Frame& frame, const Clip*& clip) const {
  const auto known = clips_.find(frame.scene);
  if (!list_ || known == clips_.end()) return std::nullopt;
  clip = known->second.get();
  const auto at = std::lower_bound(clip->frames.begin(), clip->frames.end(), frame.index);
  if (at == clip->frames.end() || *at != frame.index) return std::nullopt;
  return static_cast<std::size_t>(at - clip->frames.begin());
}

std::string Clips::left_out(const Protocol& protocol, const Frame& frame) const {
  const Clip* clip = nullptr;
  const std::size_t at = place(frame, clip).value_or(0);
  if (counts(protocol, at)) return "";
  return "frame " + std::to_string(at) + " of its clip: not among those that are scored";
}

void Clips::make(Clip& clip) const {
  std::vector<std::unique_ptr<Fitter>> fitters;
  for (const Protocol& protocol : protocols_)
    if (fits_clip(protocol)) fitters.push_back(std::make_unique<Fitter>(protocol));
  metrics::Workspace work;
  for (std::size_t at = 0; at < clip.frames.size(); ++at) {
    Frame frame = (*list_)[clip.frames[at]];
    ScoredPlanes planes;
    bool usable = true;
    try {
      read_for_scoring(frame);
      planes = scored_planes(frame);
      usable = allow_missing_ || cv::checkRange(planes.pred, true);
    } catch (const FrameError&) {
      usable = false;
    }
    for (const auto& fitter : fitters) {
      if (!counts(fitter->protocol, at)) continue;
      try {
        usable ? add_frame(planes, *fitter, work) : void(++fitter->without);
      } catch (const FrameError&) {
        ++fitter->without;
      } catch (const std::invalid_argument&) {  // sizes that do not fit
        ++fitter->without;
      }
    }
  }
  for (const auto& fitter : fitters)
    clip.fits[fitter->protocol.name] = {fitter->result(), fitter->frames, fitter->without};
}

Clips::Fit Clips::fit(const Protocol& protocol, const Frame& frame, const ScoredPlanes& planes) {
  const Clip* known = nullptr;
  if (!place(frame, known)) {  // a pair on its own
    Fitter fitter(protocol);
    metrics::Workspace work;
    add_frame(planes, fitter, work);
    return {fitter.result(), 1, 0};
  }
  const auto in_a_file = [&](const char* name) { return frame.sources.contains(name); };
  if (!in_a_file(plane::kPred) ||
      !(in_a_file(plane::kGt) || in_a_file(plane::kRawDepth) || in_a_file(plane::kDepth)))
    throw FrameError(FailureReason::kMissingFile,
                     "fits whole clips, whose maps must lie in files: evaluate them in a call of their own");
  Clip& clip = *clips_.find(frame.scene)->second;
  std::call_once(clip.made, [&] { make(clip); });
  const Fit& found = clip.fits.at(protocol.name);
  if (found.frames == 0)
    throw FrameError(FailureReason::kNoValidPixel, "no frame of the clip has maps that can be fitted");
  return found;
}

std::optional<Frame> Clips::next(const Protocol& protocol, const Frame& frame) const {
  const Clip* clip = nullptr;
  const auto at = place(frame, clip);
  if (!at || *at + 1 >= clip->frames.size() || !counts(protocol, *at + 1)) return std::nullopt;
  Frame behind = (*list_)[clip->frames[*at + 1]];
  read_for_scoring(behind);
  return behind;
}

}  // namespace depthmill
