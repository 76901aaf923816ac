// Stands in for this room in a build without LibTorch: everything says so.
#include <stdexcept>

#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/libtorch/torchscript.h"

namespace depthmill::networks {

bool have_torch() { return false; }
std::string libtorch_version() { return ""; }
std::vector<Device> list_devices() { return {}; }
std::vector<std::string> resolve_devices(const std::string&) {
  throw std::runtime_error(no_torch_sentence());
}
void set_threads(int) {}
std::string blas_warning() { return ""; }

std::unique_ptr<Network> load_torchscript(const NetworkRequest& request) {
  throw std::runtime_error(request.file.string() + " cannot be run: " + no_torch_sentence());
}

void save_script(const std::filesystem::path& file, const std::string&,
                 const std::map<std::string, cv::Mat>&) {
  throw std::runtime_error(file.string() + " cannot be written: " + no_torch_sentence());
}

}  // namespace depthmill::networks
