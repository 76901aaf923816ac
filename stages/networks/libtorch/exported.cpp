#include "stages/networks/libtorch/exported.h"

#include <torch/version.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#if __has_include(<torch/csrc/inductor/aoti_package/model_package_loader.h>)
#define DEPTHMILL_HAVE_PACKAGES
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#endif

#include "stages/io/ordinary_file.h"
#include "stages/io/zip_file.h"
#include "stages/networks/libtorch/answer.h"
#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/libtorch/message.h"

namespace depthmill::networks {
namespace {

// Is there a compiled network in the file, or the sentence why not. The loader itself would unpack whatever it is given.
void require_compiled(const std::filesystem::path& file) {
  if (const auto refusal = io::refusal_of(file))
    throw std::runtime_error(file.string() + ": " + refusal->why);
  bool compiled = false, exported = false;
  for (const std::string& name : io::ZipFile(file).names()) {
    compiled |= name.find("data/aotinductor/model/") != std::string::npos && name.ends_with(".so");
    exported |= name.ends_with("models/model.json") || name.ends_with("serialized_exported_program.json");
  }
  if (compiled) return;
  throw std::runtime_error(
      file.string() +
      (exported ? " is a program of torch.export that is not compiled, which LibTorch runs in Python alone: "
                  "torch._inductor.aoti_compile_and_package(torch.export.load(FILE), package_path=OUT), or "
                  "scripts/export.py"
                : " is no package of torch._inductor.aoti_compile_and_package (docs/exporting.md)"));
}

#ifdef DEPTHMILL_HAVE_PACKAGES

using Loader = torch::inductor::AOTIModelPackageLoader;

class ExportedNetwork final : public Network {
 public:
  explicit ExportedNetwork(const NetworkRequest& request)
      : file_(request.file), select_(request.select), threads_(request.intra_op_threads) {
    require_compiled(file_);
    if (request.precision != Precision::kFp32)
      throw std::runtime_error(file_.string() +
                               " runs in the precision that it was compiled in; --precision " +
                               std::string(kPrecisions.word(request.precision)) + " must go");
    // Without it compiled code takes an input of another size than it was made for, and reads beyond its end.
    ::setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1);
    for (const std::string& name : resolve_devices(request.device)) {
      device_text_ += (device_text_.empty() ? "" : ",") + name;
      devices_.emplace_back(name);
      loaders_.push_back(load(devices_.back()));
    }
  }

  int devices() const override { return static_cast<int>(loaders_.size()); }
  void set_intra_op_threads(int n) override { threads_ = n; }
  std::string device() const override { return device_text_; }
  std::string describe() const override {
    return file_.filename().string() + " on " + device_text_ + ", compiled";
  }

  Tensor forward(const Tensor& input) override {
    try {
      const std::size_t index = turn_++ % loaders_.size();
      const c10::Device device = devices_[index];
      const PassScope settings({false, device.is_cpu() ? threads_.load() : 0});
      c10::InferenceMode guard;
      const at::Tensor host = at::from_blob(input.data.get(), input.shape, at::kFloat);
      return share(floats_of(answer(*loaders_[index], device.is_cpu() ? host : host.to(device)).cpu()));
    } catch (const std::exception& e) {
      throw_as_pass_failure(e, file_.string(), device_text_);
    }
  }

 private:
  std::unique_ptr<Loader> load(c10::Device device) const {
    std::unique_ptr<Loader> loader;
    try {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 8
      // A runner is a pass at a time; they share the weights.
      const std::size_t runners = std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
      loader = std::make_unique<Loader>(file_.string(), "model", false, device.is_cpu() ? runners : 4,
                                        device.is_cpu() ? -1 : device.index());
#else
      loader = std::make_unique<Loader>(file_.string());
#endif
    } catch (const std::exception& e) {
      throw std::runtime_error(file_.string() + " cannot be loaded by LibTorch " + libtorch_version() +
                               " on " + device.str() +
                               ", perhaps because it was compiled with another version or for another "
                               "device: " +
                               short_torch_message(e.what()));
    }
    const auto metadata = loader->get_metadata();
    const auto made_for = metadata.find("AOTI_DEVICE_KEY");
    if (made_for != metadata.end() && made_for->second != (device.is_cpu() ? "cpu" : "cuda"))
      throw std::runtime_error(file_.string() + " is compiled for " + made_for->second + ", not for " +
                               device.str() + ": give --device " + made_for->second + ", or compile it anew");
    return loader;
  }

  // torch.export takes a batch that is left open to be 2 or more, and the check of the input holds to that: a picture
  // by itself goes through as two of the same.
  at::Tensor answer(Loader& loader, const at::Tensor& x) {
    if (x.size(0) != 1 || !from_two_) try {
        return chosen(loader.run({x}));
      } catch (const std::exception& e) {
        // LibTorch 2.8 prints which size was refused, and throws that a call of it has failed.
        const std::string why = e.what();
        const bool refused =
            why.find("too small at 0") != why.npos || why.find("API call failed") != why.npos;
        if (x.size(0) != 1 || !refused) throw;
      }
    const at::Tensor both = chosen(loader.run({x.repeat({2, 1, 1, 1})}));
    from_two_ = true;
    return both.narrow(0, 0, 1);
  }

  at::Tensor chosen(const std::vector<at::Tensor>& answers) const {
    const bool number = !select_.empty() && select_.size() < 6 && std::ranges::all_of(select_, ::isdigit);
    if (select_.empty() && answers.size() == 1) return answers[0];
    if (number && answers.size() > 1 && std::stoul(select_) < answers.size())
      return answers[std::stoul(select_)];
    throw BadPrediction(
        answers.size() == 1
            ? "the model answers with one tensor; [output] select = " + select_ + " must go"
            : "the model answers with " + std::to_string(answers.size()) +
                  " values, which have numbers alone once compiled; say which is the depth with "
                  "[output] select = 0, 1, ...");
  }

  std::filesystem::path file_;
  std::string select_, device_text_;
  std::atomic<int> threads_;
  std::vector<c10::Device> devices_;
  std::vector<std::unique_ptr<Loader>> loaders_;
  std::atomic<std::size_t> turn_{0};
  std::atomic<bool> from_two_{false};
};

#endif

}  // namespace

std::unique_ptr<Network> load_exported(const NetworkRequest& request) {
#ifdef DEPTHMILL_HAVE_PACKAGES
  return std::make_unique<ExportedNetwork>(request);
#else
  require_compiled(request.file);
  throw std::runtime_error(
      request.file.string() + " is compiled for LibTorch 2.6 or newer, and this is " + libtorch_version() +
      ": use one that is newer (scripts/setup.sh --libtorch cpu), or export the network as "
      "TorchScript (docs/exporting.md)");
#endif
}

}  // namespace depthmill::networks
