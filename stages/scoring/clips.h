// Protocols that make one fit for all frames of a clip. A clip is a scene: its frames in the order of the run's list,
// whichever of them this process works on, so that parts of a job and runs that go on score alike.
//
// The first frame of a clip that is scored makes the clip's fits: all its frames are read once more, one at a time, and
// pixels that a fit looks at several times wait in memory, or in a temporary file without a name when they are more
// than a million.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame_list.h"
#include "stages/scoring/preparation.h"

namespace depthmill {

// Does the protocol make one fit for all frames of a clip?
bool fits_clip(const metrics::Protocol& protocol);

// The planes of a frame that scoring looks at, where it has them.
ScoredPlanes scored_planes(const Frame& frame);

// Reads those of prediction, its mirror and the ground truth that the frame has files for. Throws FrameError.
void read_for_scoring(Frame& frame);

class Clips {
 public:
  // `allow_missing`: frames whose predictions are not all finite take part.
  Clips(std::vector<metrics::Protocol> protocols, bool allow_missing)
      : protocols_(std::move(protocols)), allow_missing_(allow_missing) {}

  // The frames of the run; the list outlives this. Without it every frame is a clip of its own.
  void expect(const FrameList& frames);

  // "", or why the protocol does not score this frame: it is not among the frames of its clip that count.
  std::string left_out(const metrics::Protocol& protocol, const Frame& frame) const;

  struct Fit {
    metrics::Alignment alignment;
    std::size_t frames = 0;   // of the clip that took part
    std::size_t without = 0;  // and that could not
  };
  // The fit of the protocol's clip. Of threads that ask for one clip, one makes it. Throws FrameError when the maps do
  // not lie in files (an earlier stage of the run makes them) or no frame takes part, std::runtime_error when the disk
  // does not take the pixels.
  Fit fit(const metrics::Protocol& protocol, const Frame& frame, const ScoredPlanes& planes);

  // The frame behind this one in its clip, planes read; nullopt behind the last that counts. Throws FrameError.
  std::optional<Frame> next(const metrics::Protocol& protocol, const Frame& frame) const;

 private:
  struct Clip {
    std::vector<std::size_t> frames;  // places in the list
    std::once_flag made;
    std::map<std::string, Fit> fits;  // by protocol
  };
  std::optional<std::size_t> place(const Frame& frame, const Clip*& clip) const;
  void make(Clip& clip) const;

  std::vector<metrics::Protocol> protocols_;
  bool allow_missing_;
  const FrameList* list_ = nullptr;
  std::map<std::string, std::unique_ptr<Clip>, std::less<>> clips_;
};

}  // namespace depthmill
