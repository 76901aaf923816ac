#include "stages/report/report.h"

#include <algorithm>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/report/depth_ranges.h"
#include "stages/report/html.h"
#include "stages/report/load.h"
#include "stages/report/paper.h"
#include "stages/report/pictures.h"
#include "stages/report/tables.h"

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
  auto wanted = [&](const char* format) {
    return std::find(options.formats.begin(), options.formats.end(), format) != options.formats.end();
  };

  std::vector<report::RunData> runs = report::load_runs(options.metrics);
  if (wanted("html"))
    for (report::RunData& run : runs) report::add_depth_ranges(run, options);
  const std::vector<report::Table> tables = report::make_tables(runs);

  ReportResult result;
  for (const report::RunData& run : runs)
    result.warnings.insert(result.warnings.end(), run.warnings.begin(), run.warnings.end());
  result.markdown = report::tables_markdown(tables);

  auto write = [&](const char* name, const std::string& text) {
    io::write_whole_file(options.out / name, text);
    result.written.push_back(options.out / name);
  };
  if (wanted("csv")) write("tables.csv", report::tables_csv(tables));
  if (wanted("markdown")) write("tables.md", result.markdown);
  if (wanted("latex")) write("tables.tex", report::tables_latex(tables));
  if (wanted("json")) write("report.json", report::report_json(tables, runs));
  std::vector<report::Picture> pictures;
  if (options.max_pictures > 0)
    pictures = report::make_pictures(runs, options, wanted("html"), result.written, result.warnings);
  if (wanted("html")) write("report.html", report::report_page(tables, runs, pictures, result.warnings));
  return result;
}

}  // namespace depthmill
