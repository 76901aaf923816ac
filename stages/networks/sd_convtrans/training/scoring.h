// Scores of a network, and of the mean-depth map, on held-out frames. Private to the room (torch header).
#pragma once

#include "metrics/protocol.h"
#include "stages/networks/sd_convtrans/net.h"
#include "stages/networks/sd_convtrans/training/batch.h"
#include "stages/networks/sd_convtrans/training/train.h"

namespace depthmill::sd_convtrans {

// The high-resolution prediction, resized bilinearly to the ground truth's size, under the protocol; mean
// over frames of each metric (frames for which a metric is undefined are left out of its mean).
Scoreboard score_network(SdConvTransImpl& net, SampleStore& frames, const metrics::Protocol& protocol,
                         c10::Device device);

// The same for the mean of the training depths at each pixel.
Scoreboard score_mean_depth(SampleStore& train, SampleStore& frames, const metrics::Protocol& protocol);

}  // namespace depthmill::sd_convtrans
