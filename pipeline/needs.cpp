#include "pipeline/needs.h"

#include <algorithm>

#include "stages/base/planes.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/likely_scale.h"

namespace depthmill::pipeline {
namespace {

constexpr std::size_t kFramesLookedAt = 20;

// A decoded plane, the file it comes from or goes to, and what its codec puts between the two; of float64.
constexpr std::size_t kCodecBytesPerPixel = 4 * sizeof(double);

// Is it depth, whose samples nobody has said the unit of? Whole ones are taken as millimetres, others as metres.
bool unit_is_guessed(const std::string& name, const PlaneSource& source) {
  const PlaneRow* row = find_plane_row(name);
  return row && row->traits.holes && !source.coding.unit_known;
}

// What the values themselves say against it; "" = nothing.
std::string doubt_of(const cv::Mat& depth, const std::string& name, const PlaneSource& source) {
  const io::FileFormat* format = io::find_format(source.file);
  const bool whole = format && format->depth_bits == 16;
  // Floating-point metres may well be near and of whole millimetres: there only what is far is doubted.
  return whole ? likely_depth_scale(depth, name, "--depth-scale")
               : likely_too_far(depth, name, name == plane::kGt ? "--gt-scale" : "--in-scale");
}

std::size_t area(const cv::Size& size) { return static_cast<std::size_t>(size.area()); }

}  // namespace

std::set<std::string> planes_to_read(Stages stages) {
  std::set<std::string> wanted, added;
  for (const auto& stage : stages) {
    for (const auto& planes : {stage->needs(), stage->uses()})
      for (const std::string& name : planes)
        if (!added.contains(name)) wanted.insert(name);
    for (const std::string& name : stage->adds()) added.insert(name);
  }
  return wanted;
}

void read_planes(Frame& frame, const std::set<std::string>& wanted) {
  const bool scored = wanted.contains(plane::kPred);  // then both sides are looked at together, by evaluate
  for (const auto& [name, source] : frame.sources) {
    if (!wanted.contains(name) || frame.planes.contains(name)) continue;
    frame.planes[name] = io::read_plane(source, plane_kind(name), name);
    if (!scored && frame.index < kFramesLookedAt && unit_is_guessed(name, source))
      if (std::string doubt = doubt_of(frame.planes[name], name, source); !doubt.empty())
        frame.notes.push_back(std::move(doubt));
  }
}

FrameSize frame_size(const FrameList& frames, const std::set<std::string>& wanted) {
  for (std::size_t i = 0; i < std::min(frames.size(), kFramesLookedAt); ++i) {
    if (!frames.ok(i)) continue;
    Frame frame = frames[i];
    try {
      read_planes(frame, wanted);
    } catch (const FrameError&) {
      continue;
    }
    FrameSize size;
    for (const auto& [name, plane] : frame.planes) {
      size.bytes += plane.total() * plane.elemSize();
      if (plane.size().area() > size.image.area()) size.image = plane.size();
    }
    if (size.bytes > 0) return size;
  }
  return {};
}

std::size_t memory_bound(Stages stages, const FrameSize& frame, std::size_t in_flight, int threads) {
  std::size_t planes = frame.bytes;
  std::size_t work = area(frame.image) * kCodecBytesPerPixel;
  for (const auto& stage : stages) {
    for (const std::string& name : stage->adds())
      if (const PlaneRow* row = find_plane_row(name))
        planes += area(frame.image) * static_cast<std::size_t>(CV_ELEM_SIZE(row->type));
    work += stage->workspace(frame.image);
  }
  return in_flight * planes + std::min(static_cast<std::size_t>(threads), in_flight) * work;
}

}  // namespace depthmill::pipeline
