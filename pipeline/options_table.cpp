// The table of options: the stages' own keys and those of the program, and which commands take them.
#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

#include "pipeline/configs_folder.h"
#include "pipeline/option_keys.h"
#include "pipeline/registry.h"
#include "pipeline/sharding.h"
#include "stages/io/ini_folder.h"
#include "stages/io/plane_file.h"
#include "stages/io/suggest.h"
#include "stages/sample/hide.h"

namespace depthmill::pipeline {
namespace {

using io::key, io::own_key, io::word_key;

// "a|b|c", as a value is shown that is one of several words.
std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "|") + word;
  return text;
}

// More threads than any machine has; a number beyond is a slip of the pen, and each thread has a stack.
constexpr double kMostThreads = 1024;

template <class S>
void add(std::vector<OptionRow>& table, const std::vector<Taken<S>>& rows, S Config::*part) {
  for (const Taken<S>& row : rows)
    table.push_back({io::keys_of_part<Config>(std::vector{row.key}, part).front(), row.commands});
}

// A stage's own keys: taken by `commands`, but for those that `others` names by key.
template <class S>
void add(std::vector<OptionRow>& table, const std::vector<io::Key<S>>& keys, S Config::*part,
         const Commands& commands, const std::map<std::string, Commands>& others = {}) {
  for (io::Key<Config>& one : io::keys_of_part<Config>(keys, part)) {
    const auto other = others.find(one.name);
    table.push_back({std::move(one), other == others.end() ? commands : other->second});
  }
}

// --stages: names of stages, in any order.
void read_stages(RunSettings& run, const std::string& text) {
  io::read_value(text, run.stages);
  const std::vector<std::string> known = stage_names();
  for (const std::string& name : run.stages)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw std::invalid_argument("there is no stage '" + name + "'" + io::did_you_mean(name, known) + " (" +
                                  io::name_list(known) + ")");
}

bool is_packed_layout(const std::string& word) {
  const auto names = pack::layout_names();
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::vector<Taken<RunSettings>> run_keys() {
  using R = RunSettings;
  const Commands all{"run",     "sample",      "extract", "fill",          "decompose", "pack",
                     "infer",   "evaluate",    "report",  "baseline mean", "train",     "export",
                     "labeled", "bench-infer", "stats",   "score-fill",    "calibrate"};
  Commands quiet = all;
  quiet.insert(quiet.end(), {"verify", "repair", "merge"});
  io::Key<R> stages = own_key<R>(
      "run", "stages", read_stages, [](const R& run) { return io::write_value(run.stages); }, "NAME,...",
      "stages of the job: extract, fill, decompose, infer, evaluate, pack, report; default: all that the "
      "options allow but decompose");
  stages.list = true;
  return {
      {key<R>("run", "out", &R::out, "DIR",
              "where the results go: a run folder, or a file where single planes are given"),
       all},
      {std::move(stages), {"run"}},
      {key<R>("run", "pack", &R::pack, "LAYOUT",
              "also pack the frames for the loaders of this layout, in a folder of its name below --out: " +
                  io::name_list(pack::layout_names()))
           .must([](const R& r) { return r.pack.empty() || is_packed_layout(r.pack); },
                 "must be one of " + io::name_list(pack::layout_names())),
       {"run"}},
      {key<R>("run", "threads", &R::threads, "N",
              "threads for everything together; 0 = every core this process may use")
           .within(0, kMostThreads),
       {"run", "sample", "extract", "fill", "decompose", "pack", "infer", "evaluate", "train", "bench-infer",
        "labeled", "stats", "baseline mean", "score-fill", "calibrate"}},
      {key<R>("run", "frames-per-batch", &R::batch, "N",
              "frames that travel together; 0 = 1, or the network's batch")
           .at_least(0),
       {"run", "extract", "fill", "decompose", "pack", "infer", "evaluate"}},
      {key<R>(
           "run", "shard", &R::shard, "K/N",
           "only part K of N, in a folder of its own below --out, until 'depthmill merge' joins them; in a "
           "job array slurm/N, and slurm+M/N where array numbers begin again after M parts")
           .must([](const R& r) { return r.shard.empty() || parse_shard(r.shard).has_value(); },
                 "must be K/N with K from 1 to N, slurm, slurm/N or slurm+M/N"),
       {"run", "extract", "fill", "decompose", "pack", "infer", "evaluate"}},
      {key<R>("run", "wait", &R::wait, "SECONDS",
              "how long to wait for a run folder that another process works on")
           .at_least(0),
       {"run", "extract", "fill", "decompose", "pack", "infer", "evaluate"}},
      {key<R>("run", "dry-run", &R::dry_run, "",
              "say which frames there are and what is left out; do nothing"),
       {"run", "extract", "fill", "decompose", "pack", "infer", "evaluate"}},
      {key<R>("run", "quiet", &R::quiet, "", "print errors only"), quiet},
      {key<R>("run", "restart", &R::restart, "", "do finished frames again; train: begin anew"),
       {"run", "extract", "fill", "decompose", "pack", "infer", "evaluate", "train", "labeled"}},
  };
}

// What the text of a list must be, word by word.
template <class Parse>
bool all_parse(const std::vector<std::string>& words, Parse&& parse) {
  return !words.empty() && std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    try {
      parse(word);
      return true;
    } catch (const std::invalid_argument&) {
      return false;
    }
  });
}

std::vector<Taken<ScoreFillSettings>> score_fill_keys() {
  using S = ScoreFillSettings;
  const Commands own{"score-fill"};
  return {
      {key<S>("score-fill", "hide", &S::hide, "RULE,...",
              "readings that are hidden: random:SHARE, samples:N (all but N), block:PIXELS, scanline:ROWS "
              "(all but every "
              "n-th row), projector:METRES (its shadow), holes (of the sensor; with --gt)")
           .must(
               [](const S& s) { return all_parse(s.hide, sample::HideRule::parse); },
               "must be of random:SHARE, samples:N, block:PIXELS, scanline:ROWS, projector:METRES and holes"),
       own},
      {key<S>("score-fill", "methods", &S::methods, "METHOD,...",
              "fills that are scored: levin, cross-bilateral, none")
           .must(
               [](const S& s) {
                 return all_parse(s.methods,
                                  [](const std::string& word) { return kFillMethods.parse(word); });
               },
               "must be of levin, cross-bilateral and none"),
       own},
      {key<S>("score-fill", "seed", &S::seed, "S", "equal seeds hide equal readings"), own},
      {key<S>("score-fill", "pictures", &S::pictures, "N", "frames that are shown").within(0, 1000), own},
      {key<S>("score-fill", "write-hidden", &S::write_hidden, "",
              "also write what each fill was given and the pixels that were hidden, for networks that "
              "complete depth: "
              "'depthmill evaluate --hidden'"),
       own},
  };
}

std::vector<Taken<CalibrateSettings>> calibrate_keys() {
  using S = CalibrateSettings;
  const Commands own{"calibrate"};
  return {
      {word_key<S>(
           "calibrate", "model", &S::model, kCalibrationWords,
           "what is fitted: scale, scale-shift, log-linear (a power), or auto = the one that holds out best"),
       own},
      {key<S>("calibrate", "frames", &S::frames, "N", "frames that are fitted, spread over the list")
           .within(2, 10000),
       own},
  };
}

std::vector<Taken<OutputSettings>> output_keys() {
  using O = OutputSettings;
  return {
      {own_key<O>(
           "output", "depth-format",
           [](O& o, const std::string& text) { o.depth_format = io::parse_depth_format(text); },
           [](const O& o) { return std::string(o.depth_format->depth_word); },
           alternatives(io::depth_format_words()),
           "file format of depth planes; h5, npy and mat keep float64, pfm is float32"),
       {"run", "extract", "fill", "decompose", "infer", "labeled"}},
      {key<O>("output", "depth-scale", &O::depth_scale, "N",
              "integer steps a metre in 16-bit files, read and written: 1000 = millimetres, "
              "5000 TUM, 256 KITTI")
           .above(0),
       {"run", "extract", "fill", "decompose", "pack", "stats", "infer", "evaluate", "labeled", "score-fill",
        "calibrate"}},
  };
}

std::vector<Taken<TrainSettings>> train_keys() {
  using T = TrainSettings;
  const Commands train{"train"};
  return {
      {key<T>("train", "config", &T::config, "FILE.ini", "what to train and how: configs/train/*.ini"),
       train},
      {key<T>("train", "data", &T::data, "DIR",
              "run folder or SD-ConvTrans' own layout, in place of the file's data.train"),
       train},
      {key<T>("train", "validation", &T::validation, "DIR",
              "held-out frames, in place of the file's data.validation"),
       train},
      {key<T>("train", "epochs", &T::epochs, "N", "in place of the file's train.epochs; 0 = the file's")
           .at_least(0),
       train},
  };
}

// "3/10": the third of ten parts.
void read_subset(CheckSettings& check, const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) throw std::invalid_argument("'" + text + "' is not N/T, such as 3/10");
  constexpr long long kMostParts = 1'000'000;
  const long long parts = io::read_whole(text.substr(slash + 1), 1, kMostParts);
  check.subset = {io::read_whole(text.substr(0, slash), 1, parts), parts};
}

std::vector<Taken<CheckSettings>> check_keys() {
  using C = CheckSettings;
  const Commands all{"status", "verify", "repair", "merge", "shards"}, reading{"verify", "repair"};
  return {
      {key<C>("check", "run", &C::run, "RUN", "the run folder; a bare word is taken for it"), all},
      {key<C>("check", "json", &C::json, "", "print JSON").called("json"), {"status", "verify"}},
      {own_key<C>(
           "check", "subset", read_subset,
           [](const C& c) { return std::to_string(c.subset.first) + "/" + std::to_string(c.subset.second); },
           "N/T",
           "look at the N-th of T parts of the frames alone; tables and foreign files belong to the first"),
       reading},
      {key<C>("check", "retry", &C::retry, "",
              "print the numbers of unfinished parts alone, as 'sbatch --array' takes them")
           .called("retry"),
       {"shards"}},
      {key<C>("check", "max-seconds", &C::max_seconds, "S",
              "stop looking after this time; 0 = when all is done")
           .at_least(0),
       reading},
  };
}

// What a shell offers as the value of keys whose words are in no value_name.
void offer_values(std::vector<OptionRow>& table) {
  const auto names_in = [](const char* folder) {
    return [folder] { return io::list_ini(configs_folder() / folder); };
  };
  const std::map<std::string, std::function<std::vector<std::string>()>> known{
      {"run.stages", stage_names},
      {"run.pack", pack::layout_names},
      {"data.layout", read_layout_names},
      {"data.pred-layout", read_layout_names},
      {"data.in-layout", read_layout_names},
      {"evaluate.protocol", names_in("protocols")},
      {"evaluate.explain", names_in("protocols")},
      {"infer.model", names_in("models")},
      {"infer.device",
       [] {
         return std::vector<std::string>{"auto", "cpu", "cuda"};
       }},
      {"pack.layout", pack::layout_names},
  };
  for (OptionRow& row : table)
    if (const auto found = known.find(row.section + "." + row.name); found != known.end())
      row.offers = found->second;
}

constexpr auto kInfoFormats = io::enum_words<InfoFormat>("text", "bibtex");

std::vector<OptionRow> make_table() {
  std::vector<OptionRow> t;
  add(t, run_keys(), &Config::run);
  add(t, data_keys(), &Config::data);
  add(t, output_keys(), &Config::output);
  add(t, sample::sample_keys(), &Config::sample, {"run", "sample"});
  add<RunSettings>(t,
                   {{key<RunSettings>("sample", "labeled", &RunSettings::labeled_sample, "",
                                      "write a labelled set (.mat and splits.mat) instead of raw scenes"),
                     {"sample"}}},
                   &Config::run);
  add(t, labeled::labeled_keys(), &Config::labeled, {"labeled"});
  add(t, extract_keys(), &Config::extract, {"run", "extract"});
  add(t, fill_keys(), &Config::fill, {"run", "fill", "pack"},
      {{"preview", {"fill"}},
       {"alpha", {"run", "fill", "pack", "score-fill"}},
       {"keep-known", {"run", "fill", "pack", "score-fill"}},
       {"tolerance", {"run", "fill", "pack", "score-fill"}}});
  add(t, score_fill_keys(), &Config::score_fill);
  add(t, calibrate_keys(), &Config::calibrate);
  add(t, decompose_keys(), &Config::decompose, {"run", "decompose"});
  add(t, pack::pack_keys(), &Config::pack, {"run", "pack", "labeled"},
      {{"layout", {"pack"}}, {"split", {"run", "pack"}}, {"swap-rb", {"run", "pack"}}});
  const Commands networks{"run", "infer", "bench-infer", "fingerprint", "export"};
  add(t, infer_keys(), &Config::infer, {"run", "infer", "bench-infer"},
      {{"model", networks},
       {"weights", networks},
       {"device", {"run", "infer", "bench-infer", "train"}},
       {"preview", {"infer"}},
       {"name", {"infer"}},
       {"flat", {"infer"}}});
  add(t, evaluate_keys(), &Config::evaluate, {"run", "evaluate"},
      {{"protocol", {"run", "evaluate", "info"}},
       {"plane-camera", {"evaluate"}},
       {"poses", {"evaluate"}},
       {"explain", {"evaluate"}}});
  add<InfoSettings>(
      t,
      {{word_key<InfoSettings>("info", "format", &InfoSettings::format, kInfoFormats,
                               "how a protocol is written: a sentence and its source, or an entry"),
        {"info"}}},
      &Config::info);
  add(t, report_keys(), &Config::report, {"run", "report"});
  add(t, train_keys(), &Config::train);
  add(t, check_keys(), &Config::check);
  offer_values(t);
  return t;
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

}  // namespace depthmill::pipeline
