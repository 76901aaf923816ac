#include "stages/report/compare.h"

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
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> of_second;
  for (std::size_t i = 0; i < b->frames.size(); ++i) of_second[{b->frames.scene(i), b->frames.frame(i)}] = i;
  for (const MetricName& metric : metrics) {
    if (a->key_index(metric.key) < 0 || b->key_index(metric.key) < 0 || metric.better == Better::kUnknown)
      continue;
    const std::vector<double> of_a = a->values_of(metric.key), of_b = b->values_of(metric.key);
    std::vector<double> va, vb;
    for (std::size_t i = 0; i < a->frames.size(); ++i) {
      const auto it = of_second.find({a->frames.scene(i), a->frames.frame(i)});
      if (it == of_second.end()) continue;
      va.push_back(of_a[i]);
      vb.push_back(of_b[it->second]);
    }
    Comparison c{first.label, second.label, metric, metrics::compare_paired(va, vb)};
    if (c.result.images < 2) continue;
    const bool lower = metric.better == Better::kLower;
    c.second_better = lower ? c.result.second_smaller : c.result.second_larger;
    c.second_worse = lower ? c.result.second_larger : c.result.second_smaller;
    out.push_back(c);
  }
}

}  // namespace

std::vector<Comparison> compare_runs(std::span<const RunData> runs, const std::string& protocol,
                                     const std::vector<MetricName>& metrics) {
  std::vector<Comparison> out;
  const std::size_t firsts = runs.size() > 4 ? 1 : runs.size();
  for (std::size_t i = 0; i < firsts; ++i)
    for (std::size_t j = i + 1; j < runs.size(); ++j) compare_pair(runs[i], runs[j], protocol, metrics, out);
  return out;
}

std::string p_value_text(double p_value) {
  if (p_value < 0.001) return "< 0.001";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", p_value);
  return text;
}

}  // namespace depthmill::report
