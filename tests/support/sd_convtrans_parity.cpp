#include "tests/support/sd_convtrans_parity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "stages/networks/sd_convtrans/folded.h"
#include "stages/networks/sd_convtrans/losses.h"
#include "stages/networks/sd_convtrans/net.h"
#include "tests/support/formula.h"
#include "tests/support/sd_convtrans_parity_torch.h"

namespace depthmill::test {

using namespace sd_convtrans;

torch::Tensor tensor_of(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat).clone();
}

torch::Tensor tensor_of(const H5Array& array) {
  const std::vector<std::int64_t> shape(array.shape.begin(), array.shape.end());
  return torch::from_blob(const_cast<double*>(array.values.data()), shape, torch::kDouble).to(torch::kFloat);
}

torch::Tensor unit_values(const std::string& name, std::vector<std::int64_t> shape, std::uint64_t seed) {
  std::size_t count = 1;
  for (std::int64_t d : shape) count *= static_cast<std::size_t>(d);
  return tensor_of(formula_values(name, count, seed), shape);
}

void fill_by_formula(torch::nn::Module& module, std::uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard guard;
  auto fill = [&](const std::string& name, torch::Tensor& t) {
    t.copy_(tensor_of(formula_weights(name, t.sizes().vec(), seed, prefix), t.sizes().vec()));
  };
  for (auto& p : module.named_parameters()) fill(p.key(), p.value());
  for (auto& b : module.named_buffers()) fill(b.key(), b.value());
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  return (a.detach().to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

double relative_to_largest(const torch::Tensor& a, const torch::Tensor& b) {
  return largest_difference(a, b) / b.abs().max().item<double>();
}

namespace {

std::uint64_t seed_of(const H5File& file) {
  return static_cast<std::uint64_t>(file.attribute("seed").values.at(0));
}

struct Pictures {
  int height, width, cell;
  torch::Tensor batch(int n, std::uint64_t seed) const {
    std::vector<float> values;
    for (int b = 0; b < n; ++b)
      for (std::uint8_t byte : formula_picture("image/" + std::to_string(b), 3, height, width, cell, seed))
        values.push_back(static_cast<float>(byte) / 255.0f);
    return tensor_of(values, {n, 3, height, width});
  }
};
struct Pair {
  Pictures low, high;
};
const std::map<std::string, Pair> kSizes{{"full", {{360, 480, 12}, {480, 640, 16}}},
                                         {"tiny", {{96, 128, 12}, {128, 160, 16}}},
                                         {"odd", {{99, 131, 12}, {133, 171, 16}}}};

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

double root_mean_square(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.detach().to(torch::kDouble) - b.to(torch::kDouble)).square().mean().sqrt().item<double>();
}

void add_prediction(Findings& findings, const std::string& subject, const torch::Tensor& got,
                    const H5Array& want) {
  const torch::Tensor reference = tensor_of(want);
  findings.push_back({subject + " max", largest_difference(got, reference), 3e-5});
  findings.push_back({subject + " rms", root_mean_square(got, reference), 5e-6});
}

// One intermediate result against its statistics and samples, and against all of it where the file has that.
void add_node(Findings& findings, const H5File& file, const std::string& size, const std::string& node,
              const torch::Tensor& got) {
  const std::string group = "stats/" + node;
  const double std_of = file.attribute(group, "std").values.at(0),
               l2 = file.attribute(group, "l2").values.at(0);
  const torch::Tensor flat = got.detach().to(torch::kDouble).contiguous().view(-1);
  const H5Array index = file.dataset(group + "/index"), value = file.dataset(group + "/value");
  double worst = 0;
  for (std::size_t i = 0; i < index.values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(index.values[i]);
    const double d = at < flat.numel() ? std::abs(flat[at].item<double>() - value.values[i]) : INFINITY;
    worst = d <= worst ? worst : d;  // written so that NaN stays
  }
  if (file.has("full") && file.has("full/" + node.substr(0, 2)) && file.has("full/" + node))
    worst = std::max(worst, largest_difference(got, tensor_of(file.dataset("full/" + node))));
  findings.push_back({size + " " + node + " / std", worst / std_of, 1e-4});
  findings.push_back(
      {size + " " + node + " std", std::abs(flat.std(false).item<double>() / std_of - 1), 1e-5});
  findings.push_back({size + " " + node + " l2", std::abs(flat.norm().item<double>() / l2 - 1), 1e-5});
}

// [l2, sum, indices, values] of one tensor.
struct Summary {
  explicit Summary(const H5Array& row) : v(row.values), samples((v.size() - 2) / 2) {}
  double l2() const { return v[0]; }
  double worst_sample(const torch::Tensor& flat) const {
    double worst = 0;
    for (std::size_t k = 0; k < samples; ++k) {
      const auto at = static_cast<std::int64_t>(v[2 + k]);
      const double d = std::abs(flat[at].item<double>() - v[2 + samples + k]);
      worst = d <= worst ? worst : d;
    }
    return worst;
  }
  std::vector<double> v;
  std::size_t samples;
};

}  // namespace

Findings parity_state_dict(const std::filesystem::path& folder) {
  // The file holds names and CRC-32 of one seed; 1 is the one of the published folder.
  std::uint64_t seed = 1;
  for (const char* other : {"odd.h5", "tiny.h5", "full.h5"})
    if (std::filesystem::exists(folder / other)) seed = seed_of(H5File(folder / other));
  SdConvTrans net{NetworkSizes{}};
  fill_by_formula(*net, seed);
  std::map<std::string, torch::Tensor> tensors;
  for (auto& p : net->named_parameters()) tensors[p.key()] = p.value();
  for (auto& b : net->named_buffers()) tensors[b.key()] = b.value();

  std::ifstream in(folder / "state_dict.csv");
  std::string line;
  std::getline(in, line);
  double wrong = 0, rows = 0;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string name, shape, type, count, crc;
    std::getline(cells, name, ',');
    std::getline(cells, shape, ',');
    std::getline(cells, type, ',');
    std::getline(cells, count, ',');
    std::getline(cells, crc, ',');
    ++rows;
    auto it = tensors.find(name);
    std::string own;
    if (it != tensors.end())
      for (std::int64_t d : it->second.sizes()) own += (own.empty() ? "" : "x") + std::to_string(d);
    if (it == tensors.end() || own != shape || hex(crc32(it->second.data_ptr(), it->second.nbytes())) != crc)
      ++wrong;
    if (it != tensors.end()) tensors.erase(it);
  }
  Findings findings = parity_layer_norms();
  findings.push_back({"state_dict tensors that differ", wrong, 0});
  findings.push_back({"state_dict tensors too many", static_cast<double>(tensors.size()), 0});
  findings.push_back({"state_dict rows not 890", std::abs(rows - 890), 0});
  return findings;
}

Findings parity_layer_norms() {
  SdConvTrans net{NetworkSizes{}};
  double seen = 0, wrong = 0;
  for (const auto& module : net->named_modules()) {
    const auto* norm = module.value()->as<torch::nn::LayerNorm>();
    if (!norm) continue;
    const std::string& name = module.key();
    const bool embed =
        name.find("patch_embed") != std::string::npos || name.find(".attn.norm") != std::string::npos;
    ++seen;
    wrong += norm->options.eps() != (embed ? 1e-5 : 1e-6);
  }
  // 4 patch embeddings, 2 norms in each of 8 blocks, 6 behind a key reduction, 4 of stages
  return {{"layer norms of another epsilon", wrong, 0}, {"layer norms not 30", std::abs(seen - 30), 0}};
}

Findings parity_losses(const std::filesystem::path& folder) {
  const H5File file(folder / "losses.h5");
  static const std::map<std::string, std::string> kNames{{"GradLoss", "gradient"},
                                                         {"L1", "l1"},
                                                         {"L1_log", "l1_log"},
                                                         {"L2", "l2"},
                                                         {"LOG_10", "log10_natural"},
                                                         {"Log_Cosh", "log_cosh"},
                                                         {"NormalLoss", "normal"},
                                                         {"REL", "rel"},
                                                         {"NormalLossPerPixel", "normal_per_pixel"},
                                                         {"RMSE", "l2"},
                                                         {"RMSE_log", "rmse_log"},
                                                         {"Total", "total"}};
  Findings findings;
  for (const std::string& group : file.children("/")) {
    const torch::Tensor target = tensor_of(file.dataset(group + "/target"));
    for (const std::string& child : file.children(group)) {
      if (child.rfind("grad_", 0) != 0) continue;
      const std::string published = child.substr(5);
      torch::Tensor pred = tensor_of(file.dataset(group + "/pred")).requires_grad_(true);
      const torch::Tensor loss = find_loss(kNames.at(published))->value(pred, target, {});
      const double want = file.attribute(group, published).values.at(0);
      const std::string subject = "losses " + group + " " + published;
      findings.push_back({subject, std::abs(loss.item<double>() / want - 1), 1e-5});
      loss.backward();
      findings.push_back({subject + " gradient",
                          relative_to_largest(pred.grad(), tensor_of(file.dataset(group + "/" + child))),
                          1e-5});
    }
    if (const auto names = file.children(group); std::count(names.begin(), names.end(), "imgrad_pred")) {
      const torch::Tensor got = image_gradient(tensor_of(file.dataset(group + "/pred"))).flatten(2);
      findings.push_back({"losses " + group + " image gradient",
                          relative_to_largest(got, tensor_of(file.dataset(group + "/imgrad_pred"))), 1e-5});
    }
  }
  return findings;
}

Findings parity_network(const std::filesystem::path& folder, const std::string& size) {
  const H5File file(folder / (size + ".h5"));
  const std::uint64_t seed = seed_of(file);
  SdConvTrans net{NetworkSizes{}};
  fill_by_formula(*net, seed);
  net->eval();
  torch::NoGradGuard guard;
  Nodes nodes;
  const Pair& pair = kSizes.at(size);
  const Predictions out = net->forward(pair.low.batch(1, seed), pair.high.batch(1, seed), &nodes);
  Findings findings;
  add_prediction(findings, size + " pred_l", out.low, file.dataset("pred_l"));
  add_prediction(findings, size + " pred_h", out.high, file.dataset("pred_h"));
  double unanswered = 0;
  for (const char* branch : {"lr", "hr"})
    for (const std::string& name : file.children(std::string("stats/") + branch)) {
      const std::string node = std::string(branch) + "/" + name;
      if (nodes.count(node))
        add_node(findings, file, size, node, nodes.at(node));
      else
        ++unanswered;
    }
  findings.push_back({size + " nodes without a counterpart", unanswered, 0});
  return findings;
}

Findings parity_engine(const std::filesystem::path& folder, const std::string& size) {
  const H5File file(folder / (size + ".h5"));
  const std::uint64_t seed = seed_of(file);
  SdConvTrans net{NetworkSizes{}};
  fill_by_formula(*net, seed);
  const FoldedNetwork engine(std::move(net), c10::kCPU, c10::kFloat);
  const Pair& pair = kSizes.at(size);
  const torch::Tensor low = pair.low.batch(1, seed), high = pair.high.batch(1, seed);
  const Predictions out = engine.forward(low, high);
  Findings findings;
  add_prediction(findings, size + " engine pred_l", out.low, file.dataset("pred_l"));
  add_prediction(findings, size + " engine pred_h", out.high, file.dataset("pred_h"));
  const Predictions again = engine.forward(low, high);
  findings.push_back({size + " engine, run twice", largest_difference(out.high, again.high), 0});
  return findings;
}

Findings parity_training(const std::filesystem::path& folder) {
  const H5File file(folder / "train.h5");
  const std::uint64_t seed = seed_of(file);
  Findings findings;
  for (const std::string mode : {"frozen_norm", "train_norm"}) {
    const bool training = mode == "train_norm";
    const int n = static_cast<int>(file.attribute(mode, "batch").values.at(0));
    NetworkSizes sizes;
    sizes.drop_path = 0;
    SdConvTrans net{sizes};
    fill_by_formula(*net, seed);
    net->train(training);
    auto target = [&](int h, int w, int cell) {
      std::vector<float> values;
      for (int b = 0; b < n; ++b)
        for (float v : formula_depth01("target/" + std::to_string(b), h, w, cell, seed)) values.push_back(v);
      return tensor_of(values, {n, 1, h, w});
    };
    const Pair& pair = kSizes.at("tiny");
    const Predictions out = net->forward(pair.low.batch(n, seed), pair.high.batch(n, seed));
    const Loss* total = find_loss("total");
    const torch::Tensor loss =
        total->value(out.low, target(24, 32, 3), {}) + total->value(out.high, target(32, 40, 4), {});
    const double want = file.attribute(mode, "loss").values.at(0);
    findings.push_back({"train " + mode + " loss", std::abs(loss.item<double>() / want - 1), 1e-5});
    loss.backward();

    const double tolerance = training ? 2e-2 : 5e-3;
    double worst_l2 = 0, worst_sample = 0, without = 0;
    std::istringstream idle(file.text_attribute(mode, "without_grad"));
    std::set<std::string> expected_idle;
    for (std::string name; std::getline(idle, name);) expected_idle.insert(name);
    for (auto& p : net->named_parameters()) {
      const torch::Tensor& grad = p.value().grad();
      if (expected_idle.count(p.key())) {
        without += grad.defined();
        continue;
      }
      // Before a batch norm in training mode a bias has no gradient but rounding.
      if (training && p.key() == "tbdn.conv2.0.bias") continue;
      const Summary summary(file.dataset(mode + "/grad/" + p.key()));
      const torch::Tensor flat = grad.to(torch::kDouble).contiguous().view(-1);
      worst_l2 = std::max(worst_l2, std::abs(flat.norm().item<double>() / summary.l2() - 1));
      worst_sample = std::max(worst_sample, summary.worst_sample(flat) / summary.l2());
    }
    findings.push_back({"train " + mode + " gradient l2", worst_l2, tolerance});
    findings.push_back({"train " + mode + " gradient samples / l2", worst_sample, tolerance});
    findings.push_back({"train " + mode + " gradients of unused parameters", without, 0});
    if (!training) continue;
    double worst_buffer = 0, checked = 0;
    for (const std::string& name : file.children(mode + "/buffers")) {
      const Summary summary(file.dataset(mode + "/buffers/" + name));
      const torch::Tensor* buffer = net->named_buffers().find(name);
      if (!buffer) continue;
      ++checked;
      const torch::Tensor flat = buffer->to(torch::kDouble).contiguous().view(-1);
      worst_buffer = std::max(worst_buffer, summary.worst_sample(flat) / std::max(1e-12, summary.l2()));
    }
    findings.push_back({"train " + mode + " buffers / l2", worst_buffer, 1e-4});
    findings.push_back({"train " + mode + " buffers not compared",
                        static_cast<double>(file.children(mode + "/buffers").size()) - checked, 0});
  }
  return findings;
}

const std::vector<ParityCheck>& parity_checks() {
  static const std::vector<ParityCheck> checks{
      {"state_dict.csv", parity_state_dict},
      {"blocks.h5", parity_blocks},
      {"losses.h5", parity_losses},
      {"tiny.h5", [](const auto& f) { return parity_network(f, "tiny"); }},
      {"odd.h5", [](const auto& f) { return parity_network(f, "odd"); }},
      {"full.h5", [](const auto& f) { return parity_network(f, "full"); }},
      {"tiny.h5", [](const auto& f) { return parity_engine(f, "tiny"); }},
      {"odd.h5", [](const auto& f) { return parity_engine(f, "odd"); }},
      {"full.h5", [](const auto& f) { return parity_engine(f, "full"); }},
      {"train.h5", parity_training},
      {"preprocess.h5", parity_preprocess},
      {"part_zip.pth", parity_checkpoint},
      {"part_legacy.pth", parity_legacy_checkpoint},
  };
  return checks;
}

}  // namespace depthmill::test
