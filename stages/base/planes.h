// The planes a frame may have: one table of names, kinds and types, which files, folder listings, stages and
// memory estimates all go by. A new plane is a constant and a row in planes.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace depthmill {

// Names of planes, everywhere the same: in Frame::planes, in file names, in `needs` and `adds`. What each
// holds is said by its row in planes.cpp.
namespace plane {
inline constexpr const char* kRawRgb = "raw_rgb";
inline constexpr const char* kDepthRel = "depth_rel";
inline constexpr const char* kAccel = "accel";
inline constexpr const char* kRgb = "rgb";
inline constexpr const char* kRawDepth = "raw_depth";
inline constexpr const char* kDepth = "depth";
inline constexpr const char* kBase = "base";
inline constexpr const char* kDetail = "detail";
inline constexpr const char* kPred = "pred";
inline constexpr const char* kGt = "gt";
inline constexpr const char* kPreview = "preview";
inline constexpr const char* kPredMirror = "pred_mirror";
inline constexpr const char* kEdges = "edges";
inline constexpr const char* kPlaneLabels = "plane_labels";
inline constexpr const char* kHidden = "hidden";
inline constexpr const char* kPredNormals = "pred_normals";
inline constexpr const char* kGtNormals = "gt_normals";
inline constexpr const char* kLabels = "labels";
inline constexpr const char* kInstances = "instances";
}  // namespace plane

// What the values of a plane are, and so the type in which `io::read_plane` hands it over.
enum class PlaneKind {
  kRgb,      // CV_8UC3, RGB order
  kDepth,    // CV_64FC1 metres, 0 = no reading; NaN and infinity in a file are passed on as they are
  kCodes,    // CV_16UC1 Kinect codes 0..2047, 2047 = no reading
  kAccel,    // CV_64FC1 4x1: x y z tilt, unscaled counts
  kLabels,   // CV_8UC1, whole numbers 0..255, 0 = none
  kNormals,  // CV_32FC3 x y z of any length, (0, 0, 0) = none; 8-bit pictures hold 255 (x+1)/2, black = none
};
inline constexpr std::string_view kPlaneKindNames[] = {"rgb", "depth", "codes", "accel", "labels", "normals"};
constexpr std::string_view kind_name(PlaneKind kind) {
  return kPlaneKindNames[static_cast<std::size_t>(kind)];
}

struct PlaneTraits {
  bool exact = false;             // written only to files that keep float64 and its sign
  bool companion = false;         // optional beside pred and gt: some metrics look at it
  bool holes = false;             // depth as measured: what means "no reading" in a file is read as 0
  bool named_like_image = false;  // its file may bear its image's name ("rgb_00045.png" among predictions)
};

// One row a plane.
struct PlaneRow {
  const char* name;
  PlaneKind kind;
  int type;          // OpenCV's, as the stage that makes the plane leaves it in Frame::planes
  const char* unit;  // of the values; "" where they have none
  const char* help;  // one line
  PlaneTraits traits = {};
};

std::span<const PlaneRow> plane_table();

// The row of that name, or nullptr.
const PlaneRow* find_plane_row(std::string_view name);

// The row's kind; kDepth for a name that is in no row (a folder's own plane of metres, `--gt-plane lidar`).
PlaneKind plane_kind(std::string_view name);

}  // namespace depthmill
