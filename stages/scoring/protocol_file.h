// Evaluation protocols as INI files: configs/protocols/<name>.ini <-> metrics::Protocol.
//
//   [protocol]
//   description = ...            one sentence
//   source = ...                 publication or public code
//   [gt]
//   kind = raw                   raw (as measured, 0 = hole) | filled
//   rounding = truncate_mm       none | truncate_mm
//   prepare = short_side 240 nearest_centre, centre_crop 228x304    steps before scoring; also:
//                                resize 224x224 nearest_floor; pred_size nearest_floor
//   prepare_equal_sizes = yes    no: a pair of equal sizes is scored as it is
//   [valid]
//   rule = range                 range | all | not_nan | either | listed (the plane `hidden`)
//   min = 0.001                  metres
//   max = 10                     or none
//   min_inclusive = no
//   max_inclusive = no
//   quantile_limit = none        0.01 x 1000: up to 1000 times the 1 % quantile of the depths in range
//   crop = pixels 45:471 41:601 of 480x640     none | pixels R C [of HxW] | fractions R C | border T:B L:R
//   min_pixels = 1               an image with fewer is not scored
//   [prediction]
//   kind = depth                 depth | disparity
//   precrop = none               as crop, of the prediction as it is stored
//   floor = 0                    predictions are raised to this before the fit
//   flip = none                  none | mean | blend_edges (need the plane pred_mirror)
//   flip_at = native             native | after_resize
//   resize = bilinear            none | nearest_floor | nearest_centre | bilinear | bilinear_align_corners |
//                                bilinear_antialias | bicubic
//   placement = whole            whole | kb_crop
//   covers = map                 map | crop (a prediction of another size shows the crop alone)
//   clamp = 0.001:10             none or metres, one of which may be none
//   clamp_at = after_align       never | before_flip | before_align | after_align
//   nan_to = 0.001               keep or metres
//   inf_to = 10
//   [align]
//   kind = none                  none | median | median_lower | scale | scale_shift | log_scale |
//                                weighted_l1_scale | weighted_l1_affine[_exact] | point_shift | point_scale |
//                                point_affine[_exact] (on a sample) | weiszfeld_scale | adam_l1 | l1_scale | l1_affine
//   group = image                image | clip (a scene)
//   frames = all                 of each clip: all | N (the first N) | A:B (half open)
//   sample = 0                   cells on a side of the grid that is sampled
//   target_epsilon = 0           metres: fits in disparity aim at 1 / (g + this)
//   space = depth                depth | disparity | inverted (disparity, turned into depth before the fit)
//   positive_only = no
//   min_pixels = 1
//   pred_floor = 0               predictions are raised to this in the fit alone
//   negative_scale_to_median = no
//   disparity_floor = 0          1/metres | inverse_max_gt
//   [metrics]
//   list = silog, abs_rel, ...   keys of the table of metrics
//   averaging = mean             mean | rms | pooled | by_pixels | clips | clips_by_pixels
//   averaging.rmse = rms         exceptions by key
//   epsilon = 0                  metres, the *_shifted ratios
//   log_epsilon = 0              metres, the *_shifted logarithms
//   root_epsilon = 0             the *_eps roots
//   log_floor = 0                metres: raises predictions in metrics of logarithms and ratios
//
// Every key but `list` may be left out and then has the default of metrics::Protocol.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/protocol.h"

namespace depthmill {

// Throws io::TextFileError naming file, line and key; for an unknown key or metric also the nearest known
// one. `text` is the file's content, `file` its name in messages and, without folder and .ini, the protocol's
// name.
metrics::Protocol parse_protocol(std::string_view text, const std::filesystem::path& file);
metrics::Protocol read_protocol(const std::filesystem::path& file);

// The protocol as such a file, every key written out; parse_protocol gives the same protocol back.
std::string protocol_text(const metrics::Protocol& protocol);

// `name` is a protocol of the folder or the path of a file ending in .ini. Throws as parse_protocol does, and
// std::runtime_error for an unknown name, whose sentence suggests the nearest and lists what there is.
metrics::Protocol find_protocol(std::string_view name, const std::filesystem::path& folder);

// All of `names` in order, each once; "all" stands for every protocol of the folder.
std::vector<metrics::Protocol> find_protocols(std::span<const std::string> names,
                                              const std::filesystem::path& folder);

}  // namespace depthmill
