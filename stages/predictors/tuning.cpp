#include "stages/predictors/tuning.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "stages/predictors/network.h"

namespace depthmill::predictors {
namespace {

constexpr double kGoodEnough = 0.97;  // a smaller batch within 3 % of the best saves memory and latency

std::string rate_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  return text;
}

struct Split {
  int replicas, threads;
};

// Ways to spend the budget, the widest pass first.
std::vector<Split> splits(const TuningRequest& r) {
  if (r.replicas > 0 && r.intra_op_threads > 0) return {{r.replicas, r.intra_op_threads}};
  if (r.replicas > 0) return {{r.replicas, std::max(1, r.threads / r.replicas)}};
  if (r.intra_op_threads > 0) return {{std::max(1, r.threads / r.intra_op_threads), r.intra_op_threads}};
  std::vector<Split> all;
  for (int replicas = 1; replicas <= r.threads; replicas *= 2)
    all.push_back({replicas, std::max(1, r.threads / replicas)});
  if (all.back().replicas != r.threads) all.push_back({r.threads, 1});
  return all;
}

}  // namespace

double measure_forward(Predictor& predictor, cv::Size image, int batch, double seconds) {
  using Clock = std::chrono::steady_clock;
  const int workers = predictor.concurrency();
  std::atomic<long> images{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  // Every worker makes at least one pass, so the time counted is that of whole passes.
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  auto work = [&] {
    try {
      do {
        predictor.forward_only(image, batch, 2);
        images += 2L * batch;
      } while (Clock::now() < end);
    } catch (...) {
      std::lock_guard lock(error_mutex);
      error = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  if (error) std::rethrow_exception(error);
  return static_cast<double>(images) / std::chrono::duration<double>(Clock::now() - start).count();
}

Tuning tune(Predictor& predictor, const TuningRequest& request) {
  const bool gpu = predictor.device() != "cpu";
  Tuning best;
  best.batch = request.batch > 0 ? request.batch : 1;

  std::vector<Split> ways = splits(request);
  if (gpu) ways = {{request.replicas > 0 ? request.replicas : 2, 0}};
  best.replicas = ways[0].replicas;
  best.intra_op_threads = ways[0].threads;
  if (ways.size() > 1) {
    for (const Split& way : ways) {
      predictor.set_parallelism(way.replicas, way.threads);
      predictor.forward_only(request.image, best.batch, 1);
      const double rate = measure_forward(predictor, request.image, best.batch, request.seconds);
      best.report += (best.report.empty() ? "" : ", ") + std::to_string(way.replicas) + "x" +
                     std::to_string(way.threads) + " threads " + rate_text(rate);
      if (rate > best.images_per_second) {
        best.images_per_second = rate;
        best.replicas = way.replicas;
        best.intra_op_threads = way.threads;
      }
    }
    best.report += " images/s";
  }
  predictor.set_parallelism(best.replicas, best.intra_op_threads);

  if (request.batch > 0) return best;
  const int largest = gpu ? 64 : 8;
  std::vector<std::pair<int, double>> tried;
  for (int batch = 1; batch <= largest; batch *= 2) {
    try {
      predictor.forward_only(request.image, batch, 1);
      tried.emplace_back(batch, measure_forward(predictor, request.image, batch, request.seconds));
    } catch (const OutOfMemory&) {
      if (batch == 1) throw;
      break;
    }
    // Two sizes without gain: larger ones will not have one either.
    const std::size_t n = tried.size();
    if (n >= 3 && tried[n - 1].second < 1.02 * tried[n - 3].second &&
        tried[n - 2].second < 1.02 * tried[n - 3].second)
      break;
  }
  double top = 0;
  for (const auto& [batch, rate] : tried) top = std::max(top, rate);
  for (const auto& [batch, rate] : tried)
    best.report +=
        (best.report.empty() ? "" : ", ") + ("batch " + std::to_string(batch)) + " " + rate_text(rate);
  best.report += " images/s";
  for (const auto& [batch, rate] : tried) {
    if (rate < kGoodEnough * top) continue;
    best.batch = batch;
    best.images_per_second = rate;
    break;
  }
  return best;
}

}  // namespace depthmill::predictors
