// A predictor made of a model card and a network: preprocessing and postprocessing on the caller's thread, a
// fixed number of forward passes at a time, batches halved when the device's memory does not hold them.
#pragma once

#include <memory>

#include "stages/networks/network.h"
#include "stages/networks/predictor.h"

namespace depthmill::networks {

std::unique_ptr<Predictor> make_network_predictor(const ModelCard& card, std::unique_ptr<Network> network,
                                                  int replicas, bool flip);

}  // namespace depthmill::networks
