#include "stages/scoring/explain.h"

#include <cmath>
#include <cstdio>

#include "metrics/explain.h"
#include "stages/scoring/totals.h"

namespace depthmill {
namespace {

std::string text(double value, const char* format) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, format, value);
  return std::isnan(value) ? "undefined" : buffer;
}

}  // namespace

std::vector<metrics::Protocol> explain_steps(const metrics::Protocol& from, const metrics::Protocol& to) {
  std::vector<metrics::Protocol> steps;
  for (auto& step : metrics::explain_chain(from, to)) steps.push_back(std::move(step.protocol));
  return steps;
}

std::string explain_table(const metrics::Protocol& from, const metrics::Protocol& to,
                          const ScoreTables& rows) {
  const auto chain = metrics::explain_chain(from, to);
  const auto totals = summarise(rows, explain_steps(from, to));
  const auto total = [&](const std::string& protocol, const std::string& key) {
    for (const auto& t : totals)
      if (t.protocol == protocol && t.metric == key) return t.value;
    return std::nan("");
  };
  const auto& keys = chain.front().protocol.metrics;
  std::string table = "| step |", line = "|---|";
  for (const auto& key : keys) table += " " + key + " |", line += "---|";
  table += "\n" + line + "\n";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    table += "| " + (i == 0 ? from.name : "+ " + chain[i].change) + " |";
    for (const auto& key : keys) {
      const double now = total(chain[i].protocol.name, key);
      table += " " + text(now, "%.4f");
      const double before = i == 0 ? now : total(chain[i - 1].protocol.name, key);
      if (now != before && !std::isnan(now) && !std::isnan(before))
        table += " (" + text(now - before, "%+.4f") + ")";
      table += " |";
    }
    table += "\n";
  }
  return table;
}

}  // namespace depthmill
