#include "stages/networks/engines.h"

#include <algorithm>

#include "stages/networks/constant.h"
#include "stages/networks/libtorch/torchscript.h"
#include "stages/networks/sd_convtrans/network.h"

namespace depthmill::networks {
namespace {

constexpr Engine kEngines[] = {
    {.name = "torchscript",
     .endings = ".pt .pth .ts",
     .file = "TorchScript file",
     .remedy = "its weights are not shipped: export the network as docs/exporting.md shows",
     .devices = "cpu cuda",
     .load = load_torchscript},
    {.name = "sd-convtrans",
     .endings = ".pth",
     .file = "checkpoint",
     .remedy = "docs/sd-convtrans.md",
     .devices = "cpu cuda",
     .fixed_size = true,
     .load = sd_convtrans::load_engine,
     .export_torchscript = sd_convtrans::export_engine},
    {.name = "constant", .devices = "cpu", .load = load_constant},
};

}  // namespace

std::span<const Engine> engines() { return kEngines; }

const Engine* find_engine(std::string_view name) {
  const auto found = std::ranges::find(kEngines, name, &Engine::name);
  return found != std::end(kEngines) ? &*found : nullptr;
}

}  // namespace depthmill::networks
