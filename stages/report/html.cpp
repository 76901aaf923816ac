#include "stages/report/html.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "stages/io/csv.h"
#include "stages/report/compare.h"
#include "stages/report/markup.h"
#include "stages/report/page/frame.h"
#include "stages/report/svg_plots.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kLostRows = 200;

// A heading; one that sorts is a button. `high_first`: the first click puts the highest on top.
struct Head {
  bool sorts = true;
  std::string operator()(const std::string& name, bool words, bool high_first,
                         const std::string& title = "") const {
    std::string out = "<th scope=\"col\"";
    if (!title.empty()) out += " title=\"" + html_text(title) + "\"";
    if (!sorts) return out + ">" + html_text(name) + "</th>";
    if (words) out += " data-words";
    if (high_first) out += " data-first=\"descending\"";
    return out + "><button type=\"button\">" + html_text(name) + "</button></th>";
  }
  std::string operator()(const MetricName& m) const {
    std::string title = m.key;
    if (!m.unit.empty()) title += ", in " + m.unit;
    if (m.better == Better::kLower) title += ", lower is better";
    if (m.better == Better::kHigher) title += ", higher is better";
    return (*this)(m.plain + m.arrow(), false, m.better == Better::kHigher, title);
  }
};

std::string number_cell(double value, const std::string& text, const std::string& more = "") {
  return "<td" + more + " data-v=\"" + io::format_number(value) + "\">" + text + "</td>";
}

std::string signed_text(double value) {
  if (std::isnan(value)) return "–";
  return (value < 0 ? "−" : "+") + printed(std::fabs(value));
}

std::string interval_text(const Cell& cell) {
  if (std::isnan(cell.low) || std::isnan(cell.high)) return {};
  return "<br><small>" + printed(cell.low) + "–" + printed(cell.high) + "</small>";
}

std::string count_cell(bool known, std::size_t count) {
  const std::string text = known ? std::to_string(count) : std::string();
  return "<td data-v=\"" + text + "\">" + (known ? text : "–") + "</td>";
}

std::string scroll(const std::string& label, const std::string& inside) {
  return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + html_text(label) + "\">" +
         inside + "</div>\n";
}

std::string result_table(const Table& table) {
  const bool compare = table.rows.size() > 1;  // one row has nothing to sort
  const Head head{compare};
  std::string out = "<table";
  if (compare)
    out += " class=\"sortable\"><caption><span>" + html_text(table.protocol) +
           ": best value bold, second underlined</span></caption>";
  else
    out += ">";
  out += "\n<thead><tr>" + head("Run", true, false);
  for (const MetricName& column : table.columns) out += head(column);
  // Counts come last: on a phone the scores are what must be seen without scrolling.
  out += head("Images", false, true) + head("Failed", false, false) + head("Skipped", false, false) +
         "</tr></thead>\n<tbody>\n";
  for (const Row& row : table.rows) {
    out += "<tr><th scope=\"row\">" + html_text(row.label) + "</th>";
    for (const Cell& cell : row.cells)
      out += number_cell(cell.value, cell.text.empty() ? "–" : cell.text + interval_text(cell),
                         cell.mark == Mark::kBest     ? " class=\"best\""
                         : cell.mark == Mark::kSecond ? " class=\"second\""
                                                      : "");
    out += number_cell(static_cast<double>(row.images), std::to_string(row.images)) +
           count_cell(row.has_manifest, row.failed) + count_cell(row.has_manifest, row.skipped) + "</tr>\n";
  }
  return out + "</tbody></table>";
}

bool has_intervals(const Table& table) {
  for (const Row& row : table.rows)
    for (const Cell& cell : row.cells)
      if (!std::isnan(cell.low)) return true;
  return false;
}

std::string tables_section(std::span<const Table> tables) {
  std::string out = "<section id=\"tables\"><h2>Tables</h2>\n";
  if (tables.size() > 3) {
    out += "<p class=\"jump\">Protocols:";
    for (const Table& table : tables)
      out +=
          " <a href=\"#protocol-" + file_name_of(table.protocol) + "\">" + html_text(table.protocol) + "</a>";
    out += "</p>\n";
  }
  for (const Table& table : tables) {
    out += "<h3 id=\"protocol-" + html_text(file_name_of(table.protocol)) + "\">Protocol " +
           html_text(table.protocol) + "</h3>\n";
    if (!table.sentence.empty())
      out += "<details class=\"protocol\"><summary>What it does</summary><p>" + html_text(table.sentence) +
             "</p></details>\n";
    out += scroll("Results under protocol " + table.protocol, result_table(table));
    if (has_intervals(table))
      out += "<p class=\"quiet\">Small: 95 % interval, by bootstrap over images.</p>\n";
    for (const std::string& remark : table.remarks)
      out += "<p class=\"remark\">" + html_text(remark) + "</p>\n";
  }
  return out + "</section>\n";
}

std::string run_list(std::span<const RunData> runs) {
  std::string out = "<ul class=\"runs\">";
  for (std::size_t r = 0; r < runs.size(); ++r)
    out += "<li class=\"c" + std::to_string(r % 8) + "\"><span>" + html_text(runs[r].label) + "</span></li>";
  return out + "</ul>\n";
}

// The metrics most papers show, of those the protocol has; else its first ones.
std::vector<MetricName> plotted(const Table& table) {
  std::vector<MetricName> all;
  for (const char* key : {"abs_rel", "rmse", "d1"})
    for (const MetricName& column : table.columns)
      if (column.key == key) all.push_back(column);
  for (const MetricName& column : table.columns)
    if (all.size() < 2 &&
        std::none_of(all.begin(), all.end(), [&](const MetricName& m) { return m.key == column.key; }))
      all.push_back(column);
  return all;
}

std::string folded(const std::string& title, bool open, const std::string& inside) {
  return "<details" + std::string(open ? " open" : "") + "><summary>" + html_text(title) + "</summary>\n" +
         inside + "</details>\n";
}

std::string distributions_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
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
      if (const std::string plot = distribution_plot(metric, samples); !plot.empty())
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
              number_cell(static_cast<double>(c.second_better), std::to_string(c.second_better)) +
              number_cell(static_cast<double>(c.second_worse), std::to_string(c.second_worse)) +
              number_cell(static_cast<double>(r.images), std::to_string(r.images)) + "</tr>\n";
    }
    if (rows.empty()) continue;
    const Head head, still{false};
    body += folded(
        "Protocol " + table.protocol, body.empty(),
        scroll("Paired comparison under protocol " + table.protocol,
               "<table class=\"sortable\"><thead><tr>" + head("Runs", true, false) +
                   head("Metric", true, false) + head("Difference", false, false) +
                   still("95 % interval", true, false) + head("p", false, false) +
                   head("Better on", false, true) + head("Worse on", false, true) +
                   head("Images", false, true) + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table>"));
  }
  if (body.empty()) return {};
  return "<section id=\"pairs\"><h2>Run against run</h2>\n<p>Mean over the images that both runs have of the "
         "second "
         "value minus the first, with a bootstrap interval over images; p: how often a difference of this "
         "size comes "
         "from swapping the two at random. Better and worse count images.</p>\n" +
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

// Scores by scene or by kind of scene, one row a group and run.
std::string group_table(const Table& table, std::span<const RunData> runs, const std::string& what,
                        std::vector<ScoreRow> ProtocolScores::*groups) {
  std::string rows;
  for (const RunData& run : runs) {
    const ProtocolScores* scores = run.find(table.protocol);
    if (!scores || (scores->*groups).size() < 2) continue;
    for (const ScoreRow& group : scores->*groups) {
      rows += "<tr><th scope=\"row\">" + html_text(group.scene.empty() ? "(none)" : group.scene) + "</th>";
      if (runs.size() > 1) rows += "<td>" + html_text(run.label) + "</td>";
      rows += number_cell(static_cast<double>(group.n), std::to_string(group.n));
      for (const MetricName& column : table.columns) {
        const int key = scores->key_index(column.key);
        const double value = key < 0 ? std::nan("") : group.values[static_cast<std::size_t>(key)];
        rows += number_cell(value, std::isnan(value) ? "–" : printed(value));
      }
      rows += "</tr>\n";
    }
  }
  if (rows.empty()) return {};
  const Head head;
  std::string out = "<table class=\"sortable\"><thead><tr>" + head(what, true, false);
  if (runs.size() > 1) out += head("Run", true, false);
  out += head("Images", false, true);
  for (const MetricName& column : table.columns) out += head(column);
  return folded(what + "s under protocol " + table.protocol, false,
                scroll(what + "s under protocol " + table.protocol,
                       out + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table>"));
}

std::string scenes_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
  for (const Table& table : tables)
    body += group_table(table, runs, "Scene type", &ProtocolScores::types) +
            group_table(table, runs, "Scene", &ProtocolScores::scenes);
  if (body.empty()) return {};
  return "<section id=\"scenes\"><h2>Scene by scene</h2>\n" + body + "</section>\n";
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

std::string report_page(std::span<const Table> tables, std::span<const RunData> runs,
                        std::span<const Picture> pictures, const std::vector<std::string>& warnings) {
  std::string title = "Depth evaluation";
  if (runs.size() == 1) title += ": " + runs[0].label;
  const std::pair<const char*, std::string> sections[] = {
      {"tables\">Tables", tables_section(tables)},
      {"distributions\">Image by image", distributions_section(tables, runs)},
      {"pairs\">Run against run", comparisons_section(tables, runs)},
      {"ranges\">Error against depth", ranges_section(tables, runs)},
      {"images\">Images", pictures_section(runs, pictures)},
      {"scenes\">Scenes", scenes_section(tables, runs)},
      {"lost\">Lost frames", lost_section(runs)},
      {"config\">Configuration", config_section(runs)}};

  std::string out = page_start(
      title, std::to_string(runs.size()) + (runs.size() == 1 ? " run, " : " runs, ") +
                 std::to_string(tables.size()) + (tables.size() == 1 ? " protocol" : " protocols") +
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
