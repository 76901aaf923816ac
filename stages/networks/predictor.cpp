#include "stages/networks/predictor.h"

#include <stdexcept>

#include "stages/networks/constant.h"
#include "stages/networks/network_predictor.h"
#include "stages/networks/runtime.h"
#include "stages/networks/sd_convtrans_network.h"
#include "stages/networks/torchscript.h"

namespace depthmill::networks {

std::string PredictorOptions::problem() const {
  if (device.empty()) return "device is empty; it is auto, cpu, cuda or cuda:N";
  if (intra_op_threads < 0) return "intra_op_threads must be at least 0";
  if (replicas < 1) return "replicas must be at least 1";
  return "";
}

std::unique_ptr<Predictor> make_predictor(const ModelCard& card, const PredictorOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) throw std::runtime_error(problem);
  if (const std::string problem = card.problem(); !problem.empty())
    throw std::runtime_error("model card '" + card.name + "': " + problem);
  std::unique_ptr<Network> network;
  ModelCard fitted = card;
  if (card.backend == "constant") {
    if (options.device.starts_with("cuda"))
      throw std::runtime_error("device '" + options.device + "': the constant model runs on cpu only");
    network = make_constant_network(card.value);
  } else if (card.backend == "sd-convtrans") {
    SdConvTransNetwork loaded = load_sd_convtrans(card.path, options);
    fitted = fitted_to(card, loaded.picture);
    network = std::move(loaded.network);
  } else {
    network = load_torchscript(card.path, options, card.select);
  }
  return make_network_predictor(fitted, std::move(network), options.replicas, options.flip);
}

}  // namespace depthmill::networks
