// What the stage extract can be told.
#include "stages/extract/extract.h"

namespace depthmill {

const std::vector<io::Key<ExtractOptions>>& extract_keys() {
  static const std::vector<io::Key<ExtractOptions>> table = {
      io::word_key<ExtractOptions>(
          "extract", "crop", &ExtractOptions::crop, kCrops,
          "toolbox = the 427 x 561 projection mask of the toolbox (get_projection_mask)")
          .shaping(),
  };
  return table;
}

}  // namespace depthmill
