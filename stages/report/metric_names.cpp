#include "stages/report/metric_names.h"

#include <algorithm>
#include <iterator>

#include "metrics/errors.h"

namespace depthmill::report {
namespace {

struct NameRow {
  const char* key;
  const char* plain;
  const char* latex;
};

// Only what a reader would spell differently from the key.
constexpr NameRow kNames[] = {
    {"abs_rel", "AbsRel", "AbsRel"},
    {"sq_rel", "SqRel", "SqRel"},
    {"rmse", "RMSE", "RMSE"},
    {"rmse_log", "RMSE log", "RMSE$_{\\log}$"},
    {"log10", "log10", "$\\log_{10}$"},
    {"mae", "MAE", "MAE"},
    {"silog", "SILog", "SILog"},
    {"d1", "δ₁", "$\\delta_1$"},
    {"d2", "δ₂", "$\\delta_2$"},
    {"d3", "δ₃", "$\\delta_3$"},
    {"d05", "δ₀.₅", "$\\delta_{0.5}$"},
    {"d_auc", "δ AUC", "$\\delta_{\\mathrm{AUC}}$"},
    {"tau", "τ", "$\\tau$"},
    {"abs_rel_pct", "AbsRel (%)", "AbsRel (\\%)"},
    {"sq_rel_pct", "SqRel (%)", "SqRel (\\%)"},
    {"rmse_mm", "RMSE (mm)", "RMSE (mm)"},
    {"mae_mm", "MAE (mm)", "MAE (mm)"},
};

// A key's own letters are plain text in LaTeX but for the underscore.
std::string escape_key(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '_') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string MetricName::arrow() const {
  if (better == Better::kLower) return " ↓";
  if (better == Better::kHigher) return " ↑";
  return {};
}

MetricName metric_name(std::string_view key) {
  MetricName name{std::string(key), std::string(key), escape_key(key), {}, Better::kUnknown};
  const auto* row =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const NameRow& r) { return key == r.key; });
  if (row != std::end(kNames)) {
    name.plain = row->plain;
    name.latex = row->latex;
  }
  if (const metrics::Metric* metric = metrics::find_metric(key)) {
    name.unit = metric->unit;
    name.better = metric->direction == metrics::Direction::kLowerIsBetter ? Better::kLower : Better::kHigher;
  }
  return name;
}

}  // namespace depthmill::report
