// Stands in for training in a build without LibTorch.
#include "stages/networks/sd_convtrans/training/train.h"

namespace depthmill::sd_convtrans {

TrainSummary train(const TrainOptions&, const metrics::Protocol&, const std::filesystem::path&, bool,
                   const TrainCallback&) {
  throw std::runtime_error("sd-convtrans: this build has no LibTorch, so nothing can be trained");
}

}  // namespace depthmill::sd_convtrans
