// Stands in for torchscript.cpp in a build without LibTorch: everything says so.
#include <stdexcept>

#include "stages/networks/runtime.h"
#include "stages/networks/torch_facts.h"
#include "stages/networks/torchscript.h"

namespace depthmill::networks {

bool have_torch() { return false; }
std::string libtorch_version() { return ""; }
int torch_default_threads() { return 0; }
int cuda_devices() { return 0; }
std::string cuda_absence() { return no_torch_sentence(); }
bool torch_has_own_blas() { return false; }
void set_threads(int) {}

std::unique_ptr<Network> load_torchscript(const std::filesystem::path& file, const PredictorOptions&,
                                          const std::string&) {
  throw std::runtime_error(file.string() + " cannot be run: " + no_torch_sentence());
}

void save_script(const std::filesystem::path& file, const std::string&,
                 const std::map<std::string, cv::Mat>&) {
  throw std::runtime_error(file.string() + " cannot be written: " + no_torch_sentence());
}

}  // namespace depthmill::networks
