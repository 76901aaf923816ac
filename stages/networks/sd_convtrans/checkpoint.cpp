#include "stages/networks/sd_convtrans/checkpoint.h"

#include <stdexcept>

#include "stages/io/ini.h"
#include "stages/networks/sd_convtrans/archive.h"
#include "stages/networks/sd_convtrans/net.h"

namespace depthmill::sd_convtrans {
namespace {

constexpr const char* kSafetensors = ".safetensors";
constexpr const char* kConvGg = "tbdn.conv_gg.weight";

bool starts(const std::string& s, const std::string& with) { return s.compare(0, with.size(), with) == 0; }

bool optional(const std::string& name) {
  static const std::string kTracked = "num_batches_tracked";
  const bool tracked = name.size() >= kTracked.size() &&
                       name.compare(name.size() - kTracked.size(), kTracked.size(), kTracked) == 0;
  return name == kConvGg || tracked || starts(name, "decode_head.") || starts(name, "tbdn.conv1.");
}

std::string shape_text(const at::Tensor& t) {
  std::string text;
  for (int64_t d : t.sizes()) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text.empty() ? "scalar" : text;
}

void list(std::string& text, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  text += std::to_string(names.size()) + " " + what + ":\n";
  for (const std::string& name : names) text += "  " + name + "\n";
}

// `model` of a checkpoint, or the checkpoint itself when it maps names to tensors. No `module.`.
TensorMap model_of(const c10::IValue& archive, const std::filesystem::path& file) {
  TensorMap model = tensors_of(entry(archive, "model"));
  if (model.empty()) model = tensors_of(archive);
  if (model.empty())
    throw std::runtime_error(file.string() + ": holds no tensors, neither under 'model' nor at the top");
  TensorMap plain;
  for (auto& [name, tensor] : model) plain[starts(name, "module.") ? name.substr(7) : name] = tensor;
  return plain;
}

c10::IValue read(const std::filesystem::path& file) {
  return file.extension() == kSafetensors ? read_safetensors(file) : read_archive(file);
}

// Parameters and buffers by name.
std::map<std::string, torch::Tensor> state_of(const SdConvTransImpl& net) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& p : net.named_parameters()) state[p.key()] = p.value();
  for (const auto& b : net.named_buffers()) state[b.key()] = b.value();
  return state;
}

}  // namespace

std::string CheckpointReport::text() const {
  std::string text;
  list(text, "missing in the file", missing);
  list(text, "in the file but not in the network", unexpected);
  list(text, "of another shape", misshapen);
  if (conv_gg_seeded)
    text += std::string(kConvGg) +
            " is not in the file; it was initialised from a fixed seed, so predictions are " +
            "repeatable but not those of the trained network\n";
  return text;
}

NetworkSizes checkpoint_sizes(const std::filesystem::path& file) {
  const c10::IValue sizes = entry(read(file), "sizes");
  return sizes.isString() ? read_sizes(io::IniFile::parse(sizes.toStringRef(), file)) : NetworkSizes{};
}

CheckpointReport load_checkpoint(SdConvTransImpl& net, const std::filesystem::path& file, bool strict) {
  torch::NoGradGuard guard;
  TensorMap model = model_of(read(file), file);
  CheckpointReport report;
  std::vector<std::pair<torch::Tensor, at::Tensor>> fitting;
  for (auto& [name, own] : state_of(net)) {
    auto it = model.find(name);
    if (it == model.end()) {
      if (!optional(name)) report.missing.push_back(name);
      if (name == kConvGg) report.conv_gg_seeded = true;
      continue;
    }
    if (it->second.sizes() == own.sizes())
      fitting.emplace_back(own, it->second);
    else
      report.misshapen.push_back(name + ": " + shape_text(it->second) + " in the file, " + shape_text(own) +
                                 " in the network");
    model.erase(it);
  }
  for (const auto& [name, tensor] : model)
    if (!optional(name)) report.unexpected.push_back(name);
  if (strict && !report.complete())
    throw std::runtime_error(file.string() + " does not fit the network:\n" + report.text());

  model.clear();
  // The file's own memory becomes the network's: one copy, not two.
  for (auto& [own, value] : fitting) own.set_data(value.to(own.options()).contiguous());
  report.loaded = fitting.size();
  if (report.conv_gg_seeded) initialise_conv_gg(net);
  return report;
}

void save_checkpoint(const SdConvTransImpl& net, const std::filesystem::path& file) {
  TensorMap model;
  for (const auto& [name, tensor] : state_of(net)) model[name] = tensor.detach().to(at::kCPU).contiguous();
  if (file.extension() == kSafetensors)
    return write_safetensors(file, model, {{"sizes", sizes_text(net.sizes)}});
  c10::impl::GenericDict archive = make_dictionary();
  archive.insert("model", dictionary_of(model));
  archive.insert("sizes", sizes_text(net.sizes));
  write_archive(file, archive);
}

bool is_checkpoint_name(const std::filesystem::path& file) {
  return file.extension() == ".pth" || file.extension() == kSafetensors;
}

}  // namespace depthmill::sd_convtrans
