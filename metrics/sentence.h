// Protocols in words.
#pragma once

#include <string>

#include "metrics/protocol.h"

namespace depthmill::metrics {

// The protocol as text a paper could use: ground truth, valid pixels, what happens to the prediction,
// alignment, metrics that differ from their usual formula, averaging. Complete: two protocols that score
// differently read differently.
std::string protocol_sentence(const Protocol& protocol);

// What is fitted, for a column of a table: "none", "median", "scale and shift in disparity, per clip".
std::string alignment_words(const Protocol& protocol);

// The crop alone: "no crop", "rows 45 to 471 and columns 41 to 601 of 480x640 maps", ...
std::string crop_text(const Crop& crop);

}  // namespace depthmill::metrics
