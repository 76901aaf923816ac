// A model card, configs/models/NAME.ini: how images become a network's input and its output becomes depth.
// Everything the exporter's Python did around the network is data here, each with its source named in the
// card.
#pragma once

#include <array>
#include <filesystem>
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "stages/io/key_table.h"
#include "stages/resample/resize.h"

namespace depthmill::networks {

// How the network's size follows from the image's. `fit` of a fixed height x width:
enum class ResizeRule {
  kKeep,        // the image's own size (rounded to multiple_of)
  kExact,       // height x width whatever the aspect
  kLowerBound,  // aspect kept, both sides at least height, width (MiDaS "lower_bound")
  kUpperBound,  // aspect kept, both sides at most height, width (MiDaS "upper_bound")
  kMinimal,     // aspect kept, the side that needs the smaller change decides (MiDaS "minimal")
};

enum class RoundRule { kNearest, kUp, kDown };

// How rows and columns are added when the input must be larger than the image (`pad_to`, `pad_multiple_of`).
enum class PadKind { kConstant, kReflect, kEdge };

// What the network's numbers are. Metric kinds end in metres; the others are handed on as they are, to be
// aligned by the evaluation.
enum class OutputKind {
  kMetric,         // metres = scale * x
  kNormalised,     // metres = max_depth * x
  kInverse,        // metres = scale / x, x in 1/m; x <= 0 becomes max_depth
  kLog,            // metres = scale * exp(x)
  kMonodepth,      // x in [0, 1]: depth = scale / (1/max_depth + (1/min_depth - 1/max_depth) x), up to an
                   // unknown scale (Godard et al. 2019); handed on as depth
  kRelativeDepth,  // grows with depth, unknown scale and shift: handed on
  kDisparity,      // relative inverse depth, unknown scale and shift: handed on
};

struct ModelCard {
  // [model]
  std::string name;            // stem of the card, or of the .pt
  std::filesystem::path file;  // the card; empty without one
  // torchscript | torch-export (compiled, .pt2) | sd-convtrans (native, from a checkpoint) | constant (a plane of
  // `value` metres, for dry runs)
  std::string backend = "torchscript";
  // TorchScript file or checkpoint, relative to the card; empty = give --weights
  std::filesystem::path path;
  double value = 0;     // metres, constant back end only, which asks for one
  std::string source;   // where these values come from (repository, file, commit)
  std::string licence;  // of the weights
  std::string note;

  // [input]: crop -> resize -> pad -> colour order -> range -> mean and std
  cv::Rect crop;                        // part of an image of size crop_of that the network sees; empty = all
  cv::Size crop_of;                     // an image of another size and this shape is cropped in proportion
  ResizeRule rule = ResizeRule::kKeep;  // sd-convtrans without size: exactly the size its checkpoint is for
  cv::Size size;                        // target height x width of the rule; empty with kKeep
  int multiple_of = 1;                  // resized height and width are multiples of this
  RoundRule rounding = RoundRule::kNearest;
  ResizeFilter filter = ResizeFilter::kTorchBilinear;
  bool resize_uint8 = false;  // resize rounds to 8 bits (PIL images); otherwise on floats
  cv::Size pad_to;            // pad to this size after resizing; empty = no
  int pad_multiple_of = 1;    // pad to a multiple of this after resizing
  PadKind pad = PadKind::kConstant;
  bool pad_centre = false;                   // half of the padding before, half after; otherwise all after
  std::array<double, 3> pad_value{0, 0, 0};  // colour in 0..255, in the card's colour order
  bool bgr = false;                          // colour order the network wants
  double range = 1.0;                        // 1: values in [0, 1]; 255: values in [0, 255]
  std::array<double, 3> mean{0, 0, 0};       // in units of `range`, in the card's colour order
  std::array<double, 3> std{1, 1, 1};

  // [output]
  OutputKind kind = OutputKind::kMetric;
  std::string
      select;  // element of a tuple or list (0, 1, ...), key of a dict, "0.key" of both; "" = a tensor
  double scale = 1.0;
  double min_depth = 0.0;        // metres; output is clamped from below when > 0
  double max_depth = 0.0;        // metres; output is clamped from above when > 0
  double canonical_focal = 0.0;  // pixels: metres *= focal / canonical_focal (Metric3D); 0 = off
  double focal = 0.0;            // pixels, fx of an image of size focal_of
  cv::Size focal_of;             // an image of another size and this shape has one in proportion
  ResizeFilter resize = ResizeFilter::kTorchBilinear;  // output to the size of the (cropped) image
  bool outside_edge = false;  // outside `crop`: true = the nearest predicted value, false = 0 (nothing)

  // Does the output end in metres?
  bool metric() const {
    return kind == OutputKind::kMetric || kind == OutputKind::kNormalised || kind == OutputKind::kInverse ||
           kind == OutputKind::kLog;
  }
  // "" or a sentence naming the key that makes no sense.
  std::string problem() const;
};

// Reads a card. Throws std::runtime_error: unknown section or key (named with file, line and the nearest
// known name), a value that is not of its kind, a card whose values contradict each other.
ModelCard read_model_card(const std::filesystem::path& ini);

// FILE.ini is read. FILE.pt gets the card FILE.ini beside it where that names FILE.pt as its path (`export` writes
// one), otherwise the default card: input = the image, RGB in [0, 1], output metres, resized to the image. A NAME
// without folder and ending is looked up as NAME.ini in `models_folder`. `weights`, when not empty, replaces the card's
// path. Throws std::runtime_error when there is no such file, or a checkpoint without a card.
ModelCard find_model_card(const std::string& model, const std::filesystem::path& models_folder = {},
                          const std::filesystem::path& weights = {});

// Every key of a card.
const std::vector<io::Key<ModelCard>>& model_card_keys();

std::string_view filter_name(ResizeFilter filter);
std::string_view output_kind_name(OutputKind kind);

}  // namespace depthmill::networks
