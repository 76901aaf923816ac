// How long the scores of one pair take, on one core, and what they are. Run by bench_metrics.py, which
// compares both with NumPy on the same pair.
//   bench_metrics PRED.f32 GT.f32 ROWS COLS PROTOCOL_FOLDER [REPEATS]
// Prints "value KEY NUMBER" for the eigen protocol and "seconds WHAT NUMBER", the least of all repeats; WHAT is "all" for
// all protocols, "plain" for those that have no point clouds, no searches and no fits by many steps, as many as the last
// line says. "each NAME NUMBER" are those of "plain" one by one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "metrics/align.h"
#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "pipeline/threads.h"
#include "stages/base/adapt.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/score.h"

namespace {

cv::Mat read_map(const char* file, int rows, int cols) {
  cv::Mat map(rows, cols, CV_32FC1);
  std::ifstream in(file, std::ios::binary);
  in.read(map.ptr<char>(), static_cast<std::streamsize>(map.total() * sizeof(float)));
  if (!in) {
    std::fprintf(stderr, "%s: not %d x %d floats\n", file, rows, cols);
    std::exit(1);
  }
  return map;
}

// Without point clouds, searches and fits by many steps; and with something to score in a pair of two maps.
bool is_plain(const depthmill::ScoredPlanes& planes, const depthmill::metrics::Protocol& protocol) {
  namespace metrics = depthmill::metrics;
  if (protocol.disparity || metrics::fits_sample(protocol.align) || metrics::fits_repeatedly(protocol.align))
    return false;
  for (const auto& key : protocol.metrics)
    if (metrics::find_metric(key)->needs & (metrics::kPoints | metrics::kCloud | metrics::kDiscBoundary))
      return false;
  try {
    return !depthmill::FrameScorer(planes).score(protocol).values.empty();
  } catch (const std::exception&) {
    return false;
  }
}

template <class Work>
void time_it(const char* kind, const char* what, int repeats, Work&& work) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%s %s %.9f\n", kind, what, least);
}
template <class Work>
void time_it(const char* what, int repeats, Work&& work) {
  time_it("seconds", what, repeats, work);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: bench_metrics PRED.f32 GT.f32 ROWS COLS PROTOCOL_FOLDER [REPEATS]\n");
    return 1;
  }
  const depthmill::pipeline::ThreadBudget one(1);  // what the program does first, too
  const int rows = std::atoi(argv[3]), cols = std::atoi(argv[4]),
            repeats = argc > 6 ? std::atoi(argv[6]) : 50;
  depthmill::ScoredPlanes planes;
  planes.pred = read_map(argv[1], rows, cols);
  read_map(argv[2], rows, cols).convertTo(planes.gt, CV_64F);
  cv::Mat pred;
  planes.pred.convertTo(pred, CV_64F);

  const auto eigen = depthmill::find_protocol("eigen", argv[5]);
  const std::vector<std::string> everything = {"all"};
  const auto all = depthmill::find_protocols(everything, argv[5]);
  for (const auto& [key, value] : depthmill::FrameScorer(planes).score(eigen).values)
    std::printf("value %s %.17g\n", key.c_str(), value);
  time_it("metrics::evaluate", repeats, [&] {
    depthmill::metrics::evaluate(depthmill::view<double>(pred), depthmill::view<double>(planes.gt), rows,
                                 cols, eigen);
  });
  time_it("score", repeats, [&] { depthmill::FrameScorer(planes).score(eigen); });
  depthmill::Frame frame;
  frame.planes = {{depthmill::plane::kPred, planes.pred}, {depthmill::plane::kGt, planes.gt}};
  const auto stage = depthmill::make_evaluate_stage({.protocols = everything, .protocol_folder = argv[5]});
  stage->prepare();
  time_it("all", std::max(1, repeats / 10), [&] {
    frame.metrics.clear();
    stage->run({&frame, 1});
  });
  std::vector<depthmill::metrics::Protocol> plain;
  for (const auto& protocol : all)
    if (is_plain(planes, protocol)) plain.push_back(protocol);
  time_it("plain", repeats, [&] {
    depthmill::FrameScorer scorer(planes);
    for (const auto& protocol : plain) scorer.score(protocol);
  });
  for (const auto& protocol : plain)
    time_it("each", protocol.name.c_str(), repeats, [&] { depthmill::FrameScorer(planes).score(protocol); });
  std::printf("protocols %zu, plain %zu\n", all.size(), plain.size());
  return 0;
}
