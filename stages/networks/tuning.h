// Chooses by measurement how a network is run: images a forward pass, forward passes at a time, threads of
// each.
#pragma once

#include <opencv2/core/types.hpp>
#include <string>

#include "stages/networks/predictor.h"

namespace depthmill::networks {

struct TuningRequest {
  cv::Size image{640, 480};  // size of the images to come
  int threads = 1;           // budget on the processor, over all passes
  int batch = 0;             // 0 = choose
  int replicas = 0;          // 0 = choose (a GPU gets 2: one pass copies while the other computes)
  int intra_op_threads = 0;  // 0 = choose; without meaning on a GPU
  // Seconds of one thread that an image takes outside the forward pass. They weigh against few passes of many
  // threads, which stand still meanwhile.
  double around = 0;
  double seconds = 0.8;  // measuring time for each candidate, at least two passes
};

struct Tuning {
  int batch = 1;
  int replicas = 1;
  int intra_op_threads = 0;
  double images_per_second = 0;  // measured, with `around`; 0 = nothing was left to choose
  std::string report;            // what was tried: "1x2 threads 11.2, 2x1 threads 12.9 images/s"
};

// Leaves the predictor set to what it returns. Threads are never oversubscribed: replicas x threads <=
// budget. A batch is the smallest within 3 % of the fastest that fits into memory, up to 64 (GPU) or 8
// (processor). Throws what the network throws on a batch of one.
Tuning tune(Predictor& predictor, const TuningRequest& request);

// Images per second of forward passes alone, `predictor.concurrency()` at a time, for at least `seconds`.
double measure_forward(Predictor& predictor, cv::Size image, int batch, double seconds);

}  // namespace depthmill::networks
