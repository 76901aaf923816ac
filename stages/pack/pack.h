// Stage `pack`: frames as the loaders of a training read them. Needs rgb and one of raw_depth and depth, of one size;
// leaves the files of the layout (layout.h) in Frame::files, or puts the frames of a group into one file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "stages/base/stage.h"
#include "stages/io/enum_words.h"
#include "stages/io/key_table.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {

inline constexpr auto kPackDepths = io::enum_words<PackDepth>("auto", "raw", "filled");

inline constexpr auto kParts = io::enum_words<Part>("train", "test");

enum class Pictures { kJpg, kPng };
inline constexpr auto kPictures = io::enum_words<Pictures>("jpg", "png");

// Kernels for pictures of another size; those of PIL, which widen when they shrink. Depth always takes the nearest
// reading: a mean across an edge would be a depth that is nowhere in the scene.
enum class PackKernel { kBilinear, kBicubic, kLanczos, kNearest, kArea };
inline constexpr auto kPackKernels =
    io::enum_words<PackKernel>("bilinear", "bicubic", "lanczos", "nearest", "area");

// Whose lists a bts folder gets.
enum class ListStyle {
  kBts,       // BTS, AdaBins, ZoeDepth: rgb depth focal
  kNewcrfs,   // NeWCRFs: the same with a third path that it never reads
  kGlpdepth,  // GLPDepth: two paths with a slash in front
};
inline constexpr auto kListStyles = io::enum_words<ListStyle>("bts", "newcrfs", "glpdepth");

struct PackOptions {
  const PackLayout* layout = nullptr;
  PackDepth depth = PackDepth::kAuto;
  Pictures pictures = Pictures::kJpg;
  int jpeg_quality = 0;                       // 0 = the layout's
  std::optional<std::pair<int, int>> resize;  // height, width
  PackKernel kernel = PackKernel::kBilinear;
  bool official = false;  // frames of the labelled set under their official numbers
  // Frame::id() -> part, where the data set says it: in place of `split`.
  std::shared_ptr<const std::map<std::string, Part>> parts;
  std::string split;  // see split.h
  ListStyle list_style = ListStyle::kBts;
  bool swap_rb = false;  // red and blue exchanged in the pictures of vda-nyu
  int shard_size = 500;  // frames a shard
  std::uint64_t shard_bytes =
      0;              // not 0: as many frames a shard as are at most so many bytes, in place of shard_size
  std::string below;  // folder below the run folder that the layout lies in; "" = itself

  // "" or a sentence naming the field.
  std::string problem() const;

  int quality() const { return jpeg_quality > 0 ? jpeg_quality : layout->jpeg_quality; }
  std::string picture_ending() const { return std::string(kPictures.word(pictures)); }
  // The plane that is packed; auto = as the layout has it.
  std::string depth_plane() const;
};

// Section [pack].
const std::vector<io::Key<PackOptions>>& pack_keys();

// A frame fails with kWrongSize (rgb and depth differ, or the layout has one size), kNonFinite, kNoValidPixel (holes,
// where the layout has no sign for them), kOutOfRange. parallel() is true.
std::unique_ptr<Stage> make_pack_stage(const PackOptions& options);

}  // namespace depthmill::pack
