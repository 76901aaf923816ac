// Scores of a network, and of the mean-depth map, on held-out frames. Private to the room (torch header).
#pragma once

#include "metrics/protocol.h"
#include "stages/networks/sd_convtrans/net.h"
#include "stages/networks/sd_convtrans/training/batch.h"
#include "stages/networks/sd_convtrans/training/train.h"

namespace depthmill::sd_convtrans {

// The high-resolution prediction, at the picture's own size and in metres as `infer` writes it, scored and
// averaged under the protocol as `evaluate` does (scoring/score.h, scoring/totals.h), against raw or filled
// depth as the protocol says. A value is NaN when no frame has one. Throws std::runtime_error naming the
// frame when the protocol does not fit it.
Scoreboard score_network(SdConvTransImpl& net, SampleStore& frames, const metrics::Protocol& protocol,
                         c10::Device device);

// The same for the mean of the training depths at each pixel.
Scoreboard score_mean_depth(SampleStore& train, SampleStore& frames, const metrics::Protocol& protocol);

}  // namespace depthmill::sd_convtrans
