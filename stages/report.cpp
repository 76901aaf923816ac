#include "stages/report.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace depthmill {

const std::vector<std::string>& report_formats() {
  static const std::vector<std::string> kFormats = {"csv", "markdown", "latex", "json", "html"};
  return kFormats;
}

std::string ReportOptions::problem() const {
  if (metrics.empty()) return "report.metrics: name at least one run folder";
  for (const std::string& source : metrics)
    if (source.empty() || source.front() == '=') return "report.metrics: '" + source + "' names no folder";
  if (out.empty()) return "report.out: name a folder to write to";
  const auto& known = report_formats();
  for (const std::string& format : formats)
    if (std::find(known.begin(), known.end(), format) == known.end())
      return "report.formats: '" + format + "' is not one of csv, markdown, latex, json, html";
  if (panel_width < 64 || panel_width > 4096) return "report.panel_width: must be between 64 and 4096 pixels";
  return {};
}

ReportResult write_report(const ReportOptions& options) {
  if (std::string problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
  return {};
}

}  // namespace depthmill
