#include "stages/networks/sd_convtrans_network.h"

#include <atomic>
#include <new>
#include <stdexcept>
#include <utility>

#include "stages/networks/runtime.h"
#include "stages/networks/sd_convtrans/network.h"
#include "stages/networks/torch_message.h"

namespace depthmill::networks {
namespace {

class NativeNetwork : public Network {
 public:
  NativeNetwork(const std::filesystem::path& file, const PredictorOptions& options)
      : file_(file), precision_(kPrecisions.word(options.precision)), threads_(options.intra_op_threads) {
    if (options.precision == Precision::kTf32)
      throw std::runtime_error(
          "sd-convtrans: precision tf32 is not offered; use fp32, or fp16 or bf16 on a GPU");
    for (const std::string& device : resolve_devices(options.device)) {
      device_ += (device_.empty() ? "" : ",") + device;
      copies_.push_back(sd_convtrans::load_network(file, {device, precision_, true}));
    }
  }

  cv::Size picture() const { return {copies_[0]->sizes().high_width, copies_[0]->sizes().high_height}; }

  Tensor forward(const Tensor& input) override {
    const auto& s = input.shape;
    if (s.size() != 4 || s[2] != picture().height || s[3] != picture().width)
      throw std::runtime_error(
          file_.string() + " is for pictures of " + std::to_string(picture().height) + "x" +
          std::to_string(picture().width) + ", not of " +
          (s.size() == 4 ? std::to_string(s[2]) + "x" + std::to_string(s[3]) : shape_text(s)));
    if (device_ == "cpu" && threads_ > 0) set_threads(threads_);
    try {
      const sd_convtrans::DepthMap depth = copies_[turn_++ % copies_.size()]->forward(input.data.get(), s[0]);
      return {depth.shape, depth.data};
    } catch (const std::exception& e) {
      if (dynamic_cast<const std::bad_alloc*>(&e) || says_out_of_memory(e.what()))
        throw OutOfMemory(file_.string() + ": out of memory on " + device_);
      throw;
    }
  }

  int devices() const override { return static_cast<int>(copies_.size()); }
  void set_intra_op_threads(int n) override { threads_ = n; }
  std::string device() const override { return device_; }
  std::string describe() const override {
    std::string text = file_.filename().string() + " on " + device_ + ", " + precision_;
    std::string said = copies_[0]->report().text();
    while (!said.empty() && said.back() == '\n') said.pop_back();
    return said.empty() ? text : text + " (" + said + ")";
  }

 private:
  std::filesystem::path file_;
  std::string device_, precision_;
  std::vector<std::unique_ptr<sd_convtrans::DepthNetwork>> copies_;  // one a device
  std::atomic<std::size_t> turn_{0};
  std::atomic<int> threads_;
};

}  // namespace

ModelCard fitted_to(ModelCard card, cv::Size picture) {
  if (!card.size.empty()) return card;
  card.rule = ResizeRule::kExact;
  card.size = picture;
  return card;
}

SdConvTransNetwork load_sd_convtrans(const std::filesystem::path& checkpoint,
                                     const PredictorOptions& options) {
  if (!have_torch()) throw std::runtime_error(checkpoint.string() + " cannot be run: " + no_torch_sentence());
  auto network = std::make_unique<NativeNetwork>(checkpoint, options);
  const cv::Size picture = network->picture();
  return {std::move(network), picture};
}

}  // namespace depthmill::networks
