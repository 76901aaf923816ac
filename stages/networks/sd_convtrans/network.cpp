#include "stages/networks/sd_convtrans/network.h"

#include <c10/core/InferenceMode.h>

#include <new>
#include <stdexcept>

#include "stages/networks/sd_convtrans/engine.h"
#include "stages/networks/sd_convtrans/pil_resize.h"

namespace depthmill::sd_convtrans {
namespace {

DepthMap share(const at::Tensor& t) {
  auto keeper = std::make_shared<at::Tensor>(t);
  return {t.sizes().vec(), std::shared_ptr<float>(keeper, keeper->data_ptr<float>())};
}

class EngineNetwork : public DepthNetwork {
 public:
  EngineNetwork(SdConvTrans net, CheckpointReport report, c10::Device device, c10::ScalarType dtype)
      : sizes_(net->sizes),
        report_(std::move(report)),
        to_low_(sizes_.high_height, sizes_.high_width, sizes_.low_height, sizes_.low_width),
        engine_(std::move(net), device, dtype) {}

  const NetworkSizes& sizes() const override { return sizes_; }
  const CheckpointReport& report() const override { return report_; }

  DepthMap forward(const float* pictures, std::int64_t n) const override {
    c10::InferenceMode mode;
    const at::Tensor high = view(pictures, n, sizes_.high_height, sizes_.high_width);
    return answer([&] { return engine_.forward(to_low_->forward(high), high); });
  }

  DepthMap forward_pair(const float* low, std::int64_t low_height, std::int64_t low_width, const float* high,
                        std::int64_t high_height, std::int64_t high_width, std::int64_t n) const override {
    c10::InferenceMode mode;
    return answer([&] {
      return engine_.forward(view(low, n, low_height, low_width), view(high, n, high_height, high_width));
    });
  }

 private:
  // The high-resolution prediction; a device without memory for it throws std::bad_alloc.
  template <class Forward>
  static DepthMap answer(const Forward& forward) {
    try {
      return share(forward().high);
    } catch (const c10::OutOfMemoryError&) {
      throw std::bad_alloc();
    }
  }
  static at::Tensor view(const float* data, int64_t n, int64_t height, int64_t width) {
    return at::from_blob(const_cast<float*>(data), {n, 3, height, width}, at::kFloat);
  }

  NetworkSizes sizes_;
  CheckpointReport report_;
  mutable PilResize to_low_;
  Engine engine_;
};

c10::ScalarType dtype_of(const NetworkOptions& options, c10::Device device) {
  if (options.precision == "fp32") return at::kFloat;
  if (device.is_cpu())
    throw std::runtime_error("sd-convtrans: precision " + options.precision +
                             " is for GPUs; on the processor use fp32");
  if (options.precision == "fp16") return at::kHalf;
  if (options.precision == "bf16") return at::kBFloat16;
  throw std::runtime_error("sd-convtrans: precision '" + options.precision + "' is none of fp32, fp16, bf16");
}

}  // namespace

std::unique_ptr<DepthNetwork> load_network(const std::filesystem::path& checkpoint,
                                           const NetworkOptions& options) {
  const c10::Device device(options.device);
  const c10::ScalarType dtype = dtype_of(options, device);
  SdConvTrans net(checkpoint_sizes(checkpoint));
  CheckpointReport report = load_checkpoint(*net, checkpoint, options.strict);
  return std::make_unique<EngineNetwork>(std::move(net), std::move(report), device, dtype);
}

void write_initial_checkpoint(const NetworkSizes& sizes, std::uint64_t seed,
                              const std::filesystem::path& file) {
  save_checkpoint(*SdConvTrans(sizes, seed), file);
}

std::unique_ptr<DepthNetwork> make_random_network(const NetworkSizes& sizes, std::uint64_t seed) {
  return std::make_unique<EngineNetwork>(SdConvTrans(sizes, seed), CheckpointReport{}, c10::kCPU, at::kFloat);
}

}  // namespace depthmill::sd_convtrans
