// Stands in for training in a build without LibTorch.
#include <stdexcept>

#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/sd_convtrans/training/train.h"

namespace depthmill::sd_convtrans {

TrainSummary train(const TrainOptions&, const metrics::Protocol&, const std::filesystem::path&, bool,
                   const TrainCallback&) {
  throw std::runtime_error("nothing can be trained: " + networks::no_torch_sentence());
}

}  // namespace depthmill::sd_convtrans
