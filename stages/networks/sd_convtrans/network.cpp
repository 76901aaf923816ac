#include "stages/networks/sd_convtrans/network.h"

#include <c10/core/InferenceMode.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "stages/networks/libtorch/answer.h"
#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/sd_convtrans/folded.h"
#include "stages/networks/sd_convtrans/pil_resize.h"

namespace depthmill::sd_convtrans {

using networks::Precision;
using networks::Tensor;

struct DepthNetwork::Copies {
  NetworkSizes sizes;
  CheckpointReport report;
  PilResize to_low;
  std::string file = "random weights", device = "cpu";
  Precision precision = Precision::kFp32;
  std::atomic<int> threads{0};
  std::vector<FoldedNetwork> on_device;
  std::atomic<std::size_t> turn{0};

  explicit Copies(const NetworkSizes& of_sizes)
      : sizes(of_sizes), to_low(sizes.high_height, sizes.high_width, sizes.low_height, sizes.low_width) {}
};

namespace {

at::ScalarType dtype_of(Precision precision, c10::Device device) {
  if (precision == Precision::kFp32) return at::kFloat;
  if (precision == Precision::kTf32)
    throw std::runtime_error(
        "sd-convtrans: precision tf32 is not offered; use fp32, or fp16 or bf16 on a GPU");
  if (device.is_cpu())
    throw std::runtime_error("sd-convtrans: precision " + std::string(networks::kPrecisions.word(precision)) +
                             " is for GPUs; on the processor use fp32");
  return precision == Precision::kFp16 ? at::kHalf : at::kBFloat16;
}

}  // namespace

DepthNetwork::DepthNetwork(std::unique_ptr<Copies> copies) : copies_(std::move(copies)) {}
DepthNetwork::~DepthNetwork() = default;

const NetworkSizes& DepthNetwork::sizes() const { return copies_->sizes; }
const CheckpointReport& DepthNetwork::report() const { return copies_->report; }
cv::Size DepthNetwork::picture() const { return {copies_->sizes.high_width, copies_->sizes.high_height}; }
int DepthNetwork::devices() const { return static_cast<int>(copies_->on_device.size()); }
void DepthNetwork::set_intra_op_threads(int n) { copies_->threads = n; }
std::string DepthNetwork::device() const { return copies_->device; }

std::string DepthNetwork::describe() const {
  const std::string text = std::filesystem::path(copies_->file).filename().string() + " on " +
                           copies_->device + ", " +
                           std::string(networks::kPrecisions.word(copies_->precision));
  std::string said = copies_->report.text();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said.empty() ? text : text + " (" + said + ")";
}

Tensor DepthNetwork::forward(const Tensor& pictures) {
  const auto& s = pictures.shape;
  if (s.size() != 4 || s[1] != 3 || s[2] != picture().height || s[3] != picture().width)
    throw std::runtime_error(
        copies_->file + " is for pictures of " + std::to_string(picture().height) + "x" +
        std::to_string(picture().width) + ", not of " +
        (s.size() == 4 ? std::to_string(s[2]) + "x" + std::to_string(s[3]) : networks::shape_text(s)));
  try {
    const networks::PassScope settings({false, copies_->device == "cpu" ? copies_->threads.load() : 0});
    c10::InferenceMode mode;
    const at::Tensor high = at::from_blob(pictures.data.get(), s, at::kFloat);
    const FoldedNetwork& copy = copies_->on_device[copies_->turn++ % copies_->on_device.size()];
    return networks::share(copy.forward(copies_->to_low->forward(high), high).high);
  } catch (const std::exception& e) {
    networks::throw_as_pass_failure(e, copies_->file, copies_->device);
  }
}

std::unique_ptr<DepthNetwork> load_network(const networks::NetworkRequest& request, bool strict) {
  const std::vector<std::string> devices = networks::resolve_devices(request.device);
  auto copies = std::make_unique<DepthNetwork::Copies>(checkpoint_sizes(request.file));
  copies->file = request.file.string();
  copies->precision = request.precision;
  copies->threads = request.intra_op_threads;
  copies->device.clear();
  for (const std::string& name : devices) {
    const c10::Device device(name);
    const at::ScalarType dtype = dtype_of(request.precision, device);
    SdConvTrans net(copies->sizes);
    copies->report = load_checkpoint(*net, request.file, strict);
    copies->on_device.emplace_back(std::move(net), device, dtype);
    copies->device += (copies->device.empty() ? "" : ",") + name;
  }
  return std::make_unique<DepthNetwork>(std::move(copies));
}

networks::Exported export_engine(const std::filesystem::path& checkpoint, const std::filesystem::path& out) {
  const NetworkSizes sizes = checkpoint_sizes(checkpoint);
  const cv::Size picture(sizes.high_width, sizes.high_height);
  if (!is_checkpoint_name(out)) return {picture, "torchscript", export_torchscript(checkpoint, out).text()};
  SdConvTrans net(sizes);
  const CheckpointReport report = load_checkpoint(*net, checkpoint);
  save_checkpoint(*net, out);
  return {picture, "sd-convtrans", report.text()};
}

std::unique_ptr<DepthNetwork> make_random_network(const NetworkSizes& sizes, std::uint64_t seed) {
  auto copies = std::make_unique<DepthNetwork::Copies>(sizes);
  copies->on_device.emplace_back(SdConvTrans(sizes, seed), c10::kCPU, at::kFloat);
  return std::make_unique<DepthNetwork>(std::move(copies));
}

void write_initial_checkpoint(const NetworkSizes& sizes, std::uint64_t seed,
                              const std::filesystem::path& file) {
  save_checkpoint(*SdConvTrans(sizes, seed), file);
}

}  // namespace depthmill::sd_convtrans
