#include "stages/report/metric_names.h"

#include <algorithm>
#include <iterator>

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
  static constexpr std::string_view kHigher[] = {"d1", "d2", "d3", "d05", "d_auc", "tau"};
  static constexpr std::string_view kLower[] = {"abs_rel", "sq_rel", "rmse",  "rmse_log", "log10",
                                                "mae",     "silog",  "irmse", "imae"};
  if (std::find(std::begin(kHigher), std::end(kHigher), key) != std::end(kHigher))
    name.better = Better::kHigher;
  if (std::find(std::begin(kLower), std::end(kLower), key) != std::end(kLower)) name.better = Better::kLower;
  if (key == "rmse" || key == "mae") name.unit = "m";
  return name;
}

}  // namespace depthmill::report
