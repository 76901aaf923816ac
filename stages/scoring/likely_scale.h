// Does a depth map look as if it was read with the wrong scale?
#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace depthmill {

// Looks at the values themselves, as read with 1000 samples per metre (or as floating-point metres): whole
// numbers up to 255 say 8 bits, a largest depth beyond any indoor sensor says 1/5000 (TUM) or 1/6000, multiples
// of 8 say SUN RGB-D, one of half a metre says centimetres or 8 bits, a median beyond 100 m another unit. Returns one sentence about `what` ("ground
// truth of FOLDER", ...) that names the likely scale for `option` ("--gt-scale"), or "". map: CV_64FC1 or
// CV_32FC1, 0 = missing.
std::string likely_depth_scale(const cv::Mat& map, const std::string& what, const std::string& option);

// The part of it that holds for floating-point files, whose metres may be near and of whole millimetres: half of the
// pixels beyond 100 m is another unit.
std::string likely_too_far(const cv::Mat& map, const std::string& what, const std::string& option);

// The part of it that is told by the samples alone, for maps whose unit is not metres: are the bits those of SUN
// RGB-D? `option`: the one that names a layout.
std::string likely_rotated_bits(const cv::Mat& map, const std::string& what, const std::string& option);

// The scales that somebody has said: samples a metre, 0 = nobody has.
struct ToldScales {
  double pred = 0, gt = 0;
};

// Do the files hold whole samples (16-bit pictures), or floating-point ones, which are metres unless it was said?
struct SampleKinds {
  bool pred_whole = true, gt_whole = true;
};

// Compares the medians of a prediction and its ground truth over pixels known in both: a ratio close to 5, 6,
// 1/256 of 1000, 10, 100 or 1000 (or its inverse) is a scale, not an error of a model; which of them can be depends on
// the kind of samples. A scale that was told is doubted only as what it is. Where it is none of these, a prediction that
// rises and falls with the ground truth in another unit, or against it, has no unit: the protocols that fit such are
// named. A ratio beyond 20 is asked about in any case. Returns one sentence or "".
std::string likely_scale_mismatch(const cv::Mat& pred, const cv::Mat& gt, const ToldScales& told = {},
                                  const SampleKinds& samples = {});

// Does the prediction follow the ground truth well (correlation above 0.7) when it is turned by a quarter or a half,
// and clearly worse as it lies? Pictures that a camera marked as turned are read upright (EXIF), depth beside them
// lies as it was stored. One sentence or "".
std::string likely_turned(const cv::Mat& pred, const cv::Mat& gt);

// Holes are the sensor's: where the prediction has some and the ground truth has none, one sentence asks whether
// they were exchanged; else "".
std::string likely_exchanged(const cv::Mat& pred, const cv::Mat& gt);

}  // namespace depthmill
