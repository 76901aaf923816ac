// What a report can be told.
#include <algorithm>

#include "stages/report/report.h"

namespace depthmill {

const std::vector<io::Key<ReportOptions>>& report_keys() {
  using O = ReportOptions;
  using io::key;
  static const std::vector<io::Key<O>> table = {
      key<O>("report", "metrics", &O::metrics, "RUN[=LABEL],...",
             "run folders to compare, in the order of the rows"),
      io::words_key<O>("report", "format", &O::formats, kReportFormats, "NAME,...",
                       "csv, markdown, latex, json, html"),
      key<O>("report", "pictures", &O::max_pictures, "N", "picture strips a run, 0 = none"),
      key<O>("report", "best-worst", &O::best_worst, "N",
             "so many best and so many worst frames among the pictures"),
      key<O>("report", "picture-metric", &O::picture_metric, "KEY",
             "metric that says which frames are best and worst"),
      key<O>("report", "columns", &O::columns, "KEY,...",
             "metrics of the tables in Markdown, LaTeX and the page, in this order: abs_rel,rmse,d1; "
             "default: all"),
      key<O>("report", "digits", &O::digits, "N", "decimals in these tables; -1 = as many as tell")
          .within(-1, 12),
      key<O>("report", "percent", &O::percent, "", "shares (d1, d2, d3) in per cent"),
      key<O>("report", "sort", &O::sort, "KEY", "metric that rows are sorted by, the best first"),
      key<O>("report", "intervals", &O::intervals, "", "numbers with their 95 % interval over images"),
      io::words_key<O>("report", "by", &O::by, kGroupings, "NAME,...",
                       "tables by scene, type (of scene) or depth too, in Markdown and LaTeX; intervals are "
                       "of whole runs"),
      key<O>("report", "join", &O::join, "PROTOCOL,...",
             "protocols whose tables become one, with a column that says how predictions were aligned"),
      key<O>("report", "stars", &O::stars, "RUN",
             "label of a run: stars where another is sure to differ from it on the same images"),
      key<O>("report", "planes", &O::planes, "DIR,...",
             "more folders to take the planes of the pictures from"),
  };
  return table;
}

std::string ReportOptions::problem() const {
  if (metrics.empty()) return "report.metrics: name at least one run folder";
  for (const std::string& source : metrics)
    if (source.empty() || source.front() == '=') return "report.metrics: '" + source + "' names no folder";
  if (out.empty()) return "report.out: name a folder to write to";
  if (panel_width < 64 || panel_width > 4096) return "report.panel_width: must be between 64 and 4096 pixels";
  return "";
}

}  // namespace depthmill
