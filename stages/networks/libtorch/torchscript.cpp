// CUDA is reached through torch's device-generic stream interface, so one source serves LibTorch with and without
// CUDA, and no CUDA header is needed to build it.
#include "stages/networks/libtorch/torchscript.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "stages/io/atomic_file.h"
#include "stages/io/ordinary_file.h"
#include "stages/networks/libtorch/answer.h"
#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/libtorch/message.h"

namespace depthmill::networks {
namespace {

at::ScalarType dtype_of(Precision precision) {
  switch (precision) {
    case Precision::kFp16:
      return at::kHalf;
    case Precision::kBf16:
      return at::kBFloat16;
    case Precision::kFp32:
    case Precision::kTf32:
      break;
  }
  return at::kFloat;
}

class TorchScriptNetwork : public Network {
 public:
  explicit TorchScriptNetwork(const NetworkRequest& request)
      : file_(request.file),
        select_(request.select),
        precision_(request.precision),
        dtype_(dtype_of(request.precision)),
        intra_op_threads_(request.intra_op_threads) {
    const std::vector<std::string> names = resolve_devices(request.device);
    for (const std::string& name : names) device_text_ += (device_text_.empty() ? "" : ",") + name;
    if (names[0] == "cpu" && precision_ == Precision::kFp16)
      throw std::runtime_error("precision fp16 is for GPUs; on the processor use fp32 or bf16");
    for (const std::string& name : names) copies_.push_back(load(c10::Device(name), request.optimise));
  }

  int devices() const override { return static_cast<int>(copies_.size()); }
  void set_intra_op_threads(int n) override { intra_op_threads_ = n; }
  std::string device() const override { return device_text_; }

  std::string describe() const override {
    std::string text =
        file_.filename().string() + " on " + device_text_ + ", " + std::string(kPrecisions.word(precision_));
    if (copies_[0].device.is_cpu() && intra_op_threads_ > 0)
      text += ", " + std::to_string(intra_op_threads_) + (intra_op_threads_ == 1 ? " thread" : " threads") +
              " a forward pass";
    if (!note_.empty()) text += " (" + note_ + ")";
    return text;
  }

  Tensor make_input(std::vector<std::int64_t> shape) override {
    if (copies_[0].device.is_cpu()) return make_tensor(std::move(shape));
    at::Tensor pinned = at::empty(shape, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
    return share(pinned);
  }

  Tensor forward(const Tensor& input) override {
    try {
      return run(input);
    } catch (const std::exception& e) {
      throw_as_pass_failure(e, file_.string(), device_text_);
    }
  }

 private:
  // The module on one device, with the streams that are free there.
  struct Copy {
    torch::jit::Module module;
    c10::Device device = c10::Device(c10::kCPU);
    std::vector<c10::Stream> idle;
    int running = 0;
  };

  Copy load(c10::Device device, bool optimise) {
    Copy copy;
    copy.device = device;
    if (const auto refusal = io::refusal_of(file_))
      throw std::runtime_error(file_.string() + ": " + refusal->why);
    try {
      copy.module = torch::jit::load(file_.string(), c10::Device(c10::kCPU));
    } catch (const std::exception& e) {
      throw std::runtime_error(load_failure(file_.string(), e.what(), libtorch_version()));
    }
    try {
      copy.module.eval();
      convert(copy.module);
      if (optimise) {
        for (at::Tensor p : copy.module.parameters())
          if (p.dim() == 4 && device.is_cuda()) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast));
      }
      copy.module.to(device);
      if (optimise) copy.module = optimised(copy.module, device);
    } catch (const std::exception& e) {
      if (is_out_of_memory(e))
        throw std::runtime_error(file_.string() + ": the weights do not fit into the memory of " +
                                 device.str());
      throw std::runtime_error(file_.string() + " cannot be put on " + device.str() + ": " +
                               short_torch_message(e.what()));
    }
    return copy;
  }

  // The weights in the precision that was asked for; files hold such of half precision, too. What is no weight stays:
  // indices, and in float32 the tables of double that a network computes with.
  void convert(const torch::jit::Module& module) const {
    const auto converted = [&](at::Tensor t) {
      const bool exact = dtype_ == at::kFloat && t.scalar_type() == at::kDouble;
      if (t.is_floating_point() && t.scalar_type() != dtype_ && !exact) t.set_data(t.to(dtype_));
    };
    for (const at::Tensor& t : module.parameters()) converted(t);
    for (const at::Tensor& t : module.buffers()) converted(t);
  }

  // Frozen (weights become constants, batch norms fold into convolutions) where that is possible.
  torch::jit::Module optimised(const torch::jit::Module& module, c10::Device device) {
    try {
      c10::InferenceMode guard;
      torch::jit::Module frozen = torch::jit::freeze(module);
      if (device.is_cuda() || dtype_ == at::kFloat) frozen = torch::jit::optimize_for_inference(frozen);
      return frozen;
    } catch (const std::exception& e) {
      note_ = "run as saved: it cannot be frozen";
      return module;
    }
  }

  // A device with the fewest forward passes running, and a stream of its own for this one.
  std::pair<std::size_t, std::optional<c10::Stream>> lease() {
    std::lock_guard lock(mutex_);
    auto least = std::min_element(copies_.begin(), copies_.end(),
                                  [](const Copy& a, const Copy& b) { return a.running < b.running; });
    ++least->running;
    std::optional<c10::Stream> stream;
    if (!least->device.is_cpu()) {
      if (least->idle.empty()) {
        const c10::impl::VirtualGuardImpl impl(least->device.type());
        least->idle.push_back(impl.getStreamFromGlobalPool(least->device, false));
      }
      stream = least->idle.back();
      least->idle.pop_back();
    }
    return {static_cast<std::size_t>(least - copies_.begin()), stream};
  }

  void give_back(std::size_t index, const std::optional<c10::Stream>& stream) {
    std::lock_guard lock(mutex_);
    --copies_[index].running;
    if (stream) copies_[index].idle.push_back(*stream);
  }

  Tensor run(const Tensor& input) {
    struct Lease {
      explicit Lease(TorchScriptNetwork& n) : network(n) { std::tie(index, stream) = n.lease(); }
      ~Lease() { network.give_back(index, stream); }
      TorchScriptNetwork& network;
      std::size_t index = 0;
      std::optional<c10::Stream> stream;
    } lease(*this);
    Copy& copy = copies_[lease.index];

    const PassScope settings(
        {precision_ == Precision::kTf32, copy.device.is_cpu() ? intra_op_threads_.load() : 0});
    c10::InferenceMode guard;
    const at::Tensor host = at::from_blob(input.data.get(), input.shape, at::kFloat);
    if (!lease.stream) return to_host(copy.module.forward({prepared(host, copy.device)}), lease.stream);
    c10::StreamGuard on_stream(*lease.stream);
    return to_host(copy.module.forward({prepared(host, copy.device)}), lease.stream);
  }

  at::Tensor prepared(const at::Tensor& host, c10::Device device) const {
    if (device.is_cpu()) return dtype_ == at::kFloat ? host : host.to(dtype_);
    // Pinned memory: the copy is asynchronous and on this pass's stream. Converted over there.
    return host.to(device, at::kFloat, /*non_blocking=*/true)
        .to(dtype_)
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  Tensor to_host(const c10::IValue& answer, const std::optional<c10::Stream>& stream) const {
    const at::Tensor floats = floats_of(chosen(answer));
    if (!stream) return share(floats);
    at::Tensor pinned = at::empty(floats.sizes(), at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
    pinned.copy_(floats, /*non_blocking=*/true);
    stream->synchronize();
    return share(pinned);
  }

  // The tensor that the card's output.select names: an element's number or a key, of what is nested in one another with
  // dots between, "0.depth". A key that holds a dot itself is found too.
  at::Tensor chosen(const c10::IValue& answer) const {
    c10::IValue value = answer;
    std::string rest = select_;
    while (!value.isTensor()) value = element(value, rest);
    if (!rest.empty())
      throw BadPrediction(rest == select_
                              ? "the model answers with one tensor; [output] select = " + rest + " must go"
                              : "[output] select = " + select_ + " goes on where the tensor is found, at " +
                                    select_.substr(0, select_.size() - rest.size() - 1));
    return value.toTensor();
  }

  // The element of `value` that `rest` begins with, which is taken off.
  c10::IValue element(const c10::IValue& value, std::string& rest) const {
    const std::size_t dot = rest.find('.');
    const std::string first = rest.substr(0, dot);
    const auto take = [&](const std::string& step) {
      rest = step.size() < rest.size() ? rest.substr(step.size() + 1) : "";
    };
    const std::string where = rest == select_
                                  ? "the model answers with "
                                  : "at [output] select = " + select_ + " the model answers with ";
    if (value.isGenericDict()) {
      std::string keys;
      c10::IValue found;
      for (const auto& entry : value.toGenericDict()) {
        const std::string key = entry.key().isString() ? entry.key().toStringRef() : "?";
        if (!rest.empty() && key == rest) {  // the whole of it before the part
          take(rest);
          return entry.value();
        }
        if (!first.empty() && key == first) found = entry.value();
        keys += (keys.empty() ? "" : ", ") + key;
      }
      if (found.isNone())
        throw BadPrediction(where + "a dictionary (" + keys + "); say which with [output] select");
      take(first);
      return found;
    }
    if (value.isTuple() || value.isList()) {
      const std::vector<c10::IValue> items =
          value.isTuple() ? std::vector<c10::IValue>(value.toTupleRef().elements().begin(),
                                                     value.toTupleRef().elements().end())
                          : value.toListRef().vec();
      const bool number =
          !first.empty() && first.size() < 6 && std::all_of(first.begin(), first.end(), ::isdigit);
      if (!number || std::stoul(first) >= items.size())
        throw BadPrediction(where + std::to_string(items.size()) +
                            " values; say which is the depth with [output] select = 0, 1, ...");
      take(first);
      return items[std::stoul(first)];
    }
    throw BadPrediction(where + "a " + value.tagKind() + ", not a tensor");
  }

  std::filesystem::path file_;
  std::string select_, device_text_, note_;
  Precision precision_;
  at::ScalarType dtype_;
  std::atomic<int> intra_op_threads_;
  std::mutex mutex_;
  std::vector<Copy> copies_;
};

}  // namespace

std::unique_ptr<Network> load_torchscript(const NetworkRequest& request) {
  return std::make_unique<TorchScriptNetwork>(request);
}

void save_script(const std::filesystem::path& file, const std::string& source,
                 const std::map<std::string, cv::Mat>& buffers) {
  torch::jit::Module module("depthmill");
  try {
    for (const auto& [name, values] : buffers) {
      CV_Assert(values.type() == CV_32FC1);
      const cv::Mat whole = values.isContinuous() ? values : values.clone();
      module.register_buffer(name, at::from_blob(whole.data, {whole.rows, whole.cols}, at::kFloat).clone());
    }
    module.define(source);
  } catch (const std::exception& e) {
    throw std::runtime_error("TorchScript source does not compile: " + short_torch_message(e.what()));
  }
  // Into memory: a file's name would stand inside it, and that of a file being written is another every time.
  std::ostringstream bytes;
  module.save(bytes);
  io::write_whole_file(file, bytes.view());
}

}  // namespace depthmill::networks
