// How fast a network runs here, alone and with everything around it: what `depthmill bench-infer` prints.
#pragma once

#include <cstddef>
#include <functional>
#include <opencv2/core.hpp>
#include <string>

#include "stages/predictors/predictor.h"

namespace depthmill::predictors {

struct BenchRequest {
  int batch = 1;
  int threads = 1;  // workers that read, preprocess, postprocess and write; each waits for its forward pass
  std::size_t images = 0;      // images to run end to end
  double forward_seconds = 3;  // measuring time of the forward pass alone
  int rounds = 3;              // forward only and end to end in turn, so that a drifting clock hits both
  cv::Size image{640, 480};    // size of the images, for the forward pass alone
};

struct BenchResult {
  std::string model, device;
  int batch = 1, concurrency = 1, threads = 1;
  std::size_t images = 0;       // a round
  double forward_only_ips = 0;  // images per second, median of the rounds
  double end_to_end_ips = 0;    // median of the rounds
  double ratio = 0;             // end_to_end_ips / forward_only_ips, median of the rounds' own ratios
  double busy_share = 0;        // time in which at least one forward pass ran over the time end to end
  // Seconds an image, summed over threads.
  double read = 0, preprocess = 0, forward = 0, postprocess = 0, write = 0;
};

// Runs images 0 .. request.images - 1 through read -> predict -> write on request.threads workers, in
// batches. `read(i)` returns CV_8UC3 RGB, `write(i, depth)` gets CV_32FC1; both are called from several
// threads. Rethrows the first exception of any of them.
BenchResult bench_predictor(Predictor& predictor, const BenchRequest& request,
                            const std::function<cv::Mat(std::size_t)>& read,
                            const std::function<void(std::size_t, const cv::Mat&)>& write);

// One JSON object, keys as the fields; and a Markdown table for people.
std::string bench_json(const BenchResult& result);
std::string bench_table(const BenchResult& result);

}  // namespace depthmill::predictors
