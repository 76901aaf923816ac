// The module's door: what stands behind TorchModule, and the two functions by which the program finds it.
#include "stages/io/array.h"
#include "stages/networks/libtorch/exported.h"
#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/libtorch/torchscript.h"
#include "stages/networks/sd_convtrans/network.h"
#include "stages/networks/torch_module/torch_module.h"

namespace depthmill::networks {
namespace {

class ThisTorch final : public TorchModule {
 public:
  void set_max_pixels(std::size_t pixels) const override { io::set_max_pixels(pixels); }

  std::string version() const override { return libtorch_version(); }
  std::vector<Device> list_devices() const override { return networks::list_devices(); }
  std::vector<std::string> resolve_devices(const std::string& asked) const override {
    return networks::resolve_devices(asked);
  }
  void set_threads(int n) const override { networks::set_threads(n); }
  std::string blas_warning() const override { return networks::blas_warning(); }

  std::unique_ptr<Network> load_torchscript(const NetworkRequest& request) const override {
    return networks::load_torchscript(request);
  }
  std::unique_ptr<Network> load_exported(const NetworkRequest& request) const override {
    return networks::load_exported(request);
  }
  void save_script(const std::filesystem::path& file, const std::string& source,
                   const std::map<std::string, cv::Mat>& buffers) const override {
    networks::save_script(file, source, buffers);
  }

  std::unique_ptr<Network> load_sd_convtrans(const NetworkRequest& request) const override {
    return sd_convtrans::load_network(request);
  }
  Exported export_sd_convtrans(const std::filesystem::path& checkpoint,
                               const std::filesystem::path& out) const override {
    return sd_convtrans::export_engine(checkpoint, out);
  }
  sd_convtrans::TrainSummary train(const sd_convtrans::TrainOptions& options,
                                   const metrics::Protocol& protocol, const std::filesystem::path& out,
                                   bool resume, const sd_convtrans::TrainCallback& callback) const override {
    return sd_convtrans::train(options, protocol, out, resume, callback);
  }
};

}  // namespace
}  // namespace depthmill::networks

extern "C" {

__attribute__((visibility("default"))) const char* depthmill_boundary() {
  static const std::string text = depthmill::networks::boundary();
  return text.c_str();
}

__attribute__((visibility("default"))) const depthmill::networks::TorchModule* depthmill_torch_module() {
  static const depthmill::networks::ThisTorch torch;
  return &torch;
}
}
