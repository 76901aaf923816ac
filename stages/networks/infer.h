// Stage `infer`: a depth map for every RGB image, by a network described in a model card.
// Needs rgb; adds pred (CV_32FC1 at the image's size; metres when the card's output is metric), and preview
// where asked for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "stages/base/stage.h"
#include "stages/io/key_table.h"
#include "stages/networks/engine/precision.h"

namespace depthmill {

namespace networks {
class Predictor;
}

struct InferOptions {
  // One image on the processor, where more run slower (their activations leave the caches), 8 on a GPU.
  static constexpr int kDefaultBatch = -1;

  std::string model;            // card FILE.ini, TorchScript FILE.pt, or NAME of a card in models_folder
  std::string weights;          // replaces the card's TorchScript file; empty = the card's own
  std::string models_folder;    // where NAME is looked up, e.g. configs/models
  std::string device = "auto";  // auto | cpu | cuda | cuda:N | cuda:0,cuda:1
  int batch = kDefaultBatch;    // images a forward pass; 0 = the best that fits, by measurement
  networks::Precision precision = networks::Precision::kFp32;  // fp16 needs a GPU
  bool flip = false;                                           // mean with the mirrored image's prediction
  int threads = 0;  // budget on the processor, shared with the rest of the run; 0 = all cores
  // Of one forward pass on the processor. With 1, results are byte-identical for any budget; LibTorch's sums
  // come out otherwise with more (3e-5 in PyDNet++'s output of up to 115). 0 = what measures fastest.
  int intra_op_threads = 1;
  int replicas = 0;                   // forward passes at a time; 0 = as many as the budget holds
  std::filesystem::path calibration;  // of the predictions (stages/io/calibration.h); empty = none
  bool preview = false;               // also make the plane preview
  std::string name;               // of the files, with {stem}, in place of a run folder's planes; "" = planes
  bool flat = false;              // no folders: the scene becomes a part of the name
  bool optimise = true;           // freeze and fuse the TorchScript module
  int height = 480, width = 640;  // pixels: expected image size, for the dry run and the measurement

  // "" or a sentence naming the field.
  std::string problem() const;
};

// Section [infer].
const std::vector<io::Key<InferOptions>>& infer_keys();

class InferStage : public Stage {
 public:
  std::string_view name() const override { return "infer"; }
  std::vector<std::string> needs() const override { return {plane::kRgb}; }

  // After prepare(): images a forward pass, forward passes at a time, threads of each.
  virtual int batch() const = 0;
  virtual int replicas() const = 0;
  virtual int intra_op_threads() const = 0;
  // One line for the log: model, device, precision, and what was chosen and why.
  virtual std::string describe() const = 0;
  // The loaded model, after prepare(): for measuring it (predictors/bench.h).
  virtual networks::Predictor& predictor() = 0;
};

// Frames of one run() call may differ in size; they are grouped by the network's input size. parallel() is
// true: pre- and postprocessing run on the callers' threads and only forward passes wait for their device.
// prepare() loads the model, makes a dry run and measures what is 0 in the options; it throws
// std::runtime_error: wrong options, no such model or device, an answer that is no depth map.
// A frame fails with kNonFinite (the network gave NaN or infinity) or kBadPrediction (wrong shape or type).
std::unique_ptr<InferStage> make_infer_stage(const InferOptions& options);

}  // namespace depthmill
