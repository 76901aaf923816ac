#include "stages/networks/sd_convtrans/training/train.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "metrics/errors.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/networks/sd_convtrans/archive.h"
#include "stages/networks/sd_convtrans/checkpoint.h"
#include "stages/networks/sd_convtrans/losses.h"
#include "stages/networks/sd_convtrans/training/adam.h"
#include "stages/networks/sd_convtrans/training/curve.h"
#include "stages/networks/sd_convtrans/training/scoring.h"

namespace depthmill::sd_convtrans {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

const std::vector<std::string> kColumns{"step",          "epoch",        "rate",         "loss",
                                        "low_depth",     "low_gradient", "low_normal",   "high_depth",
                                        "high_gradient", "high_normal",  "gradient_norm"};

double rate_of(const TrainOptions& o, long step, long steps, long steps_an_epoch) {
  if (step < o.warmup) return o.rate * static_cast<double>(step + 1) / o.warmup;
  if (o.schedule == Schedule::kCosine) {
    const double share =
        static_cast<double>(step - o.warmup) / static_cast<double>(std::max(1L, steps - o.warmup));
    return o.rate * (0.01 + 0.99 * 0.5 * (1 + std::cos(3.14159265358979323846 * share)));
  }
  if (o.schedule == Schedule::kStep)
    return o.rate * std::pow(o.decay, static_cast<double>((step / steps_an_epoch) / o.decay_every));
  return o.rate;
}

// The three weighted terms of one branch.
struct Terms {
  torch::Tensor sum;
  double depth = 0, gradient = 0, normal = 0;
};

Terms branch_loss(const TrainOptions& o, const torch::Tensor& pred, const torch::Tensor& target) {
  const torch::Tensor valid = o.mask ? (target > 0).to(torch::kFloat) : torch::Tensor();
  Terms terms;
  auto add = [&](std::string_view name, double weight, double& value) {
    if (weight == 0) return;
    const torch::Tensor term = find_loss(std::string(name))->value(pred, target, valid);
    value = term.item<double>();
    terms.sum = terms.sum.defined() ? terms.sum + weight * term : weight * term;
  };
  add(kDepthLosses.word(o.depth), o.depth_weight, terms.depth);
  if (o.gradient != GradientLoss::kNone)
    add(kGradientLosses.word(o.gradient), o.gradient_weight, terms.gradient);
  if (o.normal != NormalLoss::kNone) add(kNormalLosses.word(o.normal), o.normal_weight, terms.normal);
  return terms;
}

// LibTorch 2.4 asks which device is meant, and warns of the calls that 1.13 has.
void set_autocast(bool on) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(at::kCUDA, on);
  at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
#else
  at::autocast::set_enabled(on);
  at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
#endif
}

// bfloat16 for the operators for which it is safe, as long as the object lives.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (on_) set_autocast(true);
  }
  ~Autocast() {
    if (!on_) return;
    set_autocast(false);
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
};

// A table that grows by rows; rows behind a resumed step are dropped.
class Table {
 public:
  Table(fs::path file, std::vector<std::string> header, const std::string& position, long keep)
      : file_(std::move(file)), header_(std::move(header)) {
    if (keep >= 0 && fs::exists(file_)) {
      const io::CsvTable old = io::read_csv_file(file_);
      const std::size_t at = old.column(position);
      for (std::size_t i = 0; i < old.rows.size(); ++i)
        if (!(old.number(i, at) > static_cast<double>(keep))) rows_.push_back(old.rows[i]);
    }
    io::write_whole_file(file_, io::csv_text(header_, rows_));
    out_.open(file_, std::ios::app);
  }
  void add(const std::vector<std::string>& row) {
    rows_.push_back(row);
    out_ << io::csv_line(row) << "\n" << std::flush;
    if (!out_) throw std::runtime_error(file_.string() + ": cannot be written");
  }
  Curve curve(const std::string& x, const std::string& y, const std::string& name) const {
    const auto column = [&](const std::string& key) {
      return static_cast<std::size_t>(std::find(header_.begin(), header_.end(), key) - header_.begin());
    };
    Curve c{name, {}, {}};
    for (const auto& row : rows_) {
      if (row[column(x)].empty()) continue;
      c.x.push_back(io::parse_number(row[column(x)]));
      c.y.push_back(io::parse_number(row[column(y)]));
    }
    return c;
  }

 private:
  fs::path file_;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::ofstream out_;
};

// What a resumed run must have in common with the one it continues.
std::string identity(TrainOptions o) {
  o.device.clear();  // the same run may move
  o.checkpoint_every = 0;
  return train_options_text(o);
}

double value_of(const Scoreboard& board, const std::string& key) {
  for (const auto& [name, value] : board)
    if (name == key) return value;
  throw std::logic_error("no score '" + key + "'");  // validation_problem has seen to it
}

class Trainer {
 public:
  Trainer(const TrainOptions& options, const metrics::Protocol& protocol, fs::path out, bool resume,
          const TrainCallback& callback)
      : options_(checked(options, protocol)),
        protocol_(protocol),
        out_(std::move(out)),
        callback_(callback),
        device_(options.device),
        lists_(list_samples(options.train, options.validation, options.layout, options.validation_share,
                            options.pick)),
        data_(look_of(lists_)),
        train_(lists_.train, options.network),
        held_out_(lists_.validation, options.network),
        net_(options.network, options.seed),
        steps_an_epoch_((static_cast<long>(train_.size()) + options.batch - 1) / options.batch),
        steps_(steps_an_epoch_ * options.epochs) {
    higher_ = metrics::find_metric(options.best)->direction == metrics::Direction::kHigherIsBetter;
    best_ = higher_ ? -INFINITY : INFINITY;
    if (!options.init.empty()) load_checkpoint(*net_, options.init, /*strict=*/false);
    if (!resume && fs::exists(last()))
      throw std::runtime_error(last().string() + " is there already: resume, or train into another folder");
    net_->to(device_);
    AdamOptions adam{options.beta1, options.beta2, 1e-8, options.weight_decay,
                     options.optimizer == Optimizer::kAdamW};
    optimizer_ = std::make_unique<Adam>(*net_, adam);
    if (resume) load_last();
  }

  TrainSummary run() {
    const auto begin = Clock::now();
    io::write_whole_file(out_ / "config.ini", train_options_text(options_));
    TrainSummary summary;
    summary.train_frames = train_.size();
    summary.validation_frames = held_out_.size();
    for (const auto& p : net_->parameters()) summary.parameters += static_cast<std::size_t>(p.numel());
    summary.baseline = score_mean_depth(train_, held_out_, protocol_);

    std::vector<std::string> header{"epoch", "step"};
    for (const auto& [key, value] : summary.baseline) header.push_back(key);
    Table steps(out_ / "train.csv", kColumns, "step", step_ > 0 ? step_ : -1);
    Table scores(out_ / "validation.csv", header, "step", step_ > 0 ? step_ : -1);
    if (step_ == 0) scores.add(score_row("mean", "", summary.baseline));

    const long first = step_;
    bool go_on = true;
    net_->train();
    while (step_ < steps_ && go_on) {
      const long epoch = step_ / steps_an_epoch_;
      TrainProgress progress;
      progress.rate = rate_of(options_, step_, steps_, steps_an_epoch_);
      one_step(epoch, progress, steps);
      ++step_;
      const bool epoch_ends = step_ % steps_an_epoch_ == 0;
      if (epoch_ends && ((epoch + 1) % options_.validate_every == 0 || step_ == steps_)) {
        const Scoreboard board = score_network(*net_, held_out_, protocol_, device_);
        scores.add(score_row(std::to_string(epoch + 1), std::to_string(step_), board));
        progress.validated = true;
        progress.score = value_of(board, options_.best);
        if (higher_ ? progress.score > best_ : progress.score < best_) {
          best_ = progress.score;
          best_epoch_ = static_cast<int>(epoch) + 1;
          best_board_ = board;
          save_checkpoint(*net_, out_ / "best.pth");
        }
        draw(steps, scores);
      }
      progress.step = step_;
      progress.steps = steps_;
      progress.epoch = static_cast<int>(epoch) + 1;
      progress.epochs = options_.epochs;
      progress.best = best_;
      const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
      progress.seconds_left =
          elapsed / static_cast<double>(step_ - first) * static_cast<double>(steps_ - step_);
      if (callback_) go_on = callback_(progress);
      const int every = options_.checkpoint_every;
      if ((every > 0 ? step_ % every == 0 : epoch_ends) || !go_on || step_ == steps_) save_last();
    }
    draw(steps, scores);
    summary.finished = step_ == steps_;
    summary.steps = step_;
    summary.best_epoch = best_epoch_;
    summary.best = best_board_;
    summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return summary;
  }

 private:
  static const TrainOptions& checked(const TrainOptions& options, const metrics::Protocol& protocol) {
    if (const std::string problem = options.problem(); !problem.empty()) throw std::runtime_error(problem);
    if (const std::string problem = validation_problem(options, protocol); !problem.empty())
      throw std::runtime_error(problem);
    return options;
  }
  fs::path last() const { return out_ / "last.pth"; }

  void one_step(long epoch, TrainProgress& progress, Table& table) {
    const auto frames =
        frames_of_step(train_.size(), options_.batch, options_.seed, epoch, step_ - epoch * steps_an_epoch_);
    const Batch batch = make_batch(train_, frames, options_, step_);
    net_->set_noise_seed(options_.seed * 1000003 + static_cast<std::uint64_t>(step_));
    optimizer_->zero_grad();
    Predictions out;
    {
      Autocast autocast(options_.amp);
      out = net_->forward(batch.low.to(device_), batch.high.to(device_));
    }
    const Terms low = branch_loss(options_, out.low.to(torch::kFloat), batch.base.to(device_));
    const Terms high = branch_loss(options_, out.high.to(torch::kFloat), batch.depth.to(device_));
    if (!high.sum.defined()) throw std::runtime_error("the loss has no term: all are none or of weight 0");
    const torch::Tensor loss = options_.low_weight * low.sum + options_.high_weight * high.sum;
    progress.loss = loss.item<double>();
    if (!std::isfinite(progress.loss)) diverged("the loss");
    loss.backward();
    const double norm = optimizer_->clip(options_.clip);
    if (!std::isfinite(norm)) diverged("a gradient");
    optimizer_->step(progress.rate);

    std::vector<std::string> row{std::to_string(step_ + 1), std::to_string(epoch + 1)};
    for (double v : {progress.rate, progress.loss, low.depth, low.gradient, low.normal, high.depth,
                     high.gradient, high.normal, norm})
      row.push_back(io::format_number(v));
    table.add(row);
  }

  [[noreturn]] void diverged(const std::string& what) const {
    const std::string good = fs::exists(last()) ? "the last good checkpoint is " + last().string() +
                                                      " (step " + std::to_string(saved_step_) + ")"
                                                : "no checkpoint was written yet";
    throw TrainingDiverged(what + " is not a finite number at step " + std::to_string(step_ + 1) +
                           ", epoch " + std::to_string(step_ / steps_an_epoch_ + 1) +
                           "; a smaller train.rate or train.clip may help; " + good);
  }

  std::vector<std::string> score_row(const std::string& epoch, const std::string& step,
                                     const Scoreboard& board) {
    std::vector<std::string> row{epoch, step};
    for (const auto& [key, value] : board) row.push_back(io::format_number(value));
    return row;
  }

  void draw(const Table& steps, const Table& scores) const {
    io::write_whole_file(
        out_ / "loss.svg",
        curve_svg("Training loss by step (left) and " + options_.best + " on held-out frames (right)",
                  {steps.curve("step", "loss", "loss"),
                   steps.curve("step", "high_depth", std::string(kDepthLosses.word(options_.depth)))},
                  {scores.curve("step", options_.best, options_.best)}));
  }

  void save_last() {
    TensorMap model;
    for (const auto& p : net_->named_parameters())
      model[p.key()] = p.value().detach().to(at::kCPU).contiguous();
    for (const auto& b : net_->named_buffers()) model[b.key()] = b.value().to(at::kCPU).contiguous();
    TensorMap best;
    for (const auto& [key, value] : best_board_) best[key] = torch::full({1}, value, torch::kDouble);
    auto archive = make_dictionary();
    archive.insert("model", dictionary_of(model));
    archive.insert("sizes", sizes_text(options_.network));
    archive.insert("optimizer", dictionary_of(optimizer_->state()));
    archive.insert("best_scores", dictionary_of(best));
    archive.insert("step", static_cast<int64_t>(step_));
    archive.insert("best", best_);
    archive.insert("best_epoch", static_cast<int64_t>(best_epoch_));
    archive.insert("options", identity(options_));
    archive.insert("data", data_);
    write_archive(last(), archive);
    saved_step_ = step_;
  }

  void load_last() {
    const c10::IValue archive = read_archive(last());
    const c10::IValue same = entry(archive, "options"), step = entry(archive, "step");
    if (!same.isString() || !step.isInt())
      throw std::runtime_error(last().string() + ": not a checkpoint of a training run");
    if (same.toStringRef() != identity(options_))
      throw std::runtime_error(
          last().string() +
          ": written with other options than now asked for (compare config.ini); a resumed "
          "run must have the same");
    const c10::IValue data = entry(archive, "data");
    if (!data.isString() || data.toStringRef() != data_)
      throw std::runtime_error(last().string() + ": written from other frames than those that lie in " +
                               options_.train.string() + " now (" +
                               (data.isString() ? data.toStringRef() : "unknown") + ", now " + data_ +
                               "); --restart begins anew");
    load_checkpoint(*net_, last(), /*strict=*/true);
    optimizer_->load(tensors_of(entry(archive, "optimizer")));
    step_ = saved_step_ = static_cast<long>(step.toInt());
    best_ = entry(archive, "best").toDouble();
    best_epoch_ = static_cast<int>(entry(archive, "best_epoch").toInt());
    const TensorMap best = tensors_of(entry(archive, "best_scores"));
    for (const std::string& key : protocol_.metrics)
      if (auto it = best.find(key); it != best.end())
        best_board_.emplace_back(key, it->second.item<double>());
  }

  TrainOptions options_;
  metrics::Protocol protocol_;
  fs::path out_;
  TrainCallback callback_;
  c10::Device device_;
  SampleLists lists_;
  std::string data_;
  SampleStore train_, held_out_;
  SdConvTrans net_;
  std::unique_ptr<Adam> optimizer_;
  long steps_an_epoch_, steps_, step_ = 0, saved_step_ = 0;
  bool higher_ = false;
  double best_ = 0;
  int best_epoch_ = 0;
  Scoreboard best_board_;
};

}  // namespace

TrainSummary train(const TrainOptions& options, const metrics::Protocol& protocol, const fs::path& out,
                   bool resume, const TrainCallback& callback) {
  return Trainer(options, protocol, out, resume, callback).run();
}

}  // namespace depthmill::sd_convtrans
