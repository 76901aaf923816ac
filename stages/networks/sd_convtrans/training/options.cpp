#include "stages/networks/sd_convtrans/training/options.h"

#include <algorithm>
#include <iterator>

#include "metrics/errors.h"
#include "stages/io/key_table.h"
#include "stages/io/suggest.h"

namespace depthmill::sd_convtrans {
namespace {

std::vector<io::Key<data::Pick>> pick_keys() {
  using P = data::Pick;
  using io::key, io::path_key;
  return {
      key<P>("data", "scene", &P::scenes),
      key<P>("data", "every", &P::every).at_least(1),
      key<P>("data", "limit", &P::limit).at_least(0),
      path_key<P>("data", "list", &P::list),
      path_key<P>("data", "skip_list", &P::skip_list),
  };
}

const std::vector<io::Key<TrainOptions>>& train_keys() {
  using O = TrainOptions;
  using io::key, io::path_key, io::word_key;
  static const std::vector<io::Key<O>> table = [] {
    std::vector<io::Key<O>> rows = io::keys_of_part<O>(size_keys(), &O::network);
    const auto add = [&](std::vector<io::Key<O>> more) {
      rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    add({
        path_key<O>("data", "train", &O::train),
        path_key<O>("data", "validation", &O::validation),
        word_key<O>("data", "layout", &O::layout, kTrainLayouts),
        key<O>("data", "validation_share", &O::validation_share).between(0, 1),
    });
    add(io::keys_of_part<O>(pick_keys(), &O::pick));
    add({
        word_key<O>("loss", "depth", &O::depth, kDepthLosses),
        word_key<O>("loss", "gradient", &O::gradient, kGradientLosses),
        word_key<O>("loss", "normal", &O::normal, kNormalLosses),
        key<O>("loss", "depth_weight", &O::depth_weight).at_least(0),
        key<O>("loss", "gradient_weight", &O::gradient_weight).at_least(0),
        key<O>("loss", "normal_weight", &O::normal_weight).at_least(0),
        key<O>("loss", "low_weight", &O::low_weight).at_least(0),
        key<O>("loss", "high_weight", &O::high_weight).at_least(0),
        key<O>("loss", "mask", &O::mask),
        key<O>("augment", "flip", &O::flip).within(0, 1),
        key<O>("augment", "jitter", &O::jitter).from_below(0, 1),
        path_key<O>("train", "init", &O::init),
        key<O>("train", "epochs", &O::epochs).at_least(1),
        key<O>("train", "batch", &O::batch).at_least(1),
        word_key<O>("train", "optimizer", &O::optimizer, kOptimizers),
        key<O>("train", "rate", &O::rate).above(0),
        key<O>("train", "weight_decay", &O::weight_decay).at_least(0),
        key<O>("train", "beta1", &O::beta1).from_below(0, 1),
        key<O>("train", "beta2", &O::beta2).from_below(0, 1),
        word_key<O>("train", "schedule", &O::schedule, kSchedules),
        key<O>("train", "warmup", &O::warmup).at_least(0),
        key<O>("train", "decay", &O::decay)
            .all([](double v) { return v > 0 && v <= 1; }, "must lie in (0, 1]"),
        key<O>("train", "decay_every", &O::decay_every).at_least(1),
        key<O>("train", "clip", &O::clip).at_least(0),
        key<O>("train", "amp", &O::amp),
        key<O>("train", "seed", &O::seed),
        key<O>("train", "checkpoint_every", &O::checkpoint_every).at_least(0),
        key<O>("train", "validate_every", &O::validate_every).at_least(1),
        key<O>("train", "device", &O::device),
        key<O>("validate", "protocol", &O::protocol),
        key<O>("validate", "best", &O::best),
    });
    return rows;
  }();
  return table;
}

}  // namespace

std::string TrainOptions::problem() const {
  if (const std::string reason = io::key_problem(train_keys(), *this); !reason.empty()) return reason;
  if (const std::string reason = network.problem(); !reason.empty()) return reason;
  if (train.empty()) return "data.train is missing";
  if (amp && device == "cpu") return "train.amp is for GPUs; on the processor leave it off";
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
  TrainOptions options;
  io::read_keys(io::IniFile::read(file), train_keys(), options);
  return options;
}

std::string train_options_text(const TrainOptions& options) { return io::keys_text(train_keys(), options); }

}  // namespace depthmill::sd_convtrans
