#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "stages/report/html_parts.h"
#include "stages/report/markup.h"
#include "stages/report/svg_plots.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kClips = 12;  // a protocol

bool looks_at_clips(std::span<const RunData> runs, const std::string& protocol) {
  return std::any_of(runs.begin(), runs.end(), [&](const RunData& run) {
    const ProtocolScores* scores = run.find(protocol);
    if (!scores || !scores->protocol) return false;
    const metrics::Protocol& p = *scores->protocol;
    return p.align_group == metrics::AlignGroup::kClip || p.end_frame > 0 ||
           std::find(p.metrics.begin(), p.metrics.end(), "tae") != p.metrics.end();
  });
}

// Names of the clips in the order of their first frames.
std::vector<std::string> clips_of(std::span<const RunData> runs, const std::string& protocol) {
  std::vector<std::string> clips;
  std::set<std::string_view> seen;
  for (const RunData& run : runs)
    if (const ProtocolScores* scores = run.find(protocol))
      for (std::size_t i = 0; i < scores->frames.size(); ++i)
        if (seen.insert(scores->frames.scene(i)).second) clips.emplace_back(scores->frames.scene(i));
  return clips;
}

TimeLine line_of(const RunData& run, std::size_t number, const std::string& protocol, const std::string& clip,
                 const std::string& key) {
  TimeLine line{run.label, number, {}};
  const ProtocolScores* scores = run.find(protocol);
  if (!scores || scores->key_index(key) < 0) return line;
  const std::vector<double> values = scores->values_of(key);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (scores->frames.scene(i) == clip) line.values.push_back(values[i]);
  return line;
}

}  // namespace

std::string clips_section(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string body;
  for (const Table& table : tables) {
    if (!looks_at_clips(runs, table.protocol)) continue;
    const std::vector<std::string> clips = clips_of(runs, table.protocol);
    std::vector<MetricName> metrics = plotted(table);
    metrics.resize(std::min<std::size_t>(metrics.size(), 1));
    for (const MetricName& column : table.columns)
      if (column.key == "tae" && (metrics.empty() || metrics[0].key != "tae")) metrics.push_back(column);
    std::string plots;
    // Of many clips some, evenly.
    const std::size_t shown = std::min(clips.size(), kClips);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::string& clip = clips[i * clips.size() / shown];
      for (const MetricName& metric : metrics) {
        std::vector<TimeLine> lines;
        for (std::size_t r = 0; r < runs.size(); ++r)
          lines.push_back(line_of(runs[r], r, table.protocol, clip, metric.key));
        if (const std::string plot = time_plot(metric, lines); !plot.empty())
          plots += "<figure>" + plot + "<figcaption>" +
                   html_text((clip.empty() ? "" : clip + ": ") + metric.plain + metric.arrow()) +
                   (metric.unit.empty() ? "" : ", in " + html_text(metric.unit)) + "</figcaption></figure>\n";
      }
    }
    if (plots.empty()) continue;
    if (shown < clips.size())
      plots += "<p class=\"quiet\">" + std::to_string(shown) + " of " + std::to_string(clips.size()) +
               " clips, evenly.</p>\n";
    body +=
        folded("Protocol " + table.protocol, body.empty(), "<div class=\"plots\">\n" + plots + "</div>\n");
  }
  if (body.empty()) return {};
  return "<section id=\"clips\"><h2>Over time</h2>\n" + run_list(runs) + body + "</section>\n";
}

}  // namespace depthmill::report
