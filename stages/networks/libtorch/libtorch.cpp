#include "stages/networks/libtorch/libtorch.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "stages/networks/engine/blas_core.h"
#include "stages/networks/engine/network.h"
#include "stages/networks/libtorch/message.h"

namespace depthmill::networks {
namespace {

int cuda_devices() {
  try {
    return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  } catch (const std::exception&) {
    return 0;  // a driver that does not answer is a device that is not there
  }
}

// Why there is no CUDA device: LibTorch built without CUDA, or no device visible to it.
std::string cuda_absence() {
  void* cuda_part = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
  if (!cuda_part) return "LibTorch " + libtorch_version() + " is built without CUDA";
  dlclose(cuda_part);
  return "LibTorch " + libtorch_version() + " sees no CUDA device";
}

// What LibTorch chooses by itself, asked before anybody has set another number.
int default_threads() {
  static const int threads = at::get_num_threads();
  return threads;
}

// OpenBLAS keeps threads of its own beside OpenMP's; it has one setting for the process.
void set_openblas_threads(int n) {
  using Setter = void (*)(int);
  static const auto setter = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (setter) setter(n);
}

// OpenMP's limit belongs to the thread that sets it. The rest of LibTorch's settings are the process's, and setting
// them again would rebuild its pools.
void set_own_threads(int n) {
  thread_local int applied = 0;
  if (n == applied) return;
  default_threads();
  at::set_num_threads(n);
  applied = n;
}

// The settings in force and the passes that run under them.
struct Passes {
  std::mutex mutex;
  std::condition_variable over;
  std::optional<PassSettings> settings;
  int running = 0;
};

Passes& passes() {
  static Passes all;
  return all;
}

}  // namespace

std::string libtorch_version() { return TORCH_VERSION; }

std::vector<Device> list_devices() {
  std::vector<Device> devices{{"cpu", std::to_string(default_threads()) + " threads by default"}};
  for (int i = 0; i < cuda_devices(); ++i)
    devices.push_back({"cuda:" + std::to_string(i), "visible to LibTorch " + libtorch_version()});
  return devices;
}

std::vector<std::string> resolve_devices(const std::string& asked) {
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

void set_threads(int n) {
  if (n < 1) return;
  set_own_threads(n);
  Passes& all = passes();
  std::lock_guard lock(all.mutex);
  set_openblas_threads(n);
  all.settings.reset();  // so that the next pass sets its own
}

std::string blas_warning() {
  if (at::hasMKL()) return "";
  // The library in which LibTorch's calls to sgemm_ end.
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (!sgemm || !dladdr(sgemm, &info) || !info.dli_fname) return "";
  std::error_code ignored;
  std::string file = std::filesystem::weakly_canonical(info.dli_fname, ignored).string();
  if (file.empty()) file = info.dli_fname;
  if (file.find("openblas") != std::string::npos) {
    const std::string core = openblas_core(), better = better_core(core, processor_features());
    if (better.empty()) return "";
    return "OpenBLAS runs its kernels for " + core +
           " here: linear layers are several times slower than with " + better +
           "; set OPENBLAS_CORETYPE=" + better;
  }
  for (const char* tuned : {"mkl", "blis", "atlas", "armpl", "accelerate"})
    if (file.find(tuned) != std::string::npos) return "";
  return "LibTorch runs on the reference BLAS (" + file +
         "): linear layers are several times slower than need be; install libopenblas0-pthread";
}

PassScope::PassScope(const PassSettings& settings) {
  const int threads = settings.threads > 0 ? settings.threads : default_threads();
  {
    Passes& all = passes();
    std::unique_lock lock(all.mutex);
    all.over.wait(lock, [&] { return all.running == 0 || all.settings == settings; });
    if (all.settings != settings) {
      at::globalContext().setAllowTF32CuDNN(settings.tf32);
      at::globalContext().setAllowTF32CuBLAS(settings.tf32);
      set_openblas_threads(threads);
      all.settings = settings;
    }
    ++all.running;
  }
  set_own_threads(threads);
}

PassScope::~PassScope() {
  Passes& all = passes();
  {
    std::lock_guard lock(all.mutex);
    --all.running;
  }
  all.over.notify_all();
}

bool is_out_of_memory(const std::exception& e) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&e) || dynamic_cast<const std::bad_alloc*>(&e) ||
         says_out_of_memory(e.what());
}

void throw_as_pass_failure(const std::exception& e, const std::string& file, const std::string& device) {
  if (dynamic_cast<const BadPrediction*>(&e)) throw;
  if (is_out_of_memory(e)) throw OutOfMemory(file + ": out of memory on " + device);
  throw std::runtime_error(short_torch_message(e.what()));
}

}  // namespace depthmill::networks
