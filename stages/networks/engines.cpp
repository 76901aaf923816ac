#include "stages/networks/engines.h"

#include <algorithm>
#include <stdexcept>

#include "stages/networks/constant.h"
#include "stages/networks/torch_module/find_torch.h"

namespace depthmill::networks {
namespace {

// FILE's engine lies in the module; without one the sentence starts with the file.
const TorchModule& torch_for(const std::filesystem::path& file, const char* what) {
  if (const TorchModule* found = find_torch()) return *found;
  throw std::runtime_error(file.string() + " cannot be " + what + ": " + no_torch_sentence());
}

constexpr Engine kEngines[] = {
    {.name = "torchscript",
     .endings = ".pt .pth .ts",
     .file = "TorchScript file",
     .remedy = "its weights are not shipped: export the network as docs/exporting.md shows",
     .devices = "cpu cuda",
     .load =
         [](const NetworkRequest& request) {
           return torch_for(request.file, "run").load_torchscript(request);
         }},
    {.name = "torch-export",
     .endings = ".pt2",
     .file = "compiled package",
     .remedy = "its weights are not shipped: export and compile the network as docs/exporting.md shows",
     .devices = "cpu cuda",
     .load =
         [](const NetworkRequest& request) { return torch_for(request.file, "run").load_exported(request); }},
    {.name = "sd-convtrans",
     .endings = ".pth .safetensors",
     .file = "checkpoint",
     .remedy = "docs/sd-convtrans.md",
     .devices = "cpu cuda",
     .fixed_size = true,
     .load =
         [](const NetworkRequest& request) {
           return torch_for(request.file, "run").load_sd_convtrans(request);
         },
     .export_file =
         [](const std::filesystem::path& file, const std::filesystem::path& out) {
           return torch_for(file, "exported").export_sd_convtrans(file, out);
         }},
    {.name = "constant", .devices = "cpu", .load = load_constant},
};

}  // namespace

std::span<const Engine> engines() { return kEngines; }

const Engine* find_engine(std::string_view name) {
  const auto found = std::ranges::find(kEngines, name, &Engine::name);
  return found != std::end(kEngines) ? &*found : nullptr;
}

}  // namespace depthmill::networks
