// What a table says about a metric: its name for people and for LaTeX, its unit, and which way is better.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::report {

enum class Better { kUnknown, kLower, kHigher };

struct MetricName {
  std::string key;    // as in the CSV files
  std::string plain;  // for pages, may hold Unicode: "AbsRel", "δ₁"
  std::string latex;  // for a LaTeX table, math included: "$\\delta_1$"
  std::string unit;   // "m", "%", "" for a ratio
  Better better = Better::kUnknown;

  // " ↓", " ↑" or "".
  std::string arrow() const;
};

// A key nobody listed keeps its spelling and has no direction: it is shown, and never marked best.
MetricName metric_name(std::string_view key);

}  // namespace depthmill::report
