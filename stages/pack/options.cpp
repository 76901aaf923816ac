// What the stage pack can be told.
#include "stages/io/suggest.h"
#include "stages/pack/pack.h"
#include "stages/pack/split.h"

namespace depthmill::pack {

namespace {

constexpr std::pair<std::string_view, std::uint64_t> kByteUnits[] = {
    {"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}};

void read_shard_size(PackOptions& options, const std::string& text) {
  constexpr long long kMost = 1'000'000'000;
  for (const auto& [unit, bytes] : kByteUnits)
    if (text.size() > unit.size() && text.ends_with(unit)) {
      options.shard_bytes =
          static_cast<std::uint64_t>(io::read_whole(text.substr(0, text.size() - unit.size()), 1, kMost)) *
          bytes;
      return;
    }
  options.shard_size = static_cast<int>(io::read_whole(text, 1, kMost));
  options.shard_bytes = 0;
}

std::string write_shard_size(const PackOptions& options) {
  if (options.shard_bytes == 0) return std::to_string(options.shard_size);
  std::string text;
  for (const auto& [unit, bytes] : kByteUnits)
    if (options.shard_bytes % bytes == 0)
      text = std::to_string(options.shard_bytes / bytes) + std::string(unit);
  return text;
}

}  // namespace

const std::vector<io::Key<PackOptions>>& pack_keys() {
  using O = PackOptions;
  using io::key, io::own_key, io::word_key;
  static const std::vector<io::Key<O>> table = {
      own_key<O>(
          "pack", "layout",
          [](O& o, const std::string& text) { o.layout = text.empty() ? nullptr : &find_layout(text); },
          [](const O& o) { return o.layout ? std::string(o.layout->name) : std::string(); }, "LAYOUT",
          "as which loaders read it: " + io::name_list(layout_names()))
          .shaping(),
      word_key<O>("pack", "depth", &O::depth, kPackDepths,
                  "which depth: raw (as measured), filled, or auto = as the layout's own data set has it")
          .called("packed-depth")
          .shaping(),
      word_key<O>("pack", "picture-format", &O::pictures, kPictures, "file format of the pictures").shaping(),
      key<O>("pack", "jpeg-quality", &O::jpeg_quality, "N", "1 to 100; 0 = 95, of sd-convtrans 100")
          .within(0, 100)
          .shaping(),
      own_key<O>(
          "pack", "resize",
          [](O& o, const std::string& text) {
            o.resize = text.empty() ? std::nullopt : std::optional(io::read_size(text));
          },
          [](const O& o) {
            return o.resize ? io::write_size(o.resize->first, o.resize->second) : std::string();
          },
          "HEIGHTxWIDTH", "pictures and depth at another size; depth takes the nearest reading")
          .shaping(),
      word_key<O>("pack", "kernel", &O::kernel, kPackKernels,
                  "of --resize, for pictures: PIL's kernels, or OpenCV's area")
          .called("resize-kernel")
          .shaping(),
      key<O>("pack", "split", &O::split, "RATIO:SEED|FILE",
             "scenes for training and for testing: a share of the rooms (0.9:1), or a file with lines 'SCENE "
             "train' "
             "and 'SCENE test'; default: all for training")
          .shaping(),
      word_key<O>("pack", "list-style", &O::list_style, kListStyles,
                  "bts: lists as BTS, AdaBins and ZoeDepth, as NeWCRFs, or as GLPDepth reads them")
          .shaping(),
      key<O>("pack", "swap-rb", &O::swap_rb, "",
             "vda-nyu: exchange red and blue in the pictures, as the published script does")
          .shaping(),
      own_key<O>(
          "pack", "shard-size", read_shard_size, write_shard_size, "N|SIZE",
          "webdataset: frames a shard (500 of 480x640 are some 0.7 GB), or its largest size (800MB, 1GB)")
          .shaping(),
  };
  return table;
}

std::string PackOptions::problem() const {
  if (!layout) return "pack.layout is missing: name one of " + io::name_list(layout_names());
  if (layout->jpg_alone && pictures != Pictures::kJpg)
    return "pack.picture-format must be jpg: the loaders of layout " + std::string(layout->name) +
           " take nothing else";
  std::error_code ignored;
  if (!split.empty() && !is_ratio(split) && !std::filesystem::exists(split, ignored))
    return "pack.split is '" + split + "': neither RATIO:SEED, as 0.9:1, nor a file that is there";
  return io::key_problem(pack_keys(), *this);
}

std::string PackOptions::depth_plane() const {
  const PackDepth which = depth == PackDepth::kAuto && layout ? layout->depth : depth;
  return which == PackDepth::kFilled ? plane::kDepth : plane::kRawDepth;
}

}  // namespace depthmill::pack
