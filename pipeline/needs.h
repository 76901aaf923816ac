// What a run will need before it begins: the planes its stages read, and the memory its frames take.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "stages/base/frame_list.h"
#include "stages/base/stage.h"

namespace depthmill::pipeline {

using Stages = std::span<const std::unique_ptr<Stage>>;

// Planes that must come from files: those a stage needs, or looks at, and no stage before it adds.
std::set<std::string> planes_to_read(Stages stages);

// Decodes those sources of the frame that are in `wanted`. Throws FrameError.
void read_planes(Frame& frame, const std::set<std::string>& wanted);

// What the frames of a run are like, by the first of them that can be read.
struct FrameSize {
  cv::Size image;         // of its largest plane; 0 x 0 when none could be read
  std::size_t bytes = 0;  // of its planes as decoded
};
// Looks at the first few of `frames` only: a broken frame gets its row when its turn comes.
FrameSize frame_size(const FrameList& frames, const std::set<std::string>& wanted);

// Bytes that a run over frames of this size takes at most beside what its prepared stages hold already:
// `in_flight` frames with the planes they bring and those that stages add, and what each of `threads` threads
// works with.
std::size_t memory_bound(Stages stages, const FrameSize& frame, std::size_t in_flight, int threads);

}  // namespace depthmill::pipeline
