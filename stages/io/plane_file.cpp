#include "stages/io/plane_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "stages/io/accel_dump.h"
#include "stages/io/array.h"
#include "stages/io/depth_coding.h"
#include "stages/io/dpt.h"
#include "stages/io/eth3d.h"
#include "stages/io/exif.h"
#include "stages/io/exr.h"
#include "stages/io/gif.h"
#include "stages/io/h5_file.h"
#include "stages/io/image_file.h"
#include "stages/io/mat_file.h"
#include "stages/io/npy.h"
#include "stages/io/npz.h"
#include "stages/io/pfm.h"
#include "stages/io/picture_file.h"
#include "stages/io/pnm.h"
#include "stages/io/stack.h"
#include "stages/io/stand_in.h"
#include "stages/io/suggest.h"
#include "stages/io/tar_file.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

// One line a format; each row stands at the end of its codec.
constexpr const FileFormat* kFormats[] = {
    &kPngFormat, &kPpmFormat, &kJpegFormat,      &kPgmFormat, &kHdf5Format, &kNpyFormat,
    &kMatFormat, &kPfmFormat, &kAccelDumpFormat, &kNpzFormat, &kDptFormat,  &kTiffFormat,
    &kExrFormat, &kBmpFormat, &kWebpFormat,      &kGifFormat, &kTarFormat,
};
constexpr std::size_t kKinds = std::size(kPlaneKindNames);

// Is `word` one of "a b c"?
bool among(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const auto end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

bool is_whole(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string all_endings() {
  std::string text;
  for (const FileFormat* format : kFormats) text += (text.empty() ? "" : " ") + std::string(format->endings);
  return text;
}

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
  throw std::invalid_argument(file.string() + ": " + reason);
}

void check_format(const fs::path& file, const FileFormat* format, PlaneKind kind) {
  if (format && format->writes.has(kind)) return;
  std::vector<std::string> endings;
  for (const FileFormat* other : kFormats)
    if (other->writes.has(kind)) endings.emplace_back(other->ending());
  refuse(file, "a plane of kind " + std::string(kind_name(kind)) +
                   (endings.empty() ? " is read, never written" : " is written as " + name_list(endings)));
}

void check_type(const fs::path& file, const cv::Mat& m, PlaneKind kind) {
  if (kind == PlaneKind::kDepth && (m.empty() || (m.type() != CV_64FC1 && m.type() != CV_32FC1)))
    refuse(file, "depth is float32 or float64 metres");
  if (kind == PlaneKind::kRgb && (m.empty() || m.type() != CV_8UC3)) refuse(file, "colour is 8-bit RGB");
  if (kind == PlaneKind::kCodes && (m.empty() || m.type() != CV_16UC1))
    refuse(file, "Kinect codes are 16-bit");
  if (kind == PlaneKind::kLabels && (m.empty() || (m.type() != CV_8UC1 && m.type() != CV_16UC1)))
    refuse(file, "labels are 8- or 16-bit");
  if (kind == PlaneKind::kAccel && (m.type() != CV_64FC1 || m.total() != 4))
    refuse(file, "an accelerometer record is 4x1 float64");
}

}  // namespace

std::string PlaneKinds::text() const {
  std::string text;
  for (std::size_t k = 0; k < kKinds; ++k)
    if (const auto kind = static_cast<PlaneKind>(k); has(kind))
      text += (text.empty() ? "" : " ") + std::string(kind_name(kind));
  return text;
}

std::span<const FileFormat* const> formats() { return kFormats; }

std::span<const FileFormat* const> formats_for(PlaneKind kind) {
  static const auto lists = [] {
    std::array<std::vector<const FileFormat*>, kKinds> by_kind;
    for (std::size_t k = 0; k < kKinds; ++k)
      std::copy_if(std::begin(kFormats), std::end(kFormats), std::back_inserter(by_kind[k]),
                   [&](const FileFormat* format) { return format->reads.has(static_cast<PlaneKind>(k)); });
    auto& depth = by_kind[static_cast<std::size_t>(PlaneKind::kDepth)];
    std::stable_sort(depth.begin(), depth.end(),
                     [](const FileFormat* a, const FileFormat* b) { return a->depth_bits > b->depth_bits; });
    return by_kind;
  }();
  return lists[static_cast<std::size_t>(kind)];
}

const FileFormat* find_format(const fs::path& file) { return format_of_name(file.native()); }

const FileFormat* format_of_name(std::string_view path) {
  const std::size_t dot = path.rfind('.'), name = path.rfind('/') + 1;  // npos + 1 is 0
  // as fs::path::extension() has it
  if (dot == path.npos || dot <= name || path.substr(name) == "..") return nullptr;
  std::string ending(path.substr(dot));
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const FileFormat* format : kFormats)
    if (among(format->endings, std::string_view(ending).substr(1))) return format;
  return nullptr;
}

std::vector<std::string> depth_format_words() {
  std::vector<std::string> words;
  for (const FileFormat* format : kFormats)
    if (!format->depth_word.empty()) words.emplace_back(format->depth_word);
  return words;
}

const FileFormat* parse_depth_format(std::string_view word) {
  for (const FileFormat* format : kFormats)
    if (!word.empty() && format->depth_word == word) return format;
  const auto words = depth_format_words();
  throw std::invalid_argument("'" + std::string(word) + "' is none of the depth formats " + name_list(words) +
                              did_you_mean(word, words));
}

PlaneSource parse_plane_argument(const std::string& text) {
  PlaneSource source;
  std::error_code ignored;
  const auto names_from = [&](std::size_t colon) {
    return colon != std::string::npos && colon + 1 < text.size() &&
           text.find('/', colon) == std::string::npos;
  };
  std::size_t colon = text.rfind(':');
  // FILE:NAME:NUMBER, a map of a stack
  if (names_from(colon) && is_whole(text.substr(colon + 1)) && colon > 0)
    if (const std::size_t before = text.rfind(':', colon - 1);
        names_from(before) && !fs::exists(text.substr(0, colon), ignored))
      colon = before;
  const bool named = names_from(colon) && !fs::exists(text, ignored);
  source.file = named ? text.substr(0, colon) : text;
  if (named) source.name = text.substr(colon + 1);
  if (source.file.empty()) throw std::invalid_argument("'" + text + "' names no file (FILE or FILE:NAME)");
  return source;
}

namespace {

// A source whose name ends in the number of a map: "3" or "depths:3". Without it the name is that of the
// array.
struct MapOfStack {
  PlaneSource stack;
  std::optional<std::size_t> number;
};

MapOfStack map_of(const PlaneSource& source, const FileFormat& format) {
  const std::size_t colon = source.name.rfind(':');
  const std::string last = colon == std::string::npos ? source.name : source.name.substr(colon + 1);
  MapOfStack map{source, std::nullopt};
  if (!is_whole(last) || (colon == std::string::npos && format.has_names)) return map;
  map.number = std::stoul(last);
  map.stack.name = colon == std::string::npos ? "" : source.name.substr(0, colon);
  return map;
}

// Formats that may hold many maps in one array, N x rows x columns or (`last`) rows x columns x N; `list`: the arrays
// in a file, where they have names.
struct StackFormat {
  const FileFormat* format;
  bool last = false;
  std::vector<DataSetInfo> (*list)(const fs::path& file) = nullptr;
};
constexpr StackFormat kStackFormats[] = {
    {&kNpyFormat},
    {&kNpzFormat, false, list_npz},
    {&kHdf5Format, false, [](const fs::path& file) { return list_h5(file, H5Layout::kRowMajor); }},
    {&kMatFormat, true, list_mat},
};
const StackFormat* find_stacks(const FileFormat* format) {
  const auto at = std::find_if(std::begin(kStackFormats), std::end(kStackFormats),
                               [&](const StackFormat& row) { return row.format == format; });
  return at == std::end(kStackFormats) ? nullptr : &*at;
}

// Stacks read last, the latest first. One is read while the others wait: those are the other maps of it.
class StackCache {
 public:
  std::shared_ptr<const Array> read(const FileFormat& format, const PlaneSource& stack, PlaneKind kind,
                                    std::string_view plane_name) {
    std::error_code ignored;
    const Key key{stack.text() + " " + std::string(plane_name), kind, fs::file_size(stack.file, ignored),
                  fs::last_write_time(stack.file, ignored)};
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(kept_.begin(), kept_.end(), [&](const auto& k) { return k.first == key; });
    if (at != kept_.end()) {
      std::rotate(kept_.begin(), at, at + 1);
      return kept_.front().second;
    }
    constexpr std::size_t kMostKept = 4;
    if (kept_.size() >= kMostKept) kept_.pop_back();
    const StackScope scope;
    kept_.emplace(kept_.begin(), key, std::make_shared<const Array>(format.read(stack, kind, plane_name)));
    return kept_.front().second;
  }

 private:
  using Key = std::tuple<std::string, PlaneKind, std::uintmax_t, fs::file_time_type>;
  std::mutex mutex_;
  std::vector<std::pair<Key, std::shared_ptr<const Array>>> kept_;
};

StackCache& stacks() {
  static StackCache cache;
  return cache;
}

Array read_samples(const FileFormat& format, const PlaneSource& source, PlaneKind kind,
                   std::string_view plane_name) {
  const MapOfStack map = map_of(source, format);
  if (!map.stack.name.empty() && !format.has_names)
    fail(FailureReason::kUnreadable, source.text(),
         "a file of this format holds one plane and takes no name");
  try {
    if (!map.number) return format.read(map.stack, kind, plane_name);
    const StackFormat* row = find_stacks(&format);
    if (!row) fail(FailureReason::kWrongSize, source.text(), "files of this format are no stacks of maps");
    return map_of_stack(*stacks().read(format, map.stack, kind, plane_name), *map.number, row->last,
                        source.text());
  } catch (const FrameError& e) {
    if (const std::string what = stand_in(source.file); !what.empty())
      fail(FailureReason::kUnreadable, source.text(), what);
    throw;
  }
}

}  // namespace

std::vector<std::string> planes_inside(const PlaneSource& source, PlaneKind kind) try {
  const FileFormat* format = find_format(source.file);
  const StackFormat* row = find_stacks(format);
  if (!row || !format->reads.has(kind)) return {};
  std::vector<std::string> names;
  if (source.name == "*" && row->list) {
    for (const DataSetInfo& info : row->list(source.file))
      if (fits(info.shape, kind)) names.push_back(info.name);
    return names;
  }
  if (map_of(source, *format).number || (!source.name.empty() && !format->has_names)) return {};
  const auto stack = stacks().read(*format, source, kind, "");
  const std::size_t maps = maps_in_stack(stack->shape, kind, row->last);
  // Where arrays have names a bare number would be one: ":3" is map 3 of the only stack.
  const std::string stack_name = source.name.empty() && !format->has_names ? "" : source.name + ":";
  for (std::size_t n = 0; n < maps; ++n) names.push_back(stack_name + std::to_string(n));
  return names;
} catch (const std::runtime_error&) {
  return {};
}

cv::Mat read_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  const FileFormat* format = find_format(source.file);
  if (kind == PlaneKind::kDepth && is_eth3d_depth(source.file))
    return decode_depth(read_eth3d_depth(source.file), source, plane_name);
  if (!format || !format->reads.has(kind)) {
    std::error_code ignored;
    if (!fs::exists(source.file, ignored))
      fail(FailureReason::kMissingFile, source.text(), "there is no such file");
    if (!format)
      fail(FailureReason::kUnreadable, source.text(),
           "its extension names no known format (" + all_endings() + ")");
    fail(FailureReason::kUnreadable, source.text(),
         "a file of this format is not read as " + std::string(kind_name(kind)) + " (only " +
             format->reads.text() + ")");
  }
  if (kind == PlaneKind::kRgb && format == &kJpegFormat && source.name == kUprightName) {
    PlaneSource as_it_lies = source;
    as_it_lies.name.clear();
    return turned_upright(read_plane(as_it_lies, kind, plane_name), exif_orientation(source.file));
  }
  Array samples = read_samples(*format, source, kind, plane_name);
  return kind == PlaneKind::kDepth ? decode_depth(std::move(samples), source, plane_name)
                                   : to_plane(samples, kind, source.depth_scale, source.text());
}

void write_plane(const fs::path& file, const cv::Mat& m, PlaneKind kind, const WriteOptions& options) {
  const FileFormat* format = find_format(file);
  check_format(file, format, kind);
  check_type(file, m, kind);
  format->write(file, m, kind, options);
}

}  // namespace depthmill::io
