// What the stage pack can be told.
#include "stages/io/suggest.h"
#include "stages/pack/pack.h"
#include "stages/pack/split.h"

namespace depthmill::pack {

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
      key<O>("pack", "shard-size", &O::shard_size, "N",
             "webdataset: frames a shard; 500 of 480x640 are some 0.7 GB")
          .at_least(1)
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
