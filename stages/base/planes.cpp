#include "stages/base/planes.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "stages/base/preview.h"

namespace depthmill {
namespace {

using enum PlaneKind;

constexpr PlaneTraits kExact{.exact = true};
constexpr PlaneTraits kHoles{.holes = true};
constexpr PlaneTraits kCompanion{.companion = true, .named_like_image = true};

// clang-format off
constexpr PlaneRow kPlanes[] = {
    {plane::kRawRgb,      kRgb,     CV_8UC3,  "RGB",    "picture of the distorted colour camera"},
    {plane::kDepthRel,    kCodes,   CV_16UC1, "codes",  "Kinect codes, 2047 = no reading"},
    {plane::kAccel,       kAccel,   CV_64FC1, "counts", "accelerometer, x y z tilt"},
    {plane::kRgb,         kRgb,     CV_8UC3,  "RGB",    "picture, undistorted"},
    {plane::kRawDepth,    kDepth,   CV_64FC1, "m",      "depth as measured, registered, 0 = hole", kHoles},
    {plane::kDepth,       kDepth,   CV_64FC1, "m",      "depth with its holes filled", kHoles},
    {plane::kBase,        kDepth,   CV_64FC1, "m",      "edge-preserving smooth part of depth", kExact},
    {plane::kDetail,      kDepth,   CV_64FC1, "m",      "depth - base, of either sign", kExact},
    {plane::kPred,        kDepth,   CV_32FC1, "m",      "prediction, in metres where the model is metric",
     {.named_like_image = true}},
    {plane::kGt,          kDepth,   CV_64FC1, "m",      "ground truth, 0 = none", kHoles},
    {plane::kPreview,     kRgb,     CV_8UC3,  "RGB",    "pred in colours, to look at"},
    {plane::kDepthPreview, kRgb,    CV_8UC3,  "RGB",    "depth in colours, to look at"},
    {plane::kPredMirror,  kDepth,   CV_64FC1, "m",      "pred of the mirrored image, as it is", kCompanion},
    {plane::kEdges,       kLabels,  CV_8UC1,  "",       "depth edges of gt (dbe_*)", kCompanion},
    {plane::kPlaneLabels, kLabels,  CV_8UC1,  "",       "flat surfaces of gt (plane_*)", kCompanion},
    {plane::kHidden,      kLabels,  CV_8UC1,  "",       "pixels hidden from a fill, not 0 (rule listed)", kCompanion},
    {plane::kPredNormals, kNormals, CV_32FC3, "",       "normals of pred (normal_*)", kCompanion},
    {plane::kGtNormals,   kNormals, CV_32FC3, "",       "normals of gt (normal_*)", kCompanion},
    {plane::kLabels,      kLabels,  CV_16UC1, "",       "classes of the labelled set"},
    {plane::kInstances,   kLabels,  CV_8UC1,  "",       "instances of the labelled set"},
};
// clang-format on

}  // namespace

std::span<const PlaneRow> plane_table() { return kPlanes; }

const PlaneRow* find_plane_row(std::string_view name) {
  const auto at = std::find_if(std::begin(kPlanes), std::end(kPlanes),
                               [&](const PlaneRow& row) { return row.name == name; });
  return at == std::end(kPlanes) ? nullptr : at;
}

PlaneKind plane_kind(std::string_view name) {
  const PlaneRow* row = find_plane_row(name);
  return row ? row->kind : PlaneKind::kDepth;
}

}  // namespace depthmill
