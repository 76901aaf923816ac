// The engine `torchscript`: networks from TorchScript files, by LibTorch (1.13 or 2.x). No torch in this header.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <string>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

// Loads request.file once on every device that request.device names. Throws std::runtime_error: not a TorchScript
// file, needs a newer LibTorch, device absent, precision not possible.
std::unique_ptr<Network> load_torchscript(const NetworkRequest& request);

// Compiles TorchScript source (methods, one of them forward) with `buffers` (CV_32FC1, seen as self.NAME of
// shape rows x cols) and saves it so that LibTorch and Python load it. Throws std::runtime_error.
//   save_script(file, "def forward(self, x):\n  return x[:, :1]\n");
void save_script(const std::filesystem::path& file, const std::string& source,
                 const std::map<std::string, cv::Mat>& buffers = {});

}  // namespace depthmill::networks
