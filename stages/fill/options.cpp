// What the stage fill can be told.
#include "stages/fill/fill.h"

namespace depthmill {

const std::vector<io::Key<FillStageOptions>>& fill_keys() {
  using O = FillStageOptions;
  using io::key, io::word_key;
  static const std::vector<io::Key<O>> table = {
      word_key<O>("fill", "method", &O::method, kFillMethods,
                  "levin = the toolbox's fill_depth_colorization, cross-bilateral = its fill_depth_cross_bf, "
                  "none = leave the holes")
          .shaping(),
      key<O>("fill", "alpha", &O::alpha, "A",
             "levin: weight of a reading against the mean of its neighbours, above 0")
          .above(0)
          .shaping(),
      key<O>("fill", "keep-known", &O::keep_known, "",
             "levin: paste the measured depth back over the smoothed one (the toolbox does not)")
          .shaping(),
      key<O>(
          "fill", "tolerance", &O::tolerance, "M",
          "levin: metres; the largest error against the exact solution stays below this (1e-6 is a seventh "
          "faster)")
          .above(0)
          .shaping(),
      key<O>("fill", "preview", &O::preview, "",
             "also write each filled depth as a coloured picture, near values dark"),
  };
  return table;
}

std::string FillStageOptions::problem() const { return io::key_problem(fill_keys(), *this); }

}  // namespace depthmill
