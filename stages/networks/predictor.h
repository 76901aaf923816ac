// A predictor turns RGB images into depth maps of the same size: preprocessing, network, postprocessing.
// No torch in this header; which networks there are is model_card.h, how they run is network.h.
//
//   auto card = find_model_card("net.ini");
//   auto predictor = make_predictor(card, {.device = "cpu"});
//   predictor->check({640, 480}, 4);                           // dry run: says what is wrong before frame
//   one std::vector<cv::Mat> depth = predictor->predict(images);   // CV_32FC1, each of its image's size
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "stages/networks/model_card.h"
#include "stages/networks/precision.h"

namespace depthmill::networks {

struct PredictorOptions {
  std::string device = "auto";  // auto | cpu | cuda | cuda:N | cuda:0,cuda:1 (the model once on each)
  Precision precision = Precision::kFp32;  // of weights and arithmetic; input and output stay float32
  bool flip = false;            // mean of the prediction and the mirrored image's prediction mirrored back
  int intra_op_threads = 0;     // threads of one forward pass on the processor; 0 = LibTorch's default
  int replicas = 1;             // forward passes at a time on one device; they share the weights
  bool optimise = true;         // freeze, fuse and channels-last; off = run the file as it was saved
  std::string problem() const;  // "" or a sentence naming the field
};

// Seconds spent since construction, summed over threads.
struct PredictorTimes {
  double preprocess = 0, forward = 0, postprocess = 0;
  double forward_any = 0;  // wall time in which at least one forward pass ran
  long images = 0;         // images that went through
  long forwards = 0;       // forward passes, halved batches counted as they ran
};

class Predictor {
 public:
  virtual ~Predictor() = default;

  // Size of the network's input for an image of this size; images of one value may share a batch.
  virtual cv::Size input_size(cv::Size image) const = 0;

  // Images CV_8UC3 in RGB order, all of one input_size. Returns one CV_32FC1 an image, at that image's size:
  // metres when metric(), else the network's own relative values; 0 outside a card's crop. Values may be
  // non-finite when the network's are: the caller checks. A batch that does not fit into the device's memory
  // is halved until it does. Throws BadPrediction (network.h), OutOfMemory when one image does not fit.
  // May be called from several threads; concurrency() of them run forward at a time, the others wait.
  virtual std::vector<cv::Mat> predict(std::span<const cv::Mat> images) = 0;

  // Dry run on one batch of gray images; throws std::runtime_error with a sentence when the answer is not one
  // finite-shaped depth map an image. Also warms up kernels and caches.
  virtual void check(cv::Size image, int batch) = 0;

  // Forward passes over one prepared batch of gray images until `seconds` are over, at least one, without
  // pre- and postprocessing: what the network alone costs. Returns images per second of this caller, whose
  // passes wait for their turn like those of predict; with `flip` an image takes two of them.
  virtual double forward_only(cv::Size image, int batch, double seconds) = 0;

  // Forward passes at a time (on each device), and threads of one of them on the processor (0 = LibTorch's
  // default). Not while predict runs.
  virtual void set_parallelism(int replicas, int intra_op_threads) = 0;
  virtual int concurrency() const = 0;
  virtual bool metric() const = 0;
  virtual std::string device() const = 0;    // "cpu", "cuda:0", ...
  virtual std::string describe() const = 0;  // one line for the log
  virtual PredictorTimes times() const { return {}; }
};

// Loads the card's network. Throws std::runtime_error: file missing or not TorchScript, needs a newer
// LibTorch, device absent, fp16 on the processor, no LibTorch in this build.
std::unique_ptr<Predictor> make_predictor(const ModelCard& card, const PredictorOptions& options);

}  // namespace depthmill::networks
