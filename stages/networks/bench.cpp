#include "stages/networks/bench.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "stages/networks/tuning.h"

namespace depthmill::networks {
namespace {

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

BenchResult bench_predictor(Predictor& predictor, const BenchRequest& request,
                            const std::function<EndToEnd()>& end_to_end) {
  if (request.images == 0 || request.batch < 1 || request.rounds < 1)
    throw std::invalid_argument("bench: images, batch and rounds must be at least 1");
  measure_forward(predictor, request.image, request.batch, 0);  // warm

  std::vector<double> forward, whole, ratio;
  EndToEnd sums;
  PredictorTimes spent;
  for (int round = 0; round < request.rounds; ++round) {
    forward.push_back(
        measure_forward(predictor, request.image, request.batch, request.forward_seconds / request.rounds));
    const PredictorTimes before = predictor.times();
    const EndToEnd once = end_to_end();
    const PredictorTimes after = predictor.times();
    spent.preprocess += after.preprocess - before.preprocess;
    spent.forward += after.forward - before.forward;
    spent.forward_any += after.forward_any - before.forward_any;
    spent.postprocess += after.postprocess - before.postprocess;
    sums.seconds += once.seconds;
    sums.read += once.read;
    sums.write += once.write;
    whole.push_back(static_cast<double>(request.images) / once.seconds);
    ratio.push_back(whole.back() / forward.back());
  }

  BenchResult r;
  r.model = predictor.describe();
  r.device = predictor.device();
  r.batch = request.batch;
  r.concurrency = predictor.concurrency();
  r.images = request.images;
  r.forward_only_ips = median(forward);
  r.end_to_end_ips = median(whole);
  r.ratio = median(ratio);
  r.busy_share = std::min(1.0, spent.forward_any / sums.seconds);
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
         std::to_string(r.batch) + ", " + std::to_string(r.concurrency) +
         (r.concurrency == 1 ? " pass at a time, " : " passes at a time, ") + std::to_string(r.images) +
         " images a round.\n";
  return out;
}

}  // namespace depthmill::networks
