// The part of runtime.h that needs no torch header.
#include "stages/networks/runtime.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "stages/networks/torch_facts.h"

namespace depthmill::networks {

std::string no_torch_sentence() {
  return "this build has no LibTorch: install libtorch-dev or pass CMAKE_PREFIX_PATH (a LibTorch 1.13 or "
         "2.x) "
         "to cmake, and build again";
}

std::vector<Device> list_devices() {
  std::vector<Device> devices;
  if (!have_torch()) return devices;
  devices.push_back({"cpu", std::to_string(torch_default_threads()) + " threads by default"});
  for (int i = 0; i < cuda_devices(); ++i)
    devices.push_back({"cuda:" + std::to_string(i), "visible to LibTorch " + libtorch_version()});
  return devices;
}

std::vector<std::string> resolve_devices(const std::string& asked) {
  if (!have_torch()) throw std::runtime_error(no_torch_sentence());
  const int gpus = cuda_devices();
  auto fail = [&](const std::string& why) {
    std::string there;
    for (const Device& d : list_devices()) there += (there.empty() ? "" : ", ") + d.name;
    std::string sentence = "device '" + asked + "': " + why + "; there is: " + there;
    if (gpus == 0) sentence += " (" + cuda_absence() + ")";
    throw std::runtime_error(sentence);
  };
  if (asked == "auto") return {gpus > 0 ? "cuda:0" : "cpu"};
  if (asked == "cpu") return {"cpu"};

  std::vector<std::string> devices;
  std::istringstream in(asked);
  for (std::string one; std::getline(in, one, ',');) {
    if (one == "cuda") one = "cuda:0";
    const std::string number = one.starts_with("cuda:") ? one.substr(5) : "";
    if (number.empty() || number.size() > 3 || !std::all_of(number.begin(), number.end(), ::isdigit))
      fail("a device is auto, cpu, cuda, cuda:N or cuda:N,cuda:M");
    if (std::stoi(number) >= gpus) fail(one + " is not there");
    if (std::find(devices.begin(), devices.end(), one) != devices.end()) fail(one + " is named twice");
    devices.push_back(one);
  }
  if (devices.empty()) fail("a device is auto, cpu, cuda, cuda:N or cuda:N,cuda:M");
  return devices;
}

std::string blas_warning() {
  if (!have_torch() || torch_has_own_blas()) return "";
  // The library in which LibTorch's calls to sgemm_ end.
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (!sgemm || !dladdr(sgemm, &info) || !info.dli_fname) return "";
  std::error_code ignored;
  std::string file = std::filesystem::weakly_canonical(info.dli_fname, ignored).string();
  if (file.empty()) file = info.dli_fname;
  for (const char* tuned : {"openblas", "mkl", "blis", "atlas", "armpl", "accelerate"})
    if (file.find(tuned) != std::string::npos) return "";
  return "LibTorch runs on the reference BLAS (" + file +
         "): linear layers are several times slower than need be; install libopenblas0-pthread";
}

}  // namespace depthmill::networks
