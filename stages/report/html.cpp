#include "stages/report/html.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "stages/io/csv.h"
#include "stages/report/compare.h"
#include "stages/report/html_parts.h"
#include "stages/report/markup.h"
#include "stages/report/page/frame.h"
#include "stages/report/stars.h"
#include "stages/report/svg_plots.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kLostRows = 200;

std::string signed_text(double value) {
  if (std::isnan(value)) return "–";
  return (value < 0 ? "−" : "+") + printed(std::fabs(value));
}

std::string distributions_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
  // A dot is about 120 bytes, a point 25; of many tables a page shows fewer of each.
  constexpr std::size_t kDots = 20'000, kPoints = 40'000;
  std::size_t rows = 1;
  for (const Table& table : tables) rows += table.rows.size() * plotted(table).size();
  const PlotDetail detail{std::clamp<std::size_t>(kDots / rows, 4, 300),
                          static_cast<int>(std::clamp<std::size_t>(kPoints / rows, 24, 72))};
  for (const Table& table : tables) {
    std::string plots;
    for (const MetricName& metric : plotted(table)) {
      std::vector<Sample> samples;
      for (std::size_t r = 0; r < runs.size(); ++r) {
        const ProtocolScores* scores = runs[r].find(table.protocol);
        const int key = scores ? scores->key_index(metric.key) : -1;
        if (key < 0 || scores->frames.empty()) continue;
        Sample& sample = samples.emplace_back();
        sample.label = runs[r].label;
        sample.run = r;
        const std::vector<double> values = scores->values_of(metric.key);
        for (std::size_t i = 0; i < values.size(); ++i)
          sample.values.emplace_back(values[i], scores->frames.id(i));
      }
      if (const std::string plot = distribution_plot(metric, samples, detail); !plot.empty())
        plots += "<figure>" + plot + "</figure>\n";
    }
    if (!plots.empty())
      body +=
          folded("Protocol " + table.protocol, body.empty(), "<div class=\"plots\">\n" + plots + "</div>\n");
  }
  if (body.empty()) return {};
  return "<section id=\"distributions\"><h2>Image by image</h2>\n<p>Shape: how the values of single images "
         "are spread. "
         "Box: the middle half of the images, with the median. Ring: the mean. Dots: images; point at one "
         "for its "
         "name.</p>\n" +
         body + "</section>\n";
}

std::string comparisons_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
  for (const Table& table : tables) {
    std::string rows;
    for (const Comparison& c : compare_runs(runs, table.protocol, plotted(table))) {
      const metrics::PairedComparison& r = c.result;
      rows += "<tr><th scope=\"row\">" + html_text(c.second + " against " + c.first) + "</th><td>" +
              html_text(c.metric.plain + c.metric.arrow()) + "</td>" +
              number_cell(r.mean_difference, signed_text(r.mean_difference)) + "<td>" +
              signed_text(r.interval.low) + " to " + signed_text(r.interval.high) + "</td>" +
              number_cell(r.p_value, html_text(p_value_text(r.p_value))) +
              number_cell(c.adjusted,
                          html_text(p_value_text(c.adjusted)) + "<sup>" + stars_of(c.adjusted) + "</sup>") +
              number_cell(static_cast<double>(c.second_better), std::to_string(c.second_better)) +
              number_cell(static_cast<double>(c.second_worse), std::to_string(c.second_worse)) +
              number_cell(static_cast<double>(r.images), std::to_string(r.images)) + "</tr>\n";
    }
    if (rows.empty()) continue;
    const Head head, still{false};
    body += folded("Protocol " + table.protocol, body.empty(),
                   scroll("Paired comparison under protocol " + table.protocol,
                          "<table class=\"sortable\"><thead><tr>" + head("Runs", true, false) +
                              head("Metric", true, false) + head("Difference", false, false) +
                              still("95 % interval", true, false) + head("p", false, false) +
                              head("p, Holm", false, false) + head("Better on", false, true) +
                              head("Worse on", false, true) + head("Images", false, true) +
                              "</tr></thead>\n<tbody>\n" + rows + "</tbody></table>"));
  }
  if (body.empty()) return {};
  return "<section id=\"pairs\"><h2>Run against run</h2>\n<p>Mean over the images that both runs have of the "
         "second "
         "value minus the first, with a bootstrap interval over images; p: how often a difference of this "
         "size comes "
         "from swapping the two at random; with Holm's correction over the pairs that are compared by this "
         "metric: * below 0.05, ** below 0.01, *** below 0.001. Better and worse count images.</p>\n" +
         body + "</section>\n";
}

std::string ranges_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
  for (const Table& table : tables) {
    std::string plots;
    for (const MetricName& metric : plotted(table)) {
      std::vector<RangeLine> lines;
      for (std::size_t r = 0; r < runs.size(); ++r) {
        const ProtocolScores* scores = runs[r].find(table.protocol);
        const int key = scores ? scores->key_index(metric.key) : -1;
        if (key >= 0 && !scores->ranges.empty())
          lines.push_back({runs[r].label, r, scores->ranges, static_cast<std::size_t>(key)});
      }
      if (lines.empty()) continue;
      if (const std::string plot = range_plot(metric, lines); !plot.empty())
        plots += "<figure>" + plot + "<figcaption>" + html_text(metric.plain + metric.arrow()) +
                 (metric.unit.empty() ? "" : ", in " + html_text(metric.unit)) + "</figcaption></figure>\n";
    }
    if (plots.empty()) continue;
    std::string notes;
    for (const RunData& run : runs)
      if (const ProtocolScores* scores = run.find(table.protocol); scores && !scores->range_note.empty())
        notes += "<p class=\"quiet\">" + html_text(scores->range_note) + "</p>\n";
    body += folded("Protocol " + table.protocol, body.empty(),
                   "<div class=\"plots\">\n" + plots + "</div>\n" + notes);
  }
  if (body.empty()) return {};
  return "<section id=\"ranges\"><h2>Error against depth</h2>\n" + run_list(runs) + body + "</section>\n";
}

std::string lost_table(const std::string& title, const std::vector<run_folder::ManifestRow>& frames) {
  if (frames.empty()) return {};
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const run_folder::ManifestRow& f : frames) ++counts[{f.stage, f.reason}];
  std::string out = "<table class=\"words\"><caption>" + title +
                    "</caption><thead><tr><th scope=\"col\">Stage</th>"
                    "<th scope=\"col\">Reason</th><th scope=\"col\">Frames</th></tr></thead><tbody>\n";
  for (const auto& [what, count] : counts)
    out += "<tr><th scope=\"row\">" + html_text(what.first) + "</th><td>" +
           (what.second.empty() ? "–" : html_text(what.second)) + "</td><td>" + std::to_string(count) +
           "</td></tr>\n";
  out += "</tbody></table>\n";
  std::string list =
      "<table class=\"words\"><thead><tr><th scope=\"col\">Frame</th><th scope=\"col\">Stage</th>"
      "<th scope=\"col\">Reason</th><th scope=\"col\">Detail</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(frames.size(), kLostRows); ++i)
    list += "<tr><th scope=\"row\">" + html_text(frames[i].id()) + "</th><td>" + html_text(frames[i].stage) +
            "</td><td>" + html_text(frames[i].reason) + "</td><td>" + html_text(frames[i].detail) +
            "</td></tr>\n";
  list += "</tbody></table>";
  if (frames.size() > kLostRows)
    list += "<p>and " + std::to_string(frames.size() - kLostRows) + " more, in manifest.csv.</p>";
  return out + folded("The frames", false, scroll(title, list));
}

std::string lost_section(std::span<const RunData> runs) {
  std::string out = "<section id=\"lost\"><h2>Frames without a result</h2>\n";
  for (const RunData& run : runs) {
    if (runs.size() > 1) out += "<h3>" + html_text(run.label) + "</h3>\n";
    if (!run.has_manifest)
      out += "<p>No manifest.csv beside these metrics, so nobody counted.</p>\n";
    else if (run.failed.empty() && run.skipped.empty())
      out += "<p class=\"good\">None failed, none were skipped.</p>\n";
    out += lost_table("Failed", run.failed) + lost_table("Skipped", run.skipped);
  }
  return out + "</section>\n";
}

std::string config_section(std::span<const RunData> runs) {
  std::string body;
  for (const RunData& run : runs)
    if (!run.config.empty())
      body +=
          folded(run.label, runs.size() == 1, "<pre tabindex=\"0\">" + html_text(run.config) + "</pre>\n");
  return body.empty() ? body : "<section id=\"config\"><h2>Configuration</h2>\n" + body + "</section>\n";
}

}  // namespace

std::string report_page(const PageTables& tables, std::span<const RunData> runs,
                        std::span<const Picture> pictures, const std::vector<std::string>& warnings) {
  std::string title = "Depth evaluation";
  if (runs.size() == 1) title += ": " + runs[0].label;
  const std::pair<const char*, std::string> sections[] = {
      {"tables\">Tables", tables_section(tables.shown)},
      {"distributions\">Image by image", distributions_section(tables.single, runs)},
      {"pairs\">Run against run", comparisons_section(tables.single, runs)},
      {"ranges\">Error against depth", ranges_section(tables.single, runs)},
      {"clips\">Over time", clips_section(tables.single, runs)},
      {"images\">Images", pictures_section(runs, pictures)},
      {"scenes\">Parts", groups_section(tables.groups)},
      {"lost\">Lost frames", lost_section(runs)},
      {"config\">Configuration", config_section(runs)}};

  std::string out =
      page_start(title, std::to_string(runs.size()) + (runs.size() == 1 ? " run, " : " runs, ") +
                            std::to_string(tables.single.size()) +
                            (tables.single.size() == 1 ? " protocol" : " protocols") +
                            ". Every number is taken from the runs' CSV files.");
  if (runs.size() > 1) out += run_list(runs);
  for (const std::string& warning : warnings) out += page_remark(warning);
  out += "</header>\n<nav aria-label=\"Sections\"><ul>";
  for (const auto& [link, body] : sections)
    if (!body.empty()) out += std::string("<li><a href=\"#") + link + "</a></li>";
  out += "</ul></nav>\n<main>\n";
  for (const auto& [link, body] : sections) out += body;
  return out + page_end("Made by depthmill report. Depths and errors in metres.");
}

}  // namespace depthmill::report
