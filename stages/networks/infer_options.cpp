// What the stage infer can be told.
#include <limits>

#include "stages/networks/infer.h"

namespace depthmill {
namespace {

using O = InferOptions;

constexpr double kMostThreads = 1024;
const std::string kAuto = "auto", kDefaultBatch = "default";

// A number, or auto (0) for what is chosen by measurement.
int parse_auto(const std::string& text) {
  return text == kAuto ? 0 : static_cast<int>(io::read_whole(text, 0, std::numeric_limits<int>::max()));
}

std::string auto_name(int n) { return n == 0 ? kAuto : io::write_value(n); }

io::Key<O> auto_key(const char* name, int O::*member, const char* help) {
  io::Key<O> key = io::own_key<O>(
      "infer", name, [member](O& o, const std::string& text) { o.*member = parse_auto(text); },
      [member](const O& o) { return auto_name(o.*member); }, "N|auto", help);
  key.numbers = [member](const O& o) { return io::numbers_in(o.*member); };
  return key;
}

// As auto_key, with a word for what depends on the device.
io::Key<O> batch_key() {
  return io::own_key<O>(
             "infer", "batch",
             [](O& o, const std::string& text) {
               o.batch = text == kDefaultBatch ? O::kDefaultBatch : parse_auto(text);
             },
             [](const O& o) { return o.batch == O::kDefaultBatch ? kDefaultBatch : auto_name(o.batch); },
             "N|auto",
             "images a forward pass: 1 on the processor and 8 on a GPU by default; auto = the best that "
             "fits, by measurement")
      .must([](const O& o) { return o.batch >= 0 || o.batch == O::kDefaultBatch; }, "must be at least 0");
}

}  // namespace

const std::vector<io::Key<InferOptions>>& infer_keys() {
  using io::key, io::word_key;
  static const std::vector<io::Key<O>> table = {
      key<O>("infer", "model", &O::model, "FILE|NAME",
             "model card FILE.ini, TorchScript FILE.pt, compiled FILE.pt2, or the name of a card in "
             "configs/models")
          .shaping(),
      key<O>("infer", "weights", &O::weights, "FILE", "weights in place of the card's own").shaping(),
      key<O>("infer", "device", &O::device, "NAME", "auto, cpu, cuda, cuda:N, or several: cuda:0,cuda:1")
          .must([](const O& o) { return !o.device.empty(); }, "must not be empty"),
      batch_key(),
      auto_key("passes", &O::replicas,
               "forward passes at a time on a device; auto = as many as the threads allow, 2 on a GPU")
          .within(0, kMostThreads),
      auto_key("pass-threads", &O::intra_op_threads,
               "processor threads of one pass; auto = what measures fastest; with 1 the results are the "
               "same to the byte for any --threads")
          .within(0, kMostThreads),
      word_key<O>("infer", "precision", &O::precision, networks::kPrecisions,
                  "arithmetic of the network; tf32 and fp16 need a GPU")
          .shaping(),
      key<O>("infer", "flip", &O::flip, "", "mean with the prediction for the mirrored image").shaping(),
      key<O>("infer", "preview", &O::preview, "",
             "also write each prediction as a coloured picture, low values dark"),
      key<O>("infer", "name", &O::name, "NAME",
             "files of this name in the folders of the pictures, in place of a run folder's planes; {stem} "
             "is the "
             "picture's own name: '{stem}_depth'")
          .shaping(),
      key<O>(
          "infer", "flat", &O::flat, "",
          "no folders below --out: they become a part of the name, kitchen_0001 ('{stem}' unless --name says "
          "more)")
          .shaping(),
  };
  return table;
}

std::string InferOptions::problem() const {
  if (model.empty())
    return "infer.model is missing: a card FILE.ini, a network's FILE.pt or FILE.pt2, or the name of a card";
  if (const std::string reason = io::key_problem(infer_keys(), *this); !reason.empty()) return reason;
  if (threads < 0) return "infer.threads must be at least 0 (0 = all cores)";
  if (height < 1 || width < 1) return "infer.height and infer.width must be at least 1 pixel";
  return "";
}

}  // namespace depthmill
