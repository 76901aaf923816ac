// The table of layouts that frames are packed in, one row each: what a loader of that layout reads of a frame, under
// which names, and which lists it reads besides. What the loaders expect is said at each row's own file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/stage.h"

namespace depthmill::pack {

struct PackOptions;

enum class Part { kTrain, kTest };

// Which of the two depths of a frame is packed.
enum class PackDepth {
  kAuto,    // the layout's
  kRaw,     // as measured, with holes
  kFilled,  // with its holes filled
};

// Where a frame stands in the packed set.
struct Place {
  std::string scene;   // one level of a path, without blanks
  std::string frame;   // Frame::name
  std::string source;  // Frame::id()
  Part part = Part::kTrain;
  std::size_t number = 0;   // in its scene, see places.h
  std::size_t in_part = 0;  // in its part, from 0
};

using Bytes = std::vector<std::uint8_t>;

// What is packed of a frame: rgb CV_8UC3 and depth CV_64FC1 in metres, 0 = no reading, of one size.
struct Pixels {
  cv::Mat rgb, depth;
  cv::Mat base = {};  // of depth, where the layout takes it and the frame has it
};

// One file of a frame: its path below the root (empty: a frame of that part has none), and its bytes. The bytes may throw
// FrameError.
struct FileRule {
  std::string (*path)(const Place& place, const PackOptions& options);
  Bytes (*bytes)(const Pixels& pixels, const Place& place, const PackOptions& options);
};

struct PackLayout {
  std::string_view name;
  std::string_view help;              // one line
  std::span<const FileRule> files;    // of a frame, in the order in which they are written
  PackDepth depth = PackDepth::kRaw;  // where it is not told
  bool whole_depth = false;           // has no sign for "no reading": a frame with holes is refused
  cv::Size size = {};                 // the one size that its loaders take; {} = any
  bool takes_base = false;
  PackDepth labeled_depth = PackDepth::kAuto;  // of the labelled set, where its published copy has another
  bool by_scene_type = false;  // its published lists of the labelled set go by scene types, not by scenes
  bool jpg_alone = false;      // its loaders take no other pictures
  std::size_t first_number = 0;
  int jpeg_quality = 95;         // where it is not told
  bool raw_pictures = false;     // its loaders read the raw scenes themselves: their pictures are listed
  std::string_view remark = {};  // what its user must know, for the log
  std::span<const std::string_view> scenes = {};  // those that it is made of, where none are named; {} = all
  std::size_t frames_a_scene = 0;                 // the first ones alone; 0 = all
  // Lists and descriptions, path and text, of the frames that are there.
  std::vector<std::pair<std::string, std::string>> (*index)(std::span<const Place> places,
                                                            const PackOptions& options) = nullptr;
  // Of layouts whose frames come together in files: in which one, and how that is written.
  std::string (*group)(const Place& place, const PackOptions& options) = nullptr;
  std::unique_ptr<FileGroup> (*open_group)(const std::filesystem::path& file,
                                           const PackOptions& options) = nullptr;
};

// The one file that layout p2net makes.
inline constexpr const char* kP2netList = "splits/nyu_train_0_10_20_30_40.txt";

std::span<const PackLayout* const> layouts();

// The row of that name. Throws std::invalid_argument that names all.
const PackLayout& find_layout(std::string_view name);
std::vector<std::string> layout_names();

}  // namespace depthmill::pack
