// What the stage decompose can be told.
#include "stages/decompose/decompose.h"

namespace depthmill {

const std::vector<io::Key<DecomposeOptions>>& decompose_keys() {
  using O = DecomposeOptions;
  using io::key, io::word_key;
  static const std::vector<io::Key<O>> table = {
      key<O>("decompose", "lambda", &O::lambda, "L",
             "smoothness of the base against fidelity to the depth, above 0")
          .above(0)
          .shaping(),
      key<O>("decompose", "alpha", &O::alpha, "A",
             "exponent of the guide's differences: the larger, the sharper the base's edges")
          .at_least(0)
          .called("wls-alpha")
          .shaping(),
      key<O>("decompose", "epsilon", &O::epsilon, "E", "keeps the weights finite where the guide is flat")
          .above(0)
          .shaping(),
      word_key<O>("decompose", "guide", &O::guide, kDecomposeGuides,
                  "whose edges the base keeps: ln(depth), depth in metres, or the image's log luminance")
          .shaping(),
      word_key<O>("decompose", "domain", &O::domain, kDecomposeDomains,
                  "what is split: depth, or its logarithm")
          .shaping(),
  };
  return table;
}

std::string DecomposeOptions::problem() const { return io::key_problem(decompose_keys(), *this); }

}  // namespace depthmill
