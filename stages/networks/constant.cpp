#include "stages/networks/constant.h"

#include <algorithm>
#include <stdexcept>

namespace depthmill::networks {
namespace {

class ConstantNetwork : public Network {
 public:
  explicit ConstantNetwork(double value) : value_(static_cast<float>(value)) {}

  Tensor forward(const Tensor& input) override {
    Tensor out = make_tensor({input.shape[0], 1, input.shape[2], input.shape[3]});
    std::fill_n(out.data.get(), out.size(), value_);
    return out;
  }
  std::string device() const override { return "cpu"; }
  std::string describe() const override { return "constant depth on cpu"; }

 private:
  float value_;
};

}  // namespace

std::unique_ptr<Network> load_constant(const NetworkRequest& request) {
  if (!(request.value > 0))
    throw std::runtime_error("model.value is missing or 0: it is the depth, in metres, of every pixel");
  return std::make_unique<ConstantNetwork>(request.value);
}

}  // namespace depthmill::networks
