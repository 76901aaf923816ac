// A published evaluation protocol as a value, and the scores of one prediction under it.
//
// Order of work: [clamp] mirror fusion -> resize -> [clamp] -> valid pixels -> alignment -> floor, inversion
// -> [clamp] -> rules for NaN and infinity -> metrics. `clamp_at` says which of the three places is used.
// Mirror fusion and resizing need pictures, not pixels, and are the evaluate stage's; the rest happens here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "metrics/align.h"
#include "metrics/planes.h"
#include "metrics/valid_mask.h"
#include "metrics/values.h"

namespace depthmill::metrics {

// Which ground truth: as measured with holes, or after filling.
enum class GtKind { kRaw, kFilled };

// How ground truth is rounded before use.
enum class GtRounding {
  kNone,
  kTruncateMm,  // cut down to whole millimetres, as by a cast to a 16-bit image
};

enum class Interpolation {
  kNone,                  // sizes must agree
  kNearestFloor,          // source index floor(i s): OpenCV, PyTorch
  kNearestCentre,         // source index floor((i + 0.5) s): Pillow
  kBilinear,              // half-pixel centres, clamped borders: align_corners = false, OpenCV linear
  kBilinearAlignCorners,  // corner pixels meet: align_corners = true
  kBilinearAntialias,     // half-pixel centres, the kernel widened when shrinking: MATLAB imresize, Pillow
  kBicubic,               // half-pixel centres, a = -0.75, borders repeated, overshoot kept: OpenCV cubic
};

// One step in the preparation of the ground truth (and of a prediction of the ground truth's size).
struct PrepareStep {
  enum Kind {
    kResize,      // to rows x cols
    kShortSide,   // so that the shorter side has `rows` pixels, the other cut to whole pixels
    kCentreCrop,  // rows x cols out of the middle, offsets rounded half to even
    kPredSize,    // to the size of the prediction
  } kind = kResize;
  int rows = 0, cols = 0;
  Interpolation interpolation = Interpolation::kNearestCentre;
};

enum class Flip {
  kNone,
  kMean,        // mean of the output and the mirrored-back output on the mirrored image
  kBlendEdges,  // the same with a weighted 5 % border on each side (NeWCRFs)
};

// Where a prediction that is not 0..rows x 0..cols of the ground truth goes.
enum class Placement {
  kWhole,
  kKbCrop,  // KITTI: bottom, horizontally centred, zero elsewhere; for predictions smaller than the ground
            // truth
};

// What of the ground truth's map a prediction of another size shows.
enum class Covers {
  kMap,
  kCrop,  // the network saw the cropped picture: its output is resized to the crop
};

// When the output for the mirrored image is averaged in.
enum class FlipAt { kNative, kAfterResize };

enum class ClampAt { kNever, kBeforeFlip, kBeforeAlign, kAfterAlign };

enum class Averaging {
  kMeanOfImages,  // plain mean of per-image values
  kRmsOfImages,   // sqrt(mean of squared per-image values)
  kPooled,        // over all pixels of all images
  kByPixels,      // mean of per-image values weighted by their valid pixels (a root stays a root: not pooled)
  kClips,         // mean of the images of each clip, then of clips
  kClipsByPixels,  // pooled over all pixels of each clip, then the mean of clips weighted by their pixels
};
// Does it go by clips, which are scenes?
constexpr bool by_clips(Averaging a) { return a == Averaging::kClips || a == Averaging::kClipsByPixels; }

struct Protocol {
  std::string name;         // file name without .ini
  std::string description;  // one sentence
  std::string source;       // publication or public code

  // ground truth
  GtKind gt = GtKind::kRaw;
  GtRounding gt_rounding = GtRounding::kNone;
  std::vector<PrepareStep> prepare;
  bool prepare_equal_sizes = true;  // false: a pair of equal sizes is scored as it is

  // valid pixels
  ValidRule valid = ValidRule::kRange;
  Range range;
  // Not 0: ground truth above `quantile_factor` times its quantile of this share (over the pixels in the range) is not
  // valid either.
  double quantile_share = 0, quantile_factor = 0;
  Crop crop;
  std::size_t min_pixels = 1;  // an image with fewer valid pixels has no scores

  // prediction
  bool disparity = false;  // the prediction is (affine) disparity, not depth
  Crop precrop;            // of the prediction as it is stored, before anything else
  double pred_floor = 0;   // predictions are raised to this once they are resized; 0 = not
  Flip flip = Flip::kNone;
  FlipAt flip_at = FlipAt::kNative;
  Interpolation resize = Interpolation::kNone;
  Placement placement = Placement::kWhole;
  Covers covers = Covers::kMap;
  ClampAt clamp_at = ClampAt::kNever;
  double clamp_min = 0, clamp_max = 0;   // metres; one side may be infinite
  std::optional<double> nan_to, inf_to;  // metres; not set = the value stays and makes means undefined

  // alignment
  AlignKind align = AlignKind::kNone;
  AlignSpace align_space = AlignSpace::kDepth;
  bool align_positive_only = false;  // fit only where the prediction is positive
  std::size_t align_min_pixels = 1;  // fewer: no alignment
  AlignGroup align_group = AlignGroup::kImage;
  int first_frame = 0, end_frame = 0;  // of a clip, by place in it, half open; end 0 = to its end
  int align_sample = 0;                // cells of the sample's grid on a side, where the fit is on a sample
  double align_target_epsilon = 0;     // metres: the target of a fit in disparity is 1 / (g + this)
  double align_pred_floor = 0;         // predictions are raised to this in the fit alone; 0 = not
  bool negative_scale_to_median = false;  // a fitted scale below 0 is replaced by the ratio of medians
  double disparity_floor = 0;             // 1/metres: aligned disparity is raised to this before inversion
  bool floor_at_farthest = false;         // raised to 1 / (largest valid ground truth) instead

  // metrics
  std::vector<std::string> metrics;  // keys of the table of metrics
  Averaging averaging = Averaging::kMeanOfImages;
  std::map<std::string, Averaging> averaging_of;  // exceptions by key
  double epsilon = 0;                             // metres, the *_shifted ratios
  double log_epsilon = 0;                         // metres, the *_shifted logarithms
  double root_epsilon = 0;                        // the *_eps roots
  double log_floor = 0;  // metres: in metrics of logarithms and ratios alone, predictions are raised to this

  Averaging averaging_for(const std::string& key) const;
  // Do all metrics look at normals alone, so that no depth is needed?
  bool normals_only() const;
  // "" or a sentence naming the first field that makes no sense.
  std::string problem() const;
};

// What some metrics need besides depth; views of rows x cols maps at the size of the prepared ground truth. A
// metric whose map is not given is undefined.
struct Annotations {
  std::span<const std::uint8_t> edges;                   // not 0 = depth discontinuity (dbe_*)
  std::span<const std::uint8_t> plane_labels;            // 0 = none, 1 ... = plane (plane_*)
  std::span<const std::array<double, 3>> plane_normals;  // of label 1, 2, ...; may be empty, see plane_scores
  PlaneCamera camera;
  std::span<const double> pred_normals, gt_normals;  // planar, see normal_angles (normal_*); of one size
  std::optional<Alignment> alignment;                // of the clip: then nothing is fitted here
  double temporal_error = std::numeric_limits<double>::quiet_NaN();  // percent (tae)
};

// Scores of one image.
struct Scores {
  std::vector<std::pair<std::string, double>> values;  // in protocol order; NaN = undefined
  std::size_t valid = 0;                               // pixels scored
  std::size_t nan_predictions = 0;  // among them, before any rule of the protocol replaced them
  std::size_t infinite_predictions = 0;
  Alignment alignment;  // identity when the protocol aligns nothing
  std::string note;     // why values are undefined, "" if none is
};

// Memory that scoring one pair after the other uses again; what it holds means nothing between calls.
struct Workspace {
  Values pred, gt;              // the valid pixels
  Values fit_pred, fit_target;  // those an alignment is fitted to
  Values map;                   // the whole prediction
};

// Scores `pred` against `gt`, both rows x cols row-major, metres (pred: disparity in any unit if the protocol
// says so; gt: 0 = no reading). Pure; views are not kept. An infinite value of a metric is returned as NaN
// and noted. Throws std::invalid_argument when sizes do not fit or the protocol has a problem().
//   Protocol eigen;  eigen.metrics = {"abs_rel", "rmse", "d1"};
//   eigen.crop = {CropKind::kPixels, 45, 471, 41, 601};
//   Scores s = evaluate(pred, gt, 480, 640, eigen);
//   for (auto& [key, value] : s.values) ...
Scores evaluate(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations = {}, Workspace* work = nullptr);

// The same for a prediction in single precision, as models write it; equal to the above on its values as
// double.
Scores evaluate(std::span<const float> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations = {}, Workspace* work = nullptr);

// The same for parts of the valid pixels by true depth: Scores i holds the pixels with bounds[i] <= gt <
// bounds[i+1] (metres, ascending), aligned over all valid pixels as in `evaluate`. Metrics that need whole
// maps are NaN.
std::vector<Scores> evaluate_ranges(std::span<const double> pred, std::span<const double> gt, int rows,
                                    int cols, const Protocol& protocol, std::span<const double> bounds,
                                    const std::optional<Alignment>& alignment = {});

// The pixels that the protocol's fit sees, in the space in which it fits: work.fit_pred and work.fit_target. For fits over
// several images.
void pixels_to_fit(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                   const Protocol& protocol, Workspace& work);

// The whole map as the metrics see its valid pixels: aligned, inverted, clamped. Protocols that fit a clip.
std::vector<double> as_scored(std::span<const double> pred, const Protocol& protocol,
                              const Alignment& alignment);

// Scores under a protocol that is normals_only(): `valid` counts the pixels that have a true normal.
Scores evaluate_normals(const Protocol& protocol, const Annotations& annotations);

}  // namespace depthmill::metrics
