// The page of a data set's statistics, in the style of the report's.
#include <cmath>

#include "stages/base/counted.h"
#include "stages/io/csv.h"
#include "stages/report/depth_stats.h"
#include "stages/report/markup.h"
#include "stages/report/page/frame.h"
#include "stages/report/svg_plots.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kMostPlots = 60;

std::string stats_heading(const std::string& words, bool text) {
  return std::string("<th scope=\"col\"") + (text ? " data-words" : " data-first=\"descending\"") +
         "><button type=\"button\">" + html_text(words) + "</button></th>";
}
std::string stats_cell(double value, const std::string& text) {
  return "<td data-v=\"" + io::format_number(value) + "\">" + html_text(text) + "</td>";
}
std::string stats_cell(double value) { return stats_cell(value, std::isnan(value) ? "–" : printed(value)); }
std::string stats_count(std::size_t value) {
  return stats_cell(static_cast<double>(value), std::to_string(value));
}

std::string stats_row(const std::string& scene, const DepthFacts& facts) {
  std::string sizes, units;
  for (const auto& [rows, cols] : facts.sizes)
    sizes += (sizes.empty() ? "" : ", ") + std::to_string(rows) + " × " + std::to_string(cols);
  for (const std::string& unit : facts.units) units += (units.empty() ? "" : ", ") + unit;
  const double none = std::nan("");
  return "<tr><th scope=\"row\">" + html_text(scene) + "</th>" + stats_count(facts.frames) +
         stats_count(facts.failed) + stats_count(facts.with_rgb) + "<td>" + sizes + "</td><td>" +
         html_text(units) + "</td>" + stats_cell(100 * facts.hole_share()) +
         stats_cell(facts.readings > 0 ? facts.least : none) + stats_cell(facts.histogram.quantile(0.5)) +
         stats_cell(facts.mean()) + stats_cell(facts.readings > 0 ? facts.greatest : none) + "</tr>\n";
}

std::string stats_table(const DepthStats& stats) {
  std::string out =
      "<section id=\"scenes\"><h2>Scenes</h2>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"Scenes\"><table class=\"sortable\"><thead><tr>" +
      stats_heading("Scene", true);
  for (const char* words : {"Frames", "Failed", "With rgb"}) out += stats_heading(words, false);
  out += "<th scope=\"col\">Size</th><th scope=\"col\">Unit</th>";
  for (const char* words : {"Holes (%)", "Nearest", "Median", "Mean", "Farthest"})
    out += stats_heading(words, false);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& [scene, facts] : stats.scenes)
    out += stats_row(scene.empty() ? "(no scene)" : scene, facts);
  return out + stats_row("all", stats.all()) + "</tbody></table></div></section>\n";
}

std::string stats_plot(const std::string& title, const DepthFacts& facts, std::size_t steps) {
  HistogramBars bars;
  bars.width = DepthHistogram::kStep * static_cast<double>(steps);
  for (std::size_t at = 0; at < DepthHistogram::kSteps && static_cast<double>(at) / 100 <= facts.greatest;
       at += steps)
    bars.counts.push_back(static_cast<double>(facts.histogram.between(at, at + steps)));
  const std::string picture = histogram_plot(title, bars);
  return picture.empty() ? "" : "<figure>" + picture + "</figure>\n";
}

std::string stats_plots(const DepthStats& stats) {
  const DepthFacts all = stats.all();
  const std::size_t steps = steps_a_bar(all.greatest);
  std::string out =
      "<section id=\"depth\"><h2>Depth</h2>\n<div class=\"plots\">" + stats_plot("all", all, steps);
  std::size_t shown = 0;
  if (stats.scenes.size() > 1)
    for (const auto& [scene, facts] : stats.scenes)
      if (shown++ < kMostPlots) out += stats_plot(scene, facts, steps);
  out += "</div>\n";
  if (shown > kMostPlots)
    out += "<p>and " + std::to_string(shown - kMostPlots) + " scenes more, in histogram.csv.</p>\n";
  return out + "</section>\n";
}

}  // namespace

std::string stats_page(const DepthStats& stats) {
  std::string out =
      page_start("What " + stats.title + " holds",
                 counted(stats.all().frames, "frame") + " in " + std::to_string(stats.scenes.size()) +
                     (stats.scenes.size() == 1 ? " scene" : " scenes") + ", plane " + stats.plane + ".");
  for (const std::string& remark : stats.remarks) out += page_remark(remark);
  return out + "</header>\n<main>\n" + stats_table(stats) + stats_plots(stats) +
         page_end("Made by depthmill stats. Depths in metres.");
}

}  // namespace depthmill::report
