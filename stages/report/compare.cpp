#include "stages/report/compare.h"

#include <cstdio>
#include <map>

namespace depthmill::report {
namespace {

void compare_pair(const RunData& first, const RunData& second, const std::string& protocol,
                  const std::vector<MetricName>& metrics, std::vector<Comparison>& out) {
  const ProtocolScores *a = first.find(protocol), *b = second.find(protocol);
  if (!a || !b) return;
  std::map<std::pair<std::string, std::string>, const ScoreRow*> of_second;
  for (const ScoreRow& row : b->frames) of_second[{row.scene, row.frame}] = &row;
  for (const MetricName& metric : metrics) {
    const int ka = a->key_index(metric.key), kb = b->key_index(metric.key);
    if (ka < 0 || kb < 0 || metric.better == Better::kUnknown) continue;
    std::vector<double> va, vb;
    for (const ScoreRow& row : a->frames) {
      auto it = of_second.find({row.scene, row.frame});
      if (it == of_second.end()) continue;
      va.push_back(row.values[static_cast<std::size_t>(ka)]);
      vb.push_back(it->second->values[static_cast<std::size_t>(kb)]);
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
