// The native SD-ConvTrans (stages/sd_convtrans) as a network of this room. No torch in this header; a build
// without LibTorch throws the sentence of no_torch_sentence().
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/types.hpp>

#include "stages/networks/network.h"
#include "stages/networks/predictor.h"

namespace depthmill::networks {

struct SdConvTransNetwork {
  std::unique_ptr<Network> network;  // answers depth / 10 at a quarter of the picture's size
  cv::Size picture;                  // the size that the checkpoint was trained for, and that forward() takes
};

// A card without a size takes pictures of exactly this one, its checkpoint's.
ModelCard fitted_to(ModelCard card, cv::Size picture);

// Loads FILE.pth once on every device that options.device names. Throws std::runtime_error: no checkpoint,
// names that do not fit (all are listed), device absent, precision not possible.
SdConvTransNetwork load_sd_convtrans(const std::filesystem::path& checkpoint,
                                     const PredictorOptions& options);

}  // namespace depthmill::networks
