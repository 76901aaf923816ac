#include "stages/io/plane_file.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <vector>

#include "stages/io/accel_dump.h"
#include "stages/io/array.h"
#include "stages/io/h5_file.h"
#include "stages/io/image_file.h"
#include "stages/io/mat_file.h"
#include "stages/io/npy.h"
#include "stages/io/pfm.h"
#include "stages/io/pnm.h"

namespace depthmill::io {
namespace {

using Reader = Array (*)(const PlaneSource&, PlaneKind, std::string_view plane_name);

template <Array (*parse)(std::span<const std::uint8_t>, std::string_view)>
Array whole_file(const PlaneSource& source, PlaneKind, std::string_view) {
  return parse(read_bytes(source.file), source.text());
}

Array read_pnm(const PlaneSource& source, PlaneKind, std::string_view) {
  const auto order = source.codec == PlaneCodec::kKinectPgm ? ByteOrder::kLowFirst : ByteOrder::kHighFirst;
  return parse_pnm(read_bytes(source.file), order, source.text());
}

Array read_accel(const PlaneSource& source, PlaneKind, std::string_view) {
  return accel_array(parse_accel_dump(read_bytes(source.file), source.text()));
}

// The data set meant when only a file was named.
std::string choose(const std::vector<DataSetInfo>& there, const PlaneSource& source, PlaneKind kind,
                   std::string_view plane_name) {
  std::string names;
  std::vector<std::string> fitting;
  for (const auto& info : there) {
    names += (names.empty() ? "" : ", ") + info.name;
    if (!fits(info.shape, kind)) continue;
    if (info.name == plane_name) return info.name;
    fitting.push_back(info.name);
  }
  if (fitting.size() == 1) return fitting[0];
  if (there.empty()) fail(FailureReason::kUnreadable, source.text(), "holds no data set of numbers");
  fail(FailureReason::kUnreadable, source.text(),
       std::string(fitting.empty() ? "no data set in it has the shape of this plane"
                                   : "several data sets in it could be this plane, say FILE:NAME") +
           " (there are: " + names + ")");
}

Array read_mat_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  return read_mat(source.file, source.name.empty() ? choose(list_mat(source.file), source, kind, plane_name)
                                                   : source.name);
}

Array read_h5_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  constexpr auto kLayout = H5Layout::kRowMajor;
  return read_h5(
      source.file,
      source.name.empty() ? choose(list_h5(source.file, kLayout), source, kind, plane_name) : source.name,
      kLayout);
}

struct Row {
  Format format;
  Reader read;
  bool has_names;  // several planes in one file, so FILE:NAME makes sense
};

constexpr Row kRows[] = {
    {{"png", "rgb depth codes labels normals", "rgb depth", false,
      "8-bit colour; 16-bit depth x depth scale"},
     whole_file<parse_image>,
     false},
    {{"jpg jpeg", "rgb", "", false, "8-bit colour"}, whole_file<parse_image>, false},
    {{"ppm", "rgb", "rgb", false, "8- or 16-bit colour, binary"}, read_pnm, false},
    {{"pgm", "rgb depth codes labels", "codes", false,
      "16-bit depth, high byte first; Kinect codes of raw scenes, low byte first"},
     read_pnm,
     false},
    {{"mat", "rgb depth codes accel labels normals", "depth", true,
      "MATLAB v5 (MATIO) and v7.3 (HDF5); FILE:NAME"},
     read_mat_plane,
     true},
    {{"h5 hdf5", "rgb depth codes accel labels normals", "depth", true, "HDF5, row-major; FILE:NAME"},
     read_h5_plane,
     true},
    {{"npy", "rgb depth codes accel labels normals", "depth", true, "NumPy array"},
     whole_file<parse_npy>,
     false},
    {{"pfm", "rgb depth normals", "depth", false, "portable float map, float32"},
     whole_file<parse_pfm>,
     false},
    {{"dump", "accel", "accel", false, "Kinect accelerometer record, 12 bytes"}, read_accel, false},
};

// Calls f with every word of "a b c" until it answers true.
template <class F>
bool any_word(std::string_view words, F&& f) {
  while (!words.empty()) {
    const auto end = words.find(' ');
    if (f(words.substr(0, end))) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

const Row* find_row(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  if (extension.empty()) return nullptr;
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Row& row : kRows)
    if (any_word(row.format.extensions, [&](std::string_view e) { return extension.substr(1) == e; }))
      return &row;
  return nullptr;
}

std::string all_extensions() {
  std::string text;
  for (const Row& row : kRows) text += (text.empty() ? "" : " ") + std::string(row.format.extensions);
  return text;
}

}  // namespace

PlaneSource parse_plane_argument(const std::string& text) {
  PlaneSource source;
  std::error_code ignored;
  const auto colon = text.rfind(':');
  const bool named = colon != std::string::npos && colon + 1 < text.size() &&
                     text.find('/', colon) == std::string::npos && !std::filesystem::exists(text, ignored);
  source.file = named ? text.substr(0, colon) : text;
  if (named) source.name = text.substr(colon + 1);
  if (source.file.empty()) throw std::invalid_argument("'" + text + "' names no file (FILE or FILE:NAME)");
  return source;
}

cv::Mat read_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  if (source.codec == PlaneCodec::kAccelDump)
    return to_plane(read_accel(source, kind, plane_name), kind, source.depth_scale, source.text());
  if (source.codec == PlaneCodec::kKinectPgm) {
    const Array a = read_pnm(source, kind, plane_name);
    if (a.element != Element::kU16 || a.shape.size() != 2)
      fail(FailureReason::kUnreadable, source.text(), "is no 16-bit PGM, which raw Kinect depth is");
    return to_plane(a, kind, source.depth_scale, source.text());
  }
  const Row* row = find_row(source.file);
  if (!row || !any_word(row->format.reads, [&](std::string_view w) { return w == kind_name(kind); })) {
    std::error_code ignored;
    if (!std::filesystem::exists(source.file, ignored))
      fail(FailureReason::kMissingFile, source.text(), "there is no such file");
    if (!row)
      fail(FailureReason::kUnreadable, source.text(),
           "its extension names no known format (" + all_extensions() + ")");
    fail(FailureReason::kUnreadable, source.text(),
         "a file of this format is not read as " + std::string(kind_name(kind)) + " (only " +
             std::string(row->format.reads) + ")");
  }
  if (!source.name.empty() && !row->has_names)
    fail(FailureReason::kUnreadable, source.text(),
         "a file of this format holds one plane and takes no name");
  cv::Mat values = to_plane(row->read(source, kind, plane_name), kind, source.depth_scale, source.text());
  if (kind == PlaneKind::kDepth && source.metres_per_unit != 1) values *= source.metres_per_unit;
  return values;
}

std::span<const Format> formats() {
  static const std::vector<Format> table = [] {
    std::vector<Format> t;
    for (const Row& row : kRows) t.push_back(row.format);
    return t;
  }();
  return table;
}

const Format* find_format(const std::filesystem::path& file) {
  const Row* row = find_row(file);
  return row ? &row->format : nullptr;
}

}  // namespace depthmill::io
