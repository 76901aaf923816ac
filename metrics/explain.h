// Which step of a protocol moved a number: the way from one protocol to another, one change at a time.
#pragma once

#include <string>
#include <vector>

#include "metrics/protocol.h"

namespace depthmill::metrics {

struct ExplainStep {
  std::string change;  // "" for the first, then what differs from the step before: "crop", "valid range", ...
  Protocol protocol;   // named "<from>", "<from>+crop", "<from>+crop+range", ...
};

// The chain from `from` to `to` over the aspects in which they differ, in the order of work: ground truth,
// preparation, valid pixels, crop, mirror fusion, resizing, clamping, NaN and infinity, alignment, averaging.
// All steps score the same metrics: those of `from`, then those only `to` has. Evaluate each step's protocol
// on the same frames and compare neighbours. Averaging of a metric that cannot be pooled stays a mean of
// images.
std::vector<ExplainStep> explain_chain(const Protocol& from, const Protocol& to);

}  // namespace depthmill::metrics
