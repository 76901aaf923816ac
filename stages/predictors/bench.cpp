#include "stages/predictors/bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "stages/predictors/tuning.h"

namespace depthmill::predictors {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

struct Sums {
  double read = 0, write = 0;
};

// One pass over all images; returns its seconds.
double run_all(Predictor& predictor, const BenchRequest& request,
               const std::function<cv::Mat(std::size_t)>& read,
               const std::function<void(std::size_t, const cv::Mat&)>& write, Sums& sums) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto step = static_cast<std::size_t>(request.batch);
  auto work = [&] {
    Sums own;
    try {
      for (std::size_t first = next.fetch_add(step); first < request.images; first = next.fetch_add(step)) {
        const std::size_t last = std::min(first + step, request.images);
        auto start = Clock::now();
        std::vector<cv::Mat> images;
        for (std::size_t i = first; i < last; ++i) images.push_back(read(i));
        own.read += seconds_since(start);
        const std::vector<cv::Mat> depth = predictor.predict(images);
        start = Clock::now();
        for (std::size_t i = first; i < last; ++i) write(i, depth[i - first]);
        own.write += seconds_since(start);
      }
    } catch (...) {
      next = request.images;  // the others stop at their next batch
      std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
    std::lock_guard lock(mutex);
    sums.read += own.read;
    sums.write += own.write;
  };
  const auto start = Clock::now();
  std::vector<std::thread> workers;
  for (int i = 1; i < request.threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& w : workers) w.join();
  if (error) std::rethrow_exception(error);
  return seconds_since(start);
}

}  // namespace

BenchResult bench_predictor(Predictor& predictor, const BenchRequest& request,
                            const std::function<cv::Mat(std::size_t)>& read,
                            const std::function<void(std::size_t, const cv::Mat&)>& write) {
  if (request.images == 0 || request.batch < 1 || request.threads < 1 || request.rounds < 1)
    throw std::invalid_argument("bench: images, batch, threads and rounds must be at least 1");
  predictor.forward_only(request.image, request.batch, 2);  // warm

  Sums sums;
  std::vector<double> forward, whole, ratio;
  double elapsed = 0;
  PredictorTimes spent;
  for (int round = 0; round < request.rounds; ++round) {
    forward.push_back(
        measure_forward(predictor, request.image, request.batch, request.forward_seconds / request.rounds));
    const PredictorTimes before = predictor.times();
    const double seconds = run_all(predictor, request, read, write, sums);
    const PredictorTimes after = predictor.times();
    spent.preprocess += after.preprocess - before.preprocess;
    spent.forward += after.forward - before.forward;
    spent.forward_any += after.forward_any - before.forward_any;
    spent.postprocess += after.postprocess - before.postprocess;
    elapsed += seconds;
    whole.push_back(static_cast<double>(request.images) / seconds);
    ratio.push_back(whole.back() / forward.back());
  }

  BenchResult r;
  r.model = predictor.describe();
  r.device = predictor.device();
  r.batch = request.batch;
  r.concurrency = predictor.concurrency();
  r.threads = request.threads;
  r.images = request.images;
  r.forward_only_ips = median(forward);
  r.end_to_end_ips = median(whole);
  r.ratio = median(ratio);
  r.busy_share = std::min(1.0, spent.forward_any / elapsed);
  const double all = static_cast<double>(request.images) * request.rounds;
  r.read = sums.read / all;
  r.preprocess = spent.preprocess / all;
  r.forward = spent.forward / all;
  r.postprocess = spent.postprocess / all;
  r.write = sums.write / all;
  return r;
}

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

std::string number(double v, const char* format = "%.6g") {
  char text[64];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

}  // namespace

std::string bench_json(const BenchResult& r) {
  std::string json = "{\n";
  auto add = [&](const char* key, const std::string& value) {
    json += std::string(json.size() > 2 ? ",\n" : "") + "  \"" + key + "\": " + value;
  };
  add("model", quoted(r.model));
  add("device", quoted(r.device));
  add("batch", std::to_string(r.batch));
  add("concurrency", std::to_string(r.concurrency));
  add("threads", std::to_string(r.threads));
  add("images", std::to_string(r.images));
  add("forward_only_ips", number(r.forward_only_ips));
  add("end_to_end_ips", number(r.end_to_end_ips));
  add("ratio", number(r.ratio));
  add("busy_share", number(r.busy_share));
  add("read_s", number(r.read));
  add("preprocess_s", number(r.preprocess));
  add("forward_s", number(r.forward));
  add("postprocess_s", number(r.postprocess));
  add("write_s", number(r.write));
  return json + "\n}\n";
}

std::string bench_table(const BenchResult& r) {
  std::string out = r.model + "\n\n";
  out += "| | images/s | of forward only |\n|---|---:|---:|\n";
  out += "| forward only | " + number(r.forward_only_ips, "%.2f") + " | 1.00 |\n";
  out += "| end to end | " + number(r.end_to_end_ips, "%.2f") + " | " + number(r.ratio, "%.2f") + " |\n\n";
  out +=
      "| ms an image | read | preprocess | forward | postprocess | write |\n|---|---:|---:|---:|---:|---:|\n";
  out += "| summed over threads | " + number(1e3 * r.read, "%.1f") + " | " +
         number(1e3 * r.preprocess, "%.1f") + " | " + number(1e3 * r.forward, "%.1f") + " | " +
         number(1e3 * r.postprocess, "%.1f") + " | " + number(1e3 * r.write, "%.1f") + " |\n\n";
  out += "A forward pass ran in " + number(100 * r.busy_share, "%.0f") + " % of the time; batch " +
         std::to_string(r.batch) + ", " + std::to_string(r.concurrency) + " passes at a time, " +
         std::to_string(r.threads) + " threads, " + std::to_string(r.images) + " images a round.\n";
  return out;
}

}  // namespace depthmill::predictors
