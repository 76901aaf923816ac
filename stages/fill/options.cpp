// What the stage fill can be told.
#include <stdexcept>

#include "stages/fill/fill.h"

namespace depthmill {
namespace {
constexpr const char* kAuto = "auto";
}

double FillStageOptions::tolerance_in_use() const {
  constexpr double kOf16Bits = 1e-6, kOfFloats = 1e-9;
  if (tolerance > 0) return tolerance;
  return depth_bits <= 16 ? kOf16Bits : kOfFloats;
}

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
      io::own_key<O>(
          "fill", "tolerance",
          [](O& o, const std::string& text) {
            if (text == kAuto) {
              o.tolerance = 0;
              return;
            }
            io::read_value(text, o.tolerance);
            if (o.tolerance == 0) throw std::invalid_argument("must be above 0, not '" + text + "'");
          },
          [](const O& o) { return o.tolerance == 0 ? std::string(kAuto) : io::write_value(o.tolerance); },
          "N|auto",
          "levin: metres; the largest error against the exact solution stays below this; auto = 1e-6 where "
          "depth is "
          "written in 16 bits, which cannot show more, else 1e-9")
          .must([](const O& o) { return o.tolerance >= 0; }, "must be above 0")
          .shaping(),
      key<O>("fill", "preview", &O::preview, "",
             "also write each filled depth as a coloured picture, near values dark"),
  };
  return table;
}

std::string FillStageOptions::problem() const { return io::key_problem(fill_keys(), *this); }

}  // namespace depthmill
