// When the pictures of a recording are taken and when they arrive. Internal to the library.
#pragma once

#include "stages/sample/sample.h"

namespace depthmill::sample {

// All records of one scene in order of arrival: streams of depth and colour at rates of their own, jitter,
// dropped frames, now and then one that is late or comes twice; accelerometer records at about three a depth
// frame, with the device clock of the latest picture. The device clock counts 60 million a second from an
// arbitrary start and wraps. Exactly options.frames depth records; colour begins before and ends after them.
std::vector<Recording> make_timetable(const SampleOptions& options, int scene_index);

// The toolbox's rule (get_synched_frames): for each depth time the nearest other time, the later of two
// equally near, by a pointer that never moves back. Times ascending; positions into `others`.
std::vector<std::size_t> nearest_in_time(const std::vector<double>& depth, const std::vector<double>& others);

}  // namespace depthmill::sample
