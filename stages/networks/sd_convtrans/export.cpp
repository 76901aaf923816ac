// Export by tracing: the network runs once on a picture of its size while LibTorch records the operators.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/networks/sd_convtrans/losses.h"
#include "stages/networks/sd_convtrans/net.h"
#include "stages/networks/sd_convtrans/network.h"
#include "stages/networks/sd_convtrans/pil_resize.h"

namespace depthmill::sd_convtrans {
namespace {

// The tree of modules with the same tensors (not copies: the recorder knows them by identity). Modules that
// no forward pass uses stay behind.
torch::jit::Module mirrored(const torch::nn::Module& module, const std::string& path) {
  // Levels of a class's name must be words, which the numbers of a sequence are not.
  std::string name = "depthmill.SdConvTrans" + path;
  std::replace(name.begin() + 10, name.end(), '.', '_');
  torch::jit::Module out(name);
  for (const auto& p : module.named_parameters(/*recurse=*/false))
    out.register_parameter(p.key(), p.value(), false);
  for (const auto& b : module.named_buffers(/*recurse=*/false)) out.register_buffer(b.key(), b.value());
  for (const auto& child : module.named_children()) {
    const std::string below = path + "." + child.key();
    if (below == ".decode_head" || below == ".tbdn.conv1") continue;
    out.register_module(child.key(), mirrored(*child.value(), below));
  }
  return out;
}

}  // namespace

CheckpointReport export_torchscript(const std::filesystem::path& checkpoint, const std::filesystem::path& out,
                                    bool strict) {
  torch::NoGradGuard guard;
  SdConvTrans net(checkpoint_sizes(checkpoint));
  CheckpointReport report = load_checkpoint(*net, checkpoint, strict);
  net->eval();
  for (torch::Tensor p : net->parameters()) p.requires_grad_(false);
  const NetworkSizes& s = net->sizes;
  PilResize to_low(s.high_height, s.high_width, s.low_height, s.low_width);

  torch::jit::Module script = mirrored(*net, "");
  script.register_module("to_low", mirrored(*to_low, ".to_low"));
  const torch::Tensor example = torch::full({1, 3, s.high_height, s.high_width}, 0.5);
  try {
    auto traced = torch::jit::tracer::trace(
        {example},
        [&](torch::jit::Stack inputs) -> torch::jit::Stack {
          const torch::Tensor high = inputs.at(0).toTensor();
          return {net->forward(to_low->forward(high), high).high * kDepthScale};
        },
        [](const torch::autograd::Variable&) { return std::string(); }, /*strict=*/true,
        /*force_outplace=*/false, &script, {"x"});
    const auto& state = traced.first;
    auto function = script._ivalue()->compilation_unit()->create_function(
        c10::QualifiedName(*script.type()->name(), "forward"), state->graph);
    script.type()->addMethod(function);
  } catch (const std::exception& e) {
    const std::string what = e.what();
    throw std::runtime_error("the network cannot be traced: " + what.substr(0, what.find('\n')));
  }
  // Into memory: a file's name would stand inside it, and that of a file being written is another every time.
  std::ostringstream bytes;
  script.save(bytes);
  io::write_whole_file(out, bytes.view());
  return report;
}

}  // namespace depthmill::sd_convtrans
