#include "stages/report/compare.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>

namespace depthmill::report {
namespace {

void compare_pair(const RunData& first, const RunData& second, const std::string& protocol,
                  const std::vector<MetricName>& metrics, std::vector<Comparison>& out) {
  const ProtocolScores *a = first.find(protocol), *b = second.find(protocol);
  if (!a || !b) return;
  const PairedFrames both(*a, *b);
  for (const MetricName& metric : metrics) {
    if (a->key_index(metric.key) < 0 || b->key_index(metric.key) < 0 || metric.better == Better::kUnknown)
      continue;
    const PairedValues values = both.values(metric.key);
    Comparison c{first.label, second.label, metric, metrics::compare_paired(values.first, values.second)};
    if (c.result.images < 2) continue;
    const bool lower = metric.better == Better::kLower;
    c.second_better = lower ? c.result.second_smaller : c.result.second_larger;
    c.second_worse = lower ? c.result.second_larger : c.result.second_smaller;
    out.push_back(c);
  }
}

}  // namespace

PairedFrames::PairedFrames(const ProtocolScores& first, const ProtocolScores& second)
    : first_(first), second_(second) {
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> of_second;
  for (std::size_t i = 0; i < second.frames.size(); ++i)
    of_second[{second.frames.scene(i), second.frames.frame(i)}] = i;
  for (std::size_t i = 0; i < first.frames.size(); ++i)
    if (const auto it = of_second.find({first.frames.scene(i), first.frames.frame(i)}); it != of_second.end())
      places_.emplace_back(i, it->second);
}

PairedValues PairedFrames::values(const std::string& key) const {
  const std::vector<double> a = first_.values_of(key), b = second_.values_of(key);
  PairedValues out;
  for (const auto& [in_first, in_second] : places_) {
    out.first.push_back(a[in_first]);
    out.second.push_back(b[in_second]);
  }
  return out;
}

std::vector<Comparison> compare_runs(std::span<const RunData> runs, const std::string& protocol,
                                     const std::vector<MetricName>& metrics_named) {
  std::vector<Comparison> out;
  const std::size_t firsts = runs.size() > 4 ? 1 : runs.size();
  for (std::size_t i = 0; i < firsts; ++i)
    for (std::size_t j = i + 1; j < runs.size(); ++j)
      compare_pair(runs[i], runs[j], protocol, metrics_named, out);
  for (const MetricName& metric : metrics_named) {
    std::vector<double> p_values;
    for (const Comparison& c : out)
      p_values.push_back(c.metric.key == metric.key ? c.result.p_value : std::nan(""));
    const std::vector<double> adjusted = metrics::holm(p_values);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i].metric.key == metric.key) out[i].adjusted = adjusted[i];
  }
  return out;
}

std::string p_value_text(double p_value) {
  if (p_value < 0.001) return "< 0.001";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", p_value);
  return text;
}

}  // namespace depthmill::report
