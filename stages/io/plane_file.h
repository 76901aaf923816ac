// Planes in files: one door to read them, one to write them, and the table of formats behind both. A new
// format is a codec that ends with its row (see pfm.cpp), and the row's name in plane_file.cpp.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"
#include "stages/base/planes.h"

namespace depthmill::io {

using depthmill::plane_kind;
using depthmill::PlaneKind;

struct Array;  // what a codec hands over, see array.h

// A set of kinds.
class PlaneKinds {
 public:
  constexpr PlaneKinds(std::initializer_list<PlaneKind> kinds) {
    for (PlaneKind kind : kinds) bits_ |= bit(kind);
  }
  constexpr bool has(PlaneKind kind) const { return (bits_ & bit(kind)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  std::string text() const;  // "rgb depth"

 private:
  static constexpr unsigned bit(PlaneKind kind) { return 1u << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

struct WriteOptions {
  double depth_scale = 1000.0;  // integer samples per metre in 16-bit PNG
  std::string name = "depth";   // data set or variable in .h5 and .mat
};

// One row a file format: all that the reader and the writer of planes, `info`, --depth-format and error
// messages know about it.
struct FileFormat {
  std::string_view endings;  // "png", "jpg jpeg": without dot, lower case; the first is the one written
  PlaneKinds reads;          // kinds that `read` can give
  PlaneKinds writes = {};    // kinds that `write` takes
  int depth_bits = 0;        // of a depth's digits survive: 64 float64, 32 float32, 16 steps of the scale
  std::string_view depth_word = "";  // for --depth-format, "" where no depth is written
  bool has_names = false;            // several planes in one file, so that FILE:NAME makes sense
  std::string_view help;             // one line

  // The file's numbers, whatever they will turn out to mean. FrameError as for read_plane.
  Array (*read)(const PlaneSource& source, PlaneKind kind, std::string_view plane_name);
  // A matrix of the type that write_plane asks for, whole or not at all. nullptr when `writes` is empty.
  void (*write)(const std::filesystem::path& file, const cv::Mat& m, PlaneKind kind,
                const WriteOptions& options) = nullptr;

  std::string_view ending() const { return endings.substr(0, endings.find(' ')); }
};

// The whole table, in the order in which it is shown.
std::span<const FileFormat* const> formats();

// Those that read this kind, best first: where a plane lies in several files, the earlier one is taken. Depth
// goes by the bits that survive, the rest by the order of the table.
std::span<const FileFormat* const> formats_for(PlaneKind kind);

// The row for a file name (by its ending, any case), or nullptr.
const FileFormat* find_format(const std::filesystem::path& file);
// The same of a path as text, which costs no path: for hundreds of thousands of files.
const FileFormat* format_of_name(std::string_view file);

// The words of --depth-format. parse_depth_format throws std::invalid_argument that lists the words and
// suggests the nearest.
std::vector<std::string> depth_format_words();
const FileFormat* parse_depth_format(std::string_view word);

// FILE, FILE:NAME, or of a stack of maps FILE:NUMBER and FILE:NAME:NUMBER, as it stands on the command line.
// An existing file whose own name holds ':' wins; otherwise the text after the last ':' is the name of the
// variable, unless it holds a '/'. Throws std::invalid_argument when FILE is empty.
PlaneSource parse_plane_argument(const std::string& text);

inline constexpr std::string_view kUprightName = "upright";

// Reads one plane; of a stack (N x rows x columns, MATLAB's rows x columns x N) the map with the source's
// number, from 0. The format follows from the file's ending (see formats()).
//  - kDepth: integer files are divided by source.depth_scale, floating-point files are metres already, or are
//    multiplied by source.metres_per_unit.
//  - kRgb: 16-bit files are reduced to 8 bits (value / 257, rounded), floating-point files in [0, 1] are scaled
//    by 255; alpha is dropped, one gray channel is repeated; H x W x 3 and channel-first 3 x H x W are both read.
//    A JPEG called kUprightName is turned as its camera has noted (exif.h); else it stays as it lies, so that it
//    fits its depth.
//  - kCodes: a .pgm holds them low byte first, as the Kinect's recorder wrote them (pnm.h).
//  - .mat, .h5, .npy: leading (and trailing) dimensions of length 1 are dropped. Without source.name the file's
//    only fitting data set is taken, or among several the one called like `plane_name`. .mat arrays keep MATLAB's
//    rows and columns; .h5 data sets are read row-major as they lie.
// Throws FrameError whose sentence names the file: kMissingFile, kUnreadable (not what its name says, no
// fitting data set, the names there are being listed), kTruncated, kWrongSize (not a plane of this kind).
// Safe to call from several threads.
cv::Mat read_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name = "");

// Writes one plane whole or not at all (see atomic_file.h), making its folder; the format follows from the
// ending. Types accepted: kRgb CV_8UC3; kDepth CV_64FC1 or CV_32FC1 (kept as they are in h5, npy, mat);
// kCodes CV_16UC1 (.pgm, low byte first); kLabels CV_8UC1 or CV_16UC1 (.png); kAccel CV_64FC1 4x1 (.dump).
// Throws FrameError naming the file, pixel and value when a value does not fit the format (kNonFinite;
// kOutOfRange: negative or too large in a 16-bit file): nothing is silently clipped. std::invalid_argument
// when kind, type and format do not go together, std::runtime_error when the disk refuses.
void write_plane(const std::filesystem::path& file, const cv::Mat& plane, PlaneKind kind,
                 const WriteOptions& options = {});

}  // namespace depthmill::io
