// Training data: which frames there are, and what the network is shown of one. No torch here.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame.h"
#include "stages/networks/sd_convtrans/sizes.h"
#include "stages/networks/sd_convtrans/training/options.h"

namespace depthmill::sd_convtrans {

// Files of one frame. `base` may be empty: it is then computed (see prepare_sample).
struct SampleFiles {
  std::string scene, name;
  PlaneSource rgb, depth, base;
  PlaneSource raw_depth;  // without file: `depth` is all the ground truth there is
};

struct SampleLists {
  std::vector<SampleFiles> train, validation;  // sorted by scene and name
};

// Lists `root` through the table of layouts (data/layout.h): a run folder, SD-ConvTrans' own layout, or whatever is
// recognised there (TrainLayout). A frame without rgb or depth is left out; base is taken where it is. Validation is
// the folder `validation` if it is given, the test part of a layout that has one, otherwise `share` of the scenes (of
// the frames, where there is one scene), the last by name. `pick` chooses among the frames of `root` before some are
// held out of them; where those for validation lie apart they are all taken. Throws std::runtime_error: nothing to train
// on, or to validate on, at the place; a listed file that is not there; a scene or a line of a list that no frame has,
// since a training on less than was meant would tell nobody.
SampleLists list_samples(const std::filesystem::path& root, const std::filesystem::path& validation,
                         TrainLayout layout, double share, const data::Pick& pick = {});

// What tells these frames from others without reading them: how many train and validate, and a digest of scenes and
// names and of the files' sizes and times. A run that goes on must have the same. Throws
// std::filesystem::filesystem_error.
std::string look_of(const SampleLists& lists);

// What the network is shown and asked for; sizes are those of `sizes`, targets a quarter of them (rounded
// up).
struct Sample {
  cv::Mat low, high;    // CV_8UC3 RGB
  cv::Size picture;     // of the image before resizing
  cv::Mat base, depth;  // CV_32FC1 depth / 10 at the two prediction sizes; 0 = nothing known
  std::size_t bytes() const {
    return low.total() * 3 + high.total() * 3 + (base.total() + depth.total()) * 4;
  }
};

// Resizes as the published data class does: 8-bit and float bilinear with antialiasing. A pixel of a target
// whose source is known by less than half is unknown. Depth above 10 m is unknown. Where there is no base, it
// is the WLS base (default parameters) of the depth at the low target's size. Throws FrameError.
Sample prepare_sample(const SampleFiles& files, const NetworkSizes& sizes);

// Depth of a frame at its own size, CV_64FC1 metres, 0 = none. Throws FrameError.
cv::Mat read_depth(const SampleFiles& files);
// Ground truth of validation: where a run folder has raw depth too, the one that the protocol means.
cv::Mat read_truth(const SampleFiles& files, metrics::GtKind kind);

}  // namespace depthmill::sd_convtrans
