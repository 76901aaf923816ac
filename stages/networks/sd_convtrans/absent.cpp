// Stands in for the network in a build without LibTorch: everything says so.
#include <stdexcept>

#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/sd_convtrans/network.h"

namespace depthmill::sd_convtrans {
namespace {

[[noreturn]] void cannot(const std::filesystem::path& file, const char* what) {
  throw std::runtime_error(file.string() + " cannot be " + what + ": " + networks::no_torch_sentence());
}

}  // namespace

std::unique_ptr<networks::Network> load_engine(const networks::NetworkRequest& request) {
  cannot(request.file, "run");
}
networks::Exported export_engine(const std::filesystem::path& checkpoint, const std::filesystem::path&) {
  cannot(checkpoint, "exported");
}

}  // namespace depthmill::sd_convtrans
