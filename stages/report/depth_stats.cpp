#include "stages/report/depth_stats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include "stages/io/csv.h"
#include "stages/report/markup.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

constexpr double kNoDepth = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kAllScenes = "(all)";

template <class T>
void take_readings(const cv::Mat& depth, DepthFacts& facts) {
  for (int row = 0; row < depth.rows; ++row) {
    const T* values = depth.ptr<T>(row);
    for (int column = 0; column < depth.cols; ++column) {
      const double metres = values[column];
      if (!(std::isfinite(metres) && metres > 0)) continue;
      facts.histogram.add(metres);
      facts.least = facts.readings == 0 ? metres : std::min(facts.least, metres);
      facts.greatest = std::max(facts.greatest, metres);
      facts.sum += metres;
      ++facts.readings;
    }
  }
}

std::string sizes_text(const DepthFacts& facts) {
  std::string text;
  for (const auto& [rows, cols] : facts.sizes)
    text += (text.empty() ? "" : "; ") + std::to_string(rows) + "x" + std::to_string(cols);
  return text;
}
std::string units_text(const DepthFacts& facts) {
  std::string text;
  for (const std::string& unit : facts.units) text += (text.empty() ? "" : "; ") + unit;
  return text;
}

// Scenes, and everything last.
std::vector<std::pair<std::string, DepthFacts>> stats_rows(const DepthStats& stats) {
  std::vector<std::pair<std::string, DepthFacts>> rows(stats.scenes.begin(), stats.scenes.end());
  rows.emplace_back(kAllScenes, stats.all());
  return rows;
}

const std::vector<std::string> kStatsColumns{
    "scene",      "frames",    "failed",    "with_rgb",     "size",      "unit",       "readings",
    "hole_share", "depth_min", "depth_p25", "depth_median", "depth_p75", "depth_mean", "depth_max"};

std::vector<std::string> stats_cells(const std::string& scene, const DepthFacts& facts, bool short_numbers) {
  const auto number = [&](double value) {
    if (!short_numbers) return io::format_number(value);
    if (std::isinf(value)) return "> " + io::format_number(DepthHistogram::kEnd);
    return std::isnan(value) ? std::string("–") : printed(value);
  };
  const bool any = facts.readings > 0;
  return {scene,
          std::to_string(facts.frames),
          std::to_string(facts.failed),
          std::to_string(facts.with_rgb),
          sizes_text(facts),
          units_text(facts),
          std::to_string(facts.readings),
          number(facts.hole_share()),
          number(any ? facts.least : kNoDepth),
          number(facts.histogram.quantile(0.25)),
          number(facts.histogram.quantile(0.5)),
          number(facts.histogram.quantile(0.75)),
          number(facts.mean()),
          number(any ? facts.greatest : kNoDepth)};
}

}  // namespace

void DepthHistogram::add(double metres) {
  if (counts_.empty()) counts_.resize(kSteps + 1);
  // Divided, not multiplied by 100: 0.29 m belongs to the step that begins there.
  const double step = std::floor(metres / kStep + 1e-9);
  ++counts_[step < static_cast<double>(kSteps) ? static_cast<std::size_t>(step) : kSteps];
}

void DepthHistogram::add(const DepthHistogram& other) {
  if (other.counts_.empty()) return;
  if (counts_.empty()) counts_.resize(kSteps + 1);
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
}

std::uint64_t DepthHistogram::between(std::size_t from, std::size_t to) const {
  if (counts_.empty()) return 0;
  const auto at = [&](std::size_t step) {
    return counts_.begin() + static_cast<std::ptrdiff_t>(std::min(step, kSteps));
  };
  return std::accumulate(at(from), at(to), std::uint64_t{0});
}

double DepthHistogram::quantile(double share) const {
  const std::uint64_t total = between(0, kSteps) + beyond();
  if (total == 0) return kNoDepth;
  const double wanted = share * static_cast<double>(total);
  double below = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    below += static_cast<double>(counts_[step]);
    if (below >= wanted && counts_[step] > 0) return kStep * (static_cast<double>(step) + 0.5);
  }
  return std::numeric_limits<double>::infinity();
}

void DepthFacts::add(const DepthFacts& other) {
  frames += other.frames, failed += other.failed, with_rgb += other.with_rgb;
  sizes.insert(other.sizes.begin(), other.sizes.end());
  units.insert(other.units.begin(), other.units.end());
  if (other.readings > 0) {
    least = readings == 0 ? other.least : std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
  }
  pixels += other.pixels, readings += other.readings, sum += other.sum;
  histogram.add(other.histogram);
}

double DepthFacts::hole_share() const {
  return pixels == 0 ? kNoDepth : 1 - static_cast<double>(readings) / static_cast<double>(pixels);
}
double DepthFacts::mean() const { return readings == 0 ? kNoDepth : sum / static_cast<double>(readings); }

DepthFacts facts_of(const cv::Mat& depth) {
  DepthFacts facts;
  facts.frames = 1;
  facts.sizes.emplace(depth.rows, depth.cols);
  facts.pixels = depth.total();
  if (depth.type() == CV_32FC1)
    take_readings<float>(depth, facts);
  else
    take_readings<double>(depth, facts);
  return facts;
}

DepthFacts DepthStats::all() const {
  DepthFacts sum;
  for (const auto& [scene, facts] : scenes) sum.add(facts);
  return sum;
}

std::size_t steps_a_bar(double greatest) {
  for (const std::size_t steps : {5, 10, 25, 50, 100, 250})
    if (greatest <= 40 * DepthHistogram::kStep * static_cast<double>(steps)) return steps;
  return 250;
}

std::string stats_csv(const DepthStats& stats) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [scene, facts] : stats_rows(stats)) rows.push_back(stats_cells(scene, facts, false));
  return io::csv_text(kStatsColumns, rows);
}

std::string histogram_csv(const DepthStats& stats) {
  const std::size_t steps = steps_a_bar(stats.all().greatest);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [scene, facts] : stats_rows(stats)) {
    const auto row = [&](double from, const std::string& to, std::uint64_t readings) {
      if (readings > 0) rows.push_back({scene, io::format_number(from), to, std::to_string(readings)});
    };
    for (std::size_t at = 0; at < DepthHistogram::kSteps; at += steps)
      row(static_cast<double>(at) / 100, io::format_number(static_cast<double>(at + steps) / 100),
          facts.histogram.between(at, at + steps));
    row(100, "inf", facts.histogram.beyond());
  }
  const std::vector<std::string> header{"scene", "from", "to", "readings"};
  return io::csv_text(header, rows);
}

std::string stats_markdown(const DepthStats& stats) {
  std::string text = "# " + markdown_text(stats.title) + "\n\nPlane " + markdown_text(stats.plane) +
                     ", depths in metres, quartiles to a centimetre.\n\n|";
  for (const std::string& column : kStatsColumns) text += " " + column + " |";
  text += "\n|";
  for (std::size_t i = 0; i < kStatsColumns.size(); ++i) text += i == 0 ? "---|" : "---:|";
  text += "\n";
  for (const auto& [scene, facts] : stats_rows(stats)) {
    text += "|";
    for (const std::string& cell : stats_cells(scene, facts, true)) text += " " + markdown_text(cell) + " |";
    text += "\n";
  }
  for (const std::string& remark : stats.remarks) text += "\n- " + markdown_text(remark);
  return text + (stats.remarks.empty() ? "" : "\n");
}

}  // namespace depthmill::report
