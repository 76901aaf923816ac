// blocks.h5: single modules by the names of their cases.
#include <cstdio>
#include <limits>
#include <sstream>

#include "stages/networks/sd_convtrans/net.h"
#include "tests/support/formula.h"
#include "tests/support/sd_convtrans_parity.h"
#include "tests/support/sd_convtrans_parity_torch.h"

namespace depthmill::test {
namespace {

using namespace sd_convtrans;
using Inputs = std::vector<torch::Tensor>;

// "1x128x9x11; 1x128x7x8"
std::vector<std::vector<std::int64_t>> shapes_in(const std::string& text) {
  std::vector<std::vector<std::int64_t>> shapes(1);
  std::istringstream in(text);
  std::int64_t value = 0;
  while (in >> value) {
    shapes.back().push_back(value);
    if (in.peek() == ';') shapes.emplace_back();
    in.ignore();
  }
  return shapes;
}

// The number behind a word of a note, "reduction 8"; `fallback` when the word is not there.
double number_after(const std::string& note, const std::string& word, double fallback) {
  const auto at = note.find(word + " ");
  return at == std::string::npos ? fallback : std::stod(note.substr(at + word.size() + 1));
}

// A module made for a case, and how it is called.
struct Block {
  std::shared_ptr<torch::nn::Module> module;  // null for plain functions
  std::function<torch::Tensor(const Inputs&)> run;
};

template <class Holder>
Block block_of(Holder module, std::function<torch::Tensor(Holder&, const Inputs&)> run) {
  return {module.ptr(), [module, run](const Inputs& in) mutable { return run(module, in); }};
}

Block make_block(const std::string& name, const std::string& note,
                 const std::vector<std::vector<std::int64_t>>& shapes) {
  auto starts = [&](const char* with) { return name.rfind(with, 0) == 0; };
  const int channels = static_cast<int>(shapes[0].size() == 3   ? shapes[0][2]
                                        : shapes[0].size() == 4 ? shapes[0][1]
                                                                : 0);
  int height = 0, width = 0;
  if (const auto at = note.find("grid "); at != std::string::npos)
    std::sscanf(note.c_str() + at, "grid %dx%d", &height, &width);
  const int heads = static_cast<int>(number_after(note, "heads", 1));
  const int reduction = static_cast<int>(number_after(note, "reduction", 1));
  const double shrink = note.find("input / 256") != std::string::npos || name == "mit_block_small" ? 256 : 1;

  if (name == "agg_node")
    return block_of<torch::nn::Sequential>(make_aggregation(channels, 128),
                                           [](auto& m, const Inputs& in) { return m->forward(in[0]); });
  if (starts("attention"))
    return block_of<Attention>(Attention(channels, heads, reduction), [=](auto& m, const Inputs& in) {
      return m->forward(in[0] / shrink, height, width);
    });
  if (starts("conv2d_cd"))
    return block_of<CentralDifferenceConv>(
        CentralDifferenceConv(6, 5, static_cast<int>(number_after(note, "stride", 1)),
                              number_after(note, "bias", 0) > 0, number_after(note, "theta", 0)),
        [](auto& m, const Inputs& in) { return m->forward(in[0]); });
  if (name == "gelu") return {nullptr, [](const Inputs& in) { return gelu_tanh(8 * in[0]); }};
  if (name == "mit_b0_stage4")
    return block_of<MixTransformer>(MixTransformer(NetworkSizes{}, at::Generator()),
                                    [](auto& m, const Inputs& in) { return m->forward(in[0])[3]; });
  if (starts("mit_block"))
    return block_of<MitBlock>(MitBlock(channels, 2, 4, 0.0, at::Generator()),
                              [=](auto& m, const Inputs& in) { return m->forward(in[0] / shrink, 8, 12); });
  if (name == "mix_ffn")
    return block_of<MixFfn>(MixFfn(channels, 128),
                            [=](auto& m, const Inputs& in) { return m->forward(in[0], height, width); });
  if (starts("patch_embed")) {
    const int patch = static_cast<int>(number_after(note, "patch", 3));
    const int stride = static_cast<int>(number_after(note, "stride", 2));
    return block_of<PatchEmbed>(PatchEmbed(channels, patch == 7 ? 32 : 64, patch, stride),
                                [=](auto& m, const Inputs& in) {
                                  int64_t h = 0, w = 0;
                                  return m->forward(in[0] / shrink, h, w);
                                });
  }
  if (name == "resize_align_false_down")
    return {nullptr, [](const Inputs& in) { return torch::upsample_bilinear2d(in[0], {9, 12}, false); }};
  if (name == "resize_align_true")
    return {nullptr, [](const Inputs& in) { return torch::upsample_bilinear2d(in[0], {12, 16}, true); }};
  if (name == "segformer_head")
    return block_of<SegformerHead>(SegformerHead(NetworkSizes{}.embed, 256), [](auto& m, const Inputs& in) {
      return m->forward({in[0], in[1], in[2], in[3]});
    });
  if (starts("tbdn"))
    return block_of<DiffusionBlock>(DiffusionBlock(128, 256, true),
                                    [](auto& m, const Inputs& in) { return m->forward(in[0], in[1]); });
  if (name == "upsample_add")
    return {nullptr, [](const Inputs& in) {
              return torch::upsample_bilinear2d(in[0], {in[1].size(2), in[1].size(3)}, false) + in[1];
            }};
  if (starts("upshuffle"))
    return block_of<torch::nn::Sequential>(
        make_upshuffle(128, static_cast<int>(number_after(note, "factor", 2))),
        [](auto& m, const Inputs& in) { return m->forward(in[0]); });
  throw std::runtime_error("blocks.h5 has a case '" + name + "' that nothing here answers to");
}

}  // namespace

Findings parity_blocks(const std::filesystem::path& folder) {
  const H5File file(folder / "blocks.h5");
  const auto seed = static_cast<std::uint64_t>(file.attribute("seed").values.at(0));
  Findings findings;
  for (const std::string& name : file.children("/")) {
    const std::string note = file.text_attribute(name, "note");
    const auto shapes = shapes_in(file.text_attribute(name, "inputs"));
    Block block = make_block(name, note, shapes);
    if (block.module) {
      fill_by_formula(*block.module, seed, "block/" + name + ".");
      block.module->eval();
    }
    Inputs inputs;
    for (std::size_t k = 0; k < shapes.size(); ++k)
      inputs.push_back(
          unit_values("in/" + name + "/" + std::to_string(k), shapes[k], seed).requires_grad_(true));
    const torch::Tensor output = block.run(inputs);
    findings.push_back({"blocks " + name + " output",
                        relative_to_largest(output, tensor_of(file.dataset(name + "/output"))), 1e-5});
    (output * unit_values("cot/" + name, output.sizes().vec(), seed)).sum().backward();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::string data = "input_grad_" + std::to_string(k);
      findings.push_back({"blocks " + name + " " + data,
                          relative_to_largest(inputs[k].grad(), tensor_of(file.dataset(name + "/" + data))),
                          1e-5});
    }
    if (name.rfind("tbdn", 0) == 0) {
      torch::NoGradGuard guard;
      auto* tbdn = block.module->as<DiffusionBlock>();
      findings.push_back(
          {"blocks " + name + " guide",
           relative_to_largest(tbdn->guide(inputs[0], inputs[1]), tensor_of(file.dataset(name + "/guide"))),
           1e-5});
    }
  }
  return findings;
}

}  // namespace depthmill::test
