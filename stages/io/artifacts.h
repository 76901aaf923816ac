// What a run leaves behind: the names of plane files in a run folder, and the one door through which planes
// are written.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>

#include "stages/io/plane_file.h"

namespace depthmill::io {

// Formats of depth planes that commands offer as --depth-format.
enum class DepthFormat {
  kPng16,  // 16 bits, metres x depth_scale rounded to nearest: small, read by everything, loses the last
           // digits
  kH5,     // float64, data set named like the plane, row-major
  kMat,    // float64, MATLAB v5, variable named like the plane
  kNpy,    // float64
  kPfm,    // float32, for programs that know nothing else
};
inline constexpr std::string_view kDepthFormatNames[] = {"png16", "h5", "mat", "npy", "pfm"};

constexpr std::string_view depth_format_name(DepthFormat format) {
  return kDepthFormatNames[static_cast<std::size_t>(format)];
}
// Throws std::invalid_argument that lists the names and suggests the nearest.
DepthFormat parse_depth_format(std::string_view name);
constexpr std::string_view depth_format_extension(DepthFormat format) {
  return format == DepthFormat::kPng16 ? std::string_view("png") : depth_format_name(format);
}

// One row a plane that a run folder may hold.
struct Artifact {
  std::string_view plane;       // name of the plane, see namespace plane in frame.h
  PlaneKind kind;               // type of its values
  std::string_view extensions;  // of the files it is written to, the first being the default
};
std::span<const Artifact> artifacts();
// nullptr for a plane that is never written.
const Artifact* find_artifact(std::string_view plane_name);

// <run>/planes/<scene>/<frame>.<plane>.<ext>; without a scene the level is left out. rgb is always png;
// depth-like planes follow `format`, but base and detail, which have neither png nor pfm, are h5 then.
std::filesystem::path plane_path(const std::filesystem::path& run, std::string_view scene,
                                 std::string_view frame, std::string_view plane_name, DepthFormat format);

// The file of a plane in a run folder, in whichever format it was written (in the order of the enum), or an
// empty path when it is not there.
std::filesystem::path find_plane(const std::filesystem::path& run, std::string_view scene,
                                 std::string_view frame, std::string_view plane_name);

struct WriteOptions {
  double depth_scale = 1000.0;  // integer samples per metre in 16-bit PNG and PGM
  std::string name = "depth";   // data set or variable in .h5 and .mat
};

// Writes one plane whole or not at all (see atomic_file.h), making its folder; the format follows from the
// extension. Types accepted: kRgb CV_8UC3; kDepth CV_64FC1 or CV_32FC1 (kept as they are in h5, mat, npy);
// kCodes CV_16UC1 (.pgm in the raw data set's byte order); kAccel CV_64FC1 4x1 (.dump). Throws FrameError
// naming the file, pixel and value when a value does not fit the format (kNonFinite; kOutOfRange: negative or
// too large in a 16-bit file): nothing is silently clipped. std::invalid_argument when kind, type and format
// do not go together, std::runtime_error when the disk refuses.
void write_plane(const std::filesystem::path& file, const cv::Mat& plane, PlaneKind kind,
                 const WriteOptions& options = {});

}  // namespace depthmill::io
