// Stands in for the network in a build without LibTorch: everything says so.
#include <stdexcept>

#include "stages/networks/sd_convtrans/network.h"

namespace depthmill::sd_convtrans {
namespace {

[[noreturn]] void no_torch() { throw std::runtime_error("sd-convtrans: this build has no LibTorch"); }

}  // namespace

std::string CheckpointReport::text() const { return ""; }
NetworkSizes checkpoint_sizes(const std::filesystem::path&) { no_torch(); }
std::unique_ptr<DepthNetwork> load_network(const std::filesystem::path&, const NetworkOptions&) {
  no_torch();
}
CheckpointReport export_torchscript(const std::filesystem::path&, const std::filesystem::path&, bool) {
  no_torch();
}

}  // namespace depthmill::sd_convtrans
