#include "stages/networks/sd_convtrans/training/options.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <variant>

#include "metrics/errors.h"
#include "stages/io/csv.h"
#include "stages/io/ini.h"
#include "stages/io/suggest.h"

namespace depthmill::sd_convtrans {
namespace {

// One row a key: where it stands and which member it fills. Reading, writing and the list of known keys
// follow.
struct Key {
  const char* section;
  const char* name;
  std::variant<int TrainOptions::*, double TrainOptions::*, bool TrainOptions::*, std::string TrainOptions::*,
               std::uint64_t TrainOptions::*, std::filesystem::path TrainOptions::*>
      member;
};

const std::vector<Key>& keys() {
  using O = TrainOptions;
  static const std::vector<Key> table{
      {"data", "train", &O::train},
      {"data", "validation", &O::validation},
      {"data", "layout", &O::layout},
      {"data", "validation_share", &O::validation_share},
      {"loss", "depth", &O::depth},
      {"loss", "gradient", &O::gradient},
      {"loss", "normal", &O::normal},
      {"loss", "depth_weight", &O::depth_weight},
      {"loss", "gradient_weight", &O::gradient_weight},
      {"loss", "normal_weight", &O::normal_weight},
      {"loss", "low_weight", &O::low_weight},
      {"loss", "high_weight", &O::high_weight},
      {"loss", "mask", &O::mask},
      {"augment", "flip", &O::flip},
      {"augment", "jitter", &O::jitter},
      {"train", "init", &O::init},
      {"train", "epochs", &O::epochs},
      {"train", "batch", &O::batch},
      {"train", "optimizer", &O::optimizer},
      {"train", "rate", &O::rate},
      {"train", "weight_decay", &O::weight_decay},
      {"train", "beta1", &O::beta1},
      {"train", "beta2", &O::beta2},
      {"train", "schedule", &O::schedule},
      {"train", "warmup", &O::warmup},
      {"train", "decay", &O::decay},
      {"train", "decay_every", &O::decay_every},
      {"train", "clip", &O::clip},
      {"train", "amp", &O::amp},
      {"train", "seed", &O::seed},
      {"train", "checkpoint_every", &O::checkpoint_every},
      {"train", "validate_every", &O::validate_every},
      {"train", "device", &O::device},
      {"validate", "protocol", &O::protocol},
      {"validate", "best", &O::best},
  };
  return table;
}

void read(const io::IniFile& ini, const Key& key, TrainOptions& options) {
  std::visit(
      [&](auto member) {
        auto& value = options.*member;
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, int>)
          value = static_cast<int>(ini.integer(key.section, key.name, value));
        else if constexpr (std::is_same_v<T, std::uint64_t>)
          value =
              static_cast<std::uint64_t>(ini.integer(key.section, key.name, static_cast<long long>(value)));
        else if constexpr (std::is_same_v<T, double>)
          value = ini.number(key.section, key.name, value);
        else if constexpr (std::is_same_v<T, bool>)
          value = ini.flag(key.section, key.name, value);
        else if constexpr (std::is_same_v<T, std::string>)
          value = ini.text(key.section, key.name, value);
        else {
          value = ini.text(key.section, key.name, value.string());
          if (!value.empty() && value.is_relative()) value = ini.file().parent_path() / value;
        }
      },
      key.member);
}

std::string text_of(const Key& key, const TrainOptions& options) {
  return std::visit(
      [&](auto member) -> std::string {
        const auto& value = options.*member;
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>)
          return value ? "yes" : "no";
        else if constexpr (std::is_same_v<T, double>)
          return io::format_number(value);
        else if constexpr (std::is_same_v<T, std::string>)
          return io::ini_value(value);
        else if constexpr (std::is_same_v<T, std::filesystem::path>)
          return io::ini_value(value.empty() ? "" : std::filesystem::absolute(value).string());
        else
          return std::to_string(value);
      },
      key.member);
}

bool one_of(const std::string& value, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (value == name) return true;
  return false;
}

}  // namespace

std::string TrainOptions::problem() const {
  if (const std::string p = network.problem(); !p.empty()) return p;
  if (train.empty()) return "data.train is missing";
  if (!one_of(layout, {"auto", "run", "sd-convtrans"})) return "data.layout is auto, run or sd-convtrans";
  if (!(validation_share > 0 && validation_share < 1)) return "data.validation_share must lie in (0, 1)";
  if (!one_of(depth, {"rmse_log", "l1", "l2", "l1_log", "log10_natural", "rel", "log_cosh", "berhu"}))
    return "loss.depth is none of rmse_log, l1, l2, l1_log, log10_natural, rel, log_cosh, berhu";
  if (!one_of(gradient, {"gradient", "none"})) return "loss.gradient is gradient or none";
  if (!one_of(normal, {"normal", "normal_per_pixel", "none"}))
    return "loss.normal is normal, normal_per_pixel or none";
  for (double w : {depth_weight, gradient_weight, normal_weight, low_weight, high_weight})
    if (!(w >= 0) || !std::isfinite(w)) return "the weights in loss must be at least 0";
  if (!(flip >= 0 && flip <= 1)) return "augment.flip must lie in [0, 1]";
  if (!(jitter >= 0 && jitter < 1)) return "augment.jitter must lie in [0, 1)";
  if (epochs < 1) return "train.epochs must be at least 1";
  if (batch < 1) return "train.batch must be at least 1";
  if (!one_of(optimizer, {"adam", "adamw"})) return "train.optimizer is adam or adamw";
  if (!(rate > 0) || !std::isfinite(rate)) return "train.rate must be above 0";
  if (!(weight_decay >= 0)) return "train.weight_decay must be at least 0";
  if (!(beta1 >= 0 && beta1 < 1)) return "train.beta1 must lie in [0, 1)";
  if (!(beta2 >= 0 && beta2 < 1)) return "train.beta2 must lie in [0, 1)";
  if (!one_of(schedule, {"constant", "cosine", "step"})) return "train.schedule is constant, cosine or step";
  if (warmup < 0) return "train.warmup must be at least 0";
  if (!(decay > 0 && decay <= 1)) return "train.decay must lie in (0, 1]";
  if (decay_every < 1) return "train.decay_every must be at least 1";
  if (!(clip >= 0)) return "train.clip must be at least 0";
  if (amp && device == "cpu") return "train.amp is for GPUs; on the processor leave it off";
  if (checkpoint_every < 0) return "train.checkpoint_every must be at least 0";
  if (validate_every < 1) return "train.validate_every must be at least 1";
  return "";
}

std::string validation_problem(const TrainOptions& options, const metrics::Protocol& protocol) {
  const std::string what = "validate.best: the protocol '" + protocol.name + "' ";
  const auto& keys = protocol.metrics;
  if (std::find(keys.begin(), keys.end(), options.best) == keys.end())
    return what + "has no metric '" + options.best + "'" + io::did_you_mean(options.best, keys) +
           "; it has: " + io::name_list(keys);
  const metrics::Metric* metric = metrics::find_metric(options.best);
  if (!metric || (metric->needs & (metrics::kDepthBoundary | metrics::kPlanes | metrics::kNormals)))
    return what + "takes '" + options.best + "' from maps that training data do not have";
  return "";
}

TrainOptions read_train_options(const std::filesystem::path& file) {
  const io::IniFile ini = io::IniFile::read(file);
  std::map<std::string, std::vector<std::string>> known{{"network", size_keys()}};
  for (const Key& key : keys()) known[key.section].push_back(key.name);
  ini.check_known(known);
  TrainOptions options;
  options.network = read_sizes(ini);
  for (const Key& key : keys()) read(ini, key, options);
  return options;
}

std::string train_options_text(const TrainOptions& options) {
  std::ostringstream out;
  out << sizes_text(options.network);
  const char* section = "";
  for (const Key& key : keys()) {
    if (std::string(section) != key.section) out << "\n[" << (section = key.section) << "]\n";
    out << key.name << " = " << text_of(key, options) << "\n";
  }
  return out.str();
}

}  // namespace depthmill::sd_convtrans
