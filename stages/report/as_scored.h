// A frame's planes as a protocol sees them, so that pictures show what the numbers are about.
#pragma once

#include "metrics/protocol.h"
#include "stages/report/strip.h"

namespace depthmill::report {

// Chooses the ground truth that the protocol scores against (FramePlanes::truth_is_raw) and replaces the
// prediction by what the protocol compares: fused, resized, aligned and turned into depth as scoring/score.h
// does it, with the prepared ground truth in `compared_truth` and a word about it in `pred_remark`. A
// prediction that the protocol cannot compare (sizes that it does not take, nothing valid) stays as it is
// when it is depth, and goes when it is disparity, which has no place on a scale in metres.
void show_as_scored(FramePlanes& planes, const metrics::Protocol& protocol);

}  // namespace depthmill::report
