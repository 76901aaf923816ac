#include "stages/report/depth_ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "metrics/aggregate.h"
#include "metrics/errors.h"
#include "metrics/valid_mask.h"
#include "stages/base/adapt.h"
#include "stages/report/planes.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kMostFrames = 200;

struct Bin {
  std::vector<double> pred, gt;                          // of the frame at hand
  std::vector<std::vector<metrics::ImageValue>> values;  // a metric: one value a frame
  double pixels = 0;
};

// Metrics that follow from sums over pixels alone, and combine.
const metrics::Metric* pooled_metric(const std::string& key) {
  const metrics::Metric* metric = metrics::find_metric(key);
  const unsigned from_pairs = metrics::kScaleInvariant | metrics::kAffineInvariant | metrics::kShifted;
  if (!metric || metric->pool == metrics::Pool::kNone || (metric->needs & from_pairs)) return nullptr;
  return metric;
}

void score_bin(Bin& bin, const std::vector<std::string>& keys) {
  bin.values.resize(keys.size());
  if (bin.gt.empty()) return;
  metrics::Scored scored;
  scored.pred = bin.pred;
  scored.gt = bin.gt;
  scored.sums = metrics::sum_pixels(bin.pred, bin.gt,
                                    metrics::kLinear | metrics::kLog | metrics::kInverse | metrics::kRatio);
  for (std::size_t k = 0; k < keys.size(); ++k)
    if (const metrics::Metric* metric = pooled_metric(keys[k]))
      bin.values[k].push_back({metric->value(scored), bin.gt.size()});
  bin.pixels += static_cast<double>(bin.gt.size());
  bin.pred.clear();
  bin.gt.clear();
}

}  // namespace

void add_depth_ranges(RunData& run, const ReportOptions& options) {
  auto it = std::find_if(run.protocols.begin(), run.protocols.end(),
                         [](const ProtocolScores& p) { return p.protocol && !p.frames.empty(); });
  if (it == run.protocols.end() || !it->ranges.empty()) return;
  const metrics::Protocol& protocol = *it->protocol;
  const double step = protocol.range.max > 15 ? 10 : 1;
  const std::size_t count = std::min(kMostFrames, it->frames.size());
  std::map<int, Bin> bins;
  std::size_t used = 0;
  const PlaneFinder finder(run, options);
  for (std::size_t i = 0; i < count; ++i) {
    const ScoreRow& row = it->frames[i * it->frames.size() / count];
    const FramePlanes planes = finder.read(row.scene, row.frame, it->name, nullptr, false);
    cv::Mat truth = planes.truth(), pred = planes.pred;
    if (truth.empty() || pred.empty()) continue;
    if (!truth.isContinuous()) truth = truth.clone();
    if (pred.size() != truth.size()) cv::resize(planes.pred, pred, truth.size(), 0, 0, cv::INTER_LINEAR);
    const auto g = view<double>(truth), p = view<double>(pred);
    std::vector<std::uint8_t> valid;
    try {
      valid =
          metrics::valid_mask(p, g, truth.rows, truth.cols, protocol.valid, protocol.range, protocol.crop);
    } catch (const std::invalid_argument&) {
      continue;  // maps of a size this protocol's crop is not meant for
    }
    ++used;
    for (std::size_t k = 0; k < g.size(); ++k) {
      if (!valid[k] || !(g[k] > 0) || g[k] > 1000 || !std::isfinite(p[k])) continue;
      Bin& bin = bins[static_cast<int>(g[k] / step)];
      bin.pred.push_back(p[k]);
      bin.gt.push_back(g[k]);
    }
    for (auto& [index, bin] : bins) score_bin(bin, it->keys);
  }
  for (auto& [index, bin] : bins) {
    RangeRow range{index * step, (index + 1) * step, bin.pixels, {}};
    for (std::size_t k = 0; k < it->keys.size(); ++k) {
      const metrics::Metric* metric = pooled_metric(it->keys[k]);
      range.values.push_back(
          metric ? metrics::aggregate(bin.values[k], metrics::Averaging::kPooled, metric->pool).value
                 : std::numeric_limits<double>::quiet_NaN());
    }
    it->ranges.push_back(std::move(range));
  }
  if (used > 0)
    it->range_note = run.label + ": valid pixels of " + std::to_string(used) + " of " +
                     std::to_string(it->frames.size()) + " images, pooled.";
}

}  // namespace depthmill::report
