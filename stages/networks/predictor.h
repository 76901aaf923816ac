// A predictor turns RGB images into depth maps of the same size: preprocessing, network, postprocessing.
// Which networks there are is model_card.h, what runs them is engines.h.
//
//   auto card = find_model_card("net.ini");
//   auto predictor = make_predictor(card, {.device = "cpu"});
//   predictor->check({640, 480}, 4);         // dry run: says what is wrong before the first frame
//   std::vector<cv::Mat> depth = predictor->predict(images);   // one CV_32FC1 an image, of its size
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "stages/networks/engine/engine.h"
#include "stages/networks/model_card.h"
#include "stages/networks/preprocess.h"
#include "stages/networks/slots.h"

namespace depthmill::networks {

struct PredictorOptions {
  std::string device = "auto";  // as NetworkRequest has these four
  Precision precision = Precision::kFp32;
  int intra_op_threads = 0;
  bool optimise = true;
  bool flip = false;            // mean of the prediction and the mirrored image's prediction mirrored back
  int replicas = 1;             // forward passes at a time on one device; they share the weights
  std::string problem() const;  // "" or a sentence naming the field
};

// Seconds spent since construction, summed over threads.
struct PredictorTimes {
  double preprocess = 0, forward = 0, postprocess = 0;
  double forward_any = 0;  // wall time in which at least one forward pass ran
  long images = 0;         // images that went through
  long forwards = 0;       // forward passes, halved batches counted as they ran
};

// A card and a network: preprocessing and postprocessing on the caller's thread, a fixed number of forward passes at a
// time, batches halved when the device's memory does not hold them. May be used from several threads.
class Predictor {
 public:
  Predictor(const ModelCard& card, std::unique_ptr<Network> network, int replicas = 1, bool flip = false);

  // Size of the network's input for an image of this size; images of one value may share a batch. Throws
  // std::invalid_argument for images that the card cannot mean (input_geometry, focal_in).
  cv::Size input_size(cv::Size image) const;

  // Images CV_8UC3 in RGB order, all of one input_size. Returns one CV_32FC1 an image, at that image's size:
  // metres when metric(), else the network's own relative values; 0 outside a card's crop. Values may be
  // non-finite when the network's are: the caller checks. A batch that does not fit into the device's memory
  // is halved until it does. Throws BadPrediction, OutOfMemory when one image does not fit.
  std::vector<cv::Mat> predict(std::span<const cv::Mat> images);

  // Dry run on one batch of gray images; throws std::runtime_error with a sentence when the answer is not one
  // finite-shaped depth map an image. Also warms up kernels and caches.
  void check(cv::Size image, int batch);

  // Forward passes over one prepared batch of gray images until `seconds` are over, at least one, without
  // pre- and postprocessing: what the network alone costs. Returns images per second of this caller, whose
  // passes wait for their turn like those of predict; with `flip` an image takes two of them.
  double forward_only(cv::Size image, int batch, double seconds);

  // Forward passes at a time (on each device), and threads of one of them on the processor (0 = LibTorch's
  // default). Not while predict runs.
  void set_parallelism(int replicas, int intra_op_threads);
  int concurrency() const { return slots_.total(); }  // forward passes at a time, the others wait
  bool metric() const { return card_.metric(); }
  std::string device() const { return network_->device(); }  // "cpu", "cuda:0", ...
  std::string describe() const;                              // one line for the log
  PredictorTimes times() const;

 private:
  std::string dry_run(cv::Size image, int batch);
  std::vector<cv::Mat> run(std::span<const cv::Mat> images, const std::vector<InputGeometry>& geometry,
                           Tensor& input, bool mirrored);
  cv::Mat unpadded(const cv::Mat& map, const InputGeometry& g) const;

  ModelCard card_;
  std::unique_ptr<Network> network_;
  bool flip_;
  Slots slots_;
  AnyWatch any_forward_;
  std::atomic<std::int64_t> largest_batch_{1 << 20};
  std::atomic<long long> preprocess_ns_{0}, forward_ns_{0}, postprocess_ns_{0};
  std::atomic<long> images_{0}, forwards_{0};
};

// The card's network, by its engine. Throws std::runtime_error: options or card with a problem, and what
// Engine::load throws.
std::unique_ptr<Network> load_network(const ModelCard& card, const PredictorOptions& options);

// A card without a size whose network takes one alone takes pictures of exactly that.
ModelCard fitted_to(ModelCard card, cv::Size picture);

// Both, as a predictor. Throws as load_network.
std::unique_ptr<Predictor> make_predictor(const ModelCard& card, const PredictorOptions& options);

}  // namespace depthmill::networks
