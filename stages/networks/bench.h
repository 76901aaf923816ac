// How fast a network runs here, alone and with everything around it: what `depthmill bench-infer` prints.
#pragma once

#include <cstddef>
#include <functional>
#include <opencv2/core.hpp>
#include <string>

#include "stages/networks/predictor.h"

namespace depthmill::networks {

struct BenchRequest {
  int batch = 1;
  std::size_t images = 0;      // images of one round end to end
  double forward_seconds = 3;  // measuring time of the forward pass alone, in all
  int rounds = 3;              // forward only and end to end in turn, so that a drifting clock hits both
  cv::Size image{640, 480};    // size of the images, for the forward pass alone
};

// One round from image files to depth files.
struct EndToEnd {
  double seconds = 0;          // wall time
  double read = 0, write = 0;  // seconds summed over threads
};

struct BenchResult {
  std::string model, device;
  int batch = 1, concurrency = 1;
  std::size_t images = 0;       // a round
  double forward_only_ips = 0;  // images per second, median of the rounds
  double end_to_end_ips = 0;    // median of the rounds
  double ratio = 0;             // end_to_end_ips / forward_only_ips, median of the rounds' own ratios
  double busy_share = 0;        // time in which at least one forward pass ran over the time end to end
  // Seconds an image, summed over threads.
  double read = 0, preprocess = 0, forward = 0, postprocess = 0, write = 0;
};

// `end_to_end` takes request.images images through the predictor. Rethrows what it throws;
// std::invalid_argument for a request without images or rounds.
BenchResult bench_predictor(Predictor& predictor, const BenchRequest& request,
                            const std::function<EndToEnd()>& end_to_end);

// One JSON object, keys as the fields; and a Markdown table for people.
std::string bench_json(const BenchResult& result);
std::string bench_table(const BenchResult& result);

}  // namespace depthmill::networks
