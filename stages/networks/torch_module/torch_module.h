// What a module of engines on LibTorch offers to the program. There is one such module, torch-<version>.so, for each
// LibTorch that it was built with; find_torch.h chooses among them. Program and module are built with one compiler and
// share the C++ standard library and OpenCV, so that types and exceptions pass between them as they are.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "stages/networks/engine/engine.h"
#include "stages/networks/sd_convtrans/training/train.h"

namespace depthmill::networks {

class TorchModule {
 public:
  virtual ~TorchModule() = default;

  // The module has the room io once more, with a limit of its own: io::set_max_pixels() over there.
  virtual void set_max_pixels(std::size_t pixels) const = 0;

  // What libtorch/libtorch.h says of the functions of these names.
  virtual std::string version() const = 0;
  virtual std::vector<Device> list_devices() const = 0;
  virtual std::vector<std::string> resolve_devices(const std::string& asked) const = 0;
  virtual void set_threads(int n) const = 0;
  virtual std::string blas_warning() const = 0;

  // libtorch/torchscript.h, libtorch/exported.h
  virtual std::unique_ptr<Network> load_torchscript(const NetworkRequest& request) const = 0;
  virtual std::unique_ptr<Network> load_exported(const NetworkRequest& request) const = 0;
  virtual void save_script(const std::filesystem::path& file, const std::string& source,
                           const std::map<std::string, cv::Mat>& buffers = {}) const = 0;

  // sd_convtrans/network.h, sd_convtrans/training/train.h
  virtual std::unique_ptr<Network> load_sd_convtrans(const NetworkRequest& request) const = 0;
  virtual Exported export_sd_convtrans(const std::filesystem::path& checkpoint,
                                       const std::filesystem::path& out) const = 0;
  virtual sd_convtrans::TrainSummary train(const sd_convtrans::TrainOptions& options,
                                           const metrics::Protocol& protocol,
                                           const std::filesystem::path& out, bool resume,
                                           const sd_convtrans::TrainCallback& callback) const = 0;
};

// What both sides must agree on before a call goes through the class: the version of this header, the compiler's ABI,
// OpenCV, and the sizes of what travels. A module says it as a text, which the program compares with its own.
inline std::string boundary() {
  return "engines 3, C++ ABI " + std::to_string(__GXX_ABI_VERSION) + ", OpenCV " CV_VERSION ", sizes " +
         std::to_string(sizeof(NetworkRequest)) + " " + std::to_string(sizeof(Exported)) + " " +
         std::to_string(sizeof(sd_convtrans::TrainOptions)) + " " +
         std::to_string(sizeof(sd_convtrans::TrainSummary)) + " " +
         std::to_string(sizeof(sd_convtrans::TrainProgress)) + " " +
         std::to_string(sizeof(metrics::Protocol));
}

// The two functions of a module, by these names and with C linkage.
using BoundaryFunction = const char*();
using TorchModuleFunction = const TorchModule*();
inline constexpr const char* kBoundaryName = "depthmill_boundary";
inline constexpr const char* kTorchModuleName = "depthmill_torch_module";

}  // namespace depthmill::networks
