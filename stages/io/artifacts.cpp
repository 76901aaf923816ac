#include "stages/io/artifacts.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "stages/io/accel_dump.h"
#include "stages/io/array.h"
#include "stages/io/atomic_file.h"
#include "stages/io/h5_file.h"
#include "stages/io/image_file.h"
#include "stages/io/mat_file.h"
#include "stages/io/npy.h"
#include "stages/io/pfm.h"
#include "stages/io/png.h"
#include "stages/io/pnm.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

constexpr Artifact kArtifacts[] = {
    {plane::kRgb, PlaneKind::kRgb, "png"},
    {plane::kRawDepth, PlaneKind::kDepth, "png h5 mat npy pfm"},
    {plane::kDepth, PlaneKind::kDepth, "png h5 mat npy pfm"},
    {plane::kBase, PlaneKind::kDepth, "h5 mat npy"},    // neither png nor pfm: base + detail = depth,
    {plane::kDetail, PlaneKind::kDepth, "h5 mat npy"},  // and a detail has either sign
    {plane::kPred, PlaneKind::kDepth, "png h5 mat npy pfm"},
    {plane::kGt, PlaneKind::kDepth, "png h5 mat npy pfm"},
    {plane::kPreview, PlaneKind::kRgb, "png"},
};

constexpr DepthFormat kDepthFormats[] = {DepthFormat::kPng16, DepthFormat::kH5, DepthFormat::kMat,
                                         DepthFormat::kNpy, DepthFormat::kPfm};

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
  throw std::invalid_argument(file.string() + ": " + reason);
}

template <class T>
T count(const fs::path& file, double value) {
  if (value != std::floor(value) || value < std::numeric_limits<T>::min() ||
      value > std::numeric_limits<T>::max())
    fail(FailureReason::kOutOfRange, file.string(), std::to_string(value) + " is no accelerometer count");
  return static_cast<T>(value);
}

void write_depth(const fs::path& file, const std::string& extension, const cv::Mat& m,
                 const WriteOptions& options) {
  if (m.empty() || (m.type() != CV_64FC1 && m.type() != CV_32FC1))
    refuse(file, "depth is float32 or float64 metres");
  if (extension == ".png") {
    write_whole_file(file, encode_png(to_16_bit(m, options.depth_scale, file.string())));
  } else if (extension == ".npy") {
    write_whole_file(file, npy_bytes(to_array(m)));
  } else if (extension == ".pfm") {
    cv::Mat single;
    m.convertTo(single, CV_32F);
    write_whole_file(file, pfm_bytes(single));
  } else if (extension == ".h5" || extension == ".hdf5") {
    write_atomically(file,
                     [&](const fs::path& temporary) { write_h5(temporary, options.name, to_array(m)); });
  } else if (extension == ".mat") {
    write_atomically(file,
                     [&](const fs::path& temporary) { write_mat(temporary, options.name, to_array(m)); });
  } else {
    refuse(file, "depth is written as png, h5, mat, npy or pfm");
  }
}

}  // namespace

DepthFormat parse_depth_format(std::string_view name) {
  const auto at = std::find(std::begin(kDepthFormatNames), std::end(kDepthFormatNames), name);
  if (at != std::end(kDepthFormatNames)) return kDepthFormats[at - std::begin(kDepthFormatNames)];
  const std::vector<std::string> names(std::begin(kDepthFormatNames), std::end(kDepthFormatNames));
  throw std::invalid_argument("'" + std::string(name) + "' is none of the depth formats " + name_list(names) +
                              did_you_mean(name, names));
}

std::span<const Artifact> artifacts() { return kArtifacts; }

const Artifact* find_artifact(std::string_view plane_name) {
  const auto at = std::find_if(std::begin(kArtifacts), std::end(kArtifacts),
                               [&](const Artifact& a) { return a.plane == plane_name; });
  return at == std::end(kArtifacts) ? nullptr : at;
}

fs::path plane_path(const fs::path& run, std::string_view scene, std::string_view frame,
                    std::string_view plane_name, DepthFormat format) {
  const bool depth = plane_kind(plane_name) == PlaneKind::kDepth;
  const Artifact* artifact = find_artifact(plane_name);
  if (artifact && artifact->extensions.find(depth_format_extension(format)) == std::string_view::npos)
    format = DepthFormat::kH5;
  const std::string_view extension = depth ? depth_format_extension(format) : "png";
  fs::path folder = run / "planes";
  if (!scene.empty()) folder /= scene;
  return folder / (std::string(frame) + "." + std::string(plane_name) + "." + std::string(extension));
}

fs::path find_plane(const fs::path& run, std::string_view scene, std::string_view frame,
                    std::string_view plane_name) {
  for (DepthFormat format : kDepthFormats) {
    const fs::path file = plane_path(run, scene, frame, plane_name, format);
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

void write_plane(const fs::path& file, const cv::Mat& m, PlaneKind kind, const WriteOptions& options) {
  std::string extension = file.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  switch (kind) {
    case PlaneKind::kDepth:
      write_depth(file, extension, m, options);
      return;
    case PlaneKind::kRgb:
      if (m.empty() || m.type() != CV_8UC3) refuse(file, "colour is 8-bit RGB");
      if (extension == ".png")
        write_whole_file(file, encode_png(m));
      else if (extension == ".ppm")
        write_whole_file(file, pnm_bytes(m, ByteOrder::kHighFirst));
      else
        refuse(file, "colour is written as png or ppm");
      return;
    case PlaneKind::kCodes:
      if (m.empty() || m.type() != CV_16UC1) refuse(file, "Kinect codes are 16-bit");
      if (extension != ".pgm") refuse(file, "Kinect codes are written as pgm");
      write_whole_file(file, pnm_bytes(m, ByteOrder::kLowFirst));
      return;
    case PlaneKind::kAccel: {
      if (m.type() != CV_64FC1 || m.total() != 4) refuse(file, "an accelerometer record is 4x1 float64");
      if (extension != ".dump") refuse(file, "accelerometer records are written as dump");
      AccelRecord record;
      record.x = count<std::int16_t>(file, m.at<double>(0));
      record.y = count<std::int16_t>(file, m.at<double>(1));
      record.z = count<std::int16_t>(file, m.at<double>(2));
      record.tilt = count<std::int8_t>(file, m.at<double>(3));
      write_whole_file(file, accel_dump_bytes(record));
      return;
    }
    case PlaneKind::kLabels:
    case PlaneKind::kNormals:
      refuse(file, "labels and normals are read, never written");
  }
}

}  // namespace depthmill::io
