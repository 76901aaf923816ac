#include "stages/report/report.h"

#include <algorithm>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/report/depth_ranges.h"
#include "stages/report/groups.h"
#include "stages/report/html.h"
#include "stages/report/join.h"
#include "stages/report/load.h"
#include "stages/report/paper.h"
#include "stages/report/pictures.h"
#include "stages/report/stars.h"
#include "stages/report/tables.h"

namespace depthmill {

ReportResult write_report(const ReportOptions& options) {
  if (std::string problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
  auto wanted = [&](ReportFormat format) {
    return std::find(options.formats.begin(), options.formats.end(), format) != options.formats.end();
  };

  std::vector<report::RunData> runs = report::load_runs(options.metrics);
  const bool by_depth = std::find(options.by.begin(), options.by.end(), Grouping::kDepth) != options.by.end();
  if (wanted(ReportFormat::kHtml) || by_depth)
    for (report::RunData& run : runs) report::add_depth_ranges(run, options, by_depth);
  const std::vector<report::Table> tables = report::make_tables(runs),
                                   groups = report::all_groups(tables, runs);

  ReportResult result;
  io::sweep_temporaries(options.out, {"pictures"});  // of a report that was killed
  for (const report::RunData& run : runs)
    result.warnings.insert(result.warnings.end(), run.warnings.begin(), run.warnings.end());
  const report::Arrangement people{options.columns, options.digits, options.percent, options.sort,
                                   options.intervals};
  report::PageTables page{
      report::arranged(report::joined(tables, runs, options.join, options.columns), people),
      report::arranged(tables, people), report::arranged(groups, people)};
  report::add_stars(page.shown, runs, options.stars);
  const std::vector<report::Table> listed = report::with_groups(page.shown, page.groups, options.by);
  result.markdown = report::tables_markdown(listed);

  auto write = [&](const char* name, const std::string& text) {
    io::write_whole_file(options.out / name, text);
    result.written.push_back(options.out / name);
  };
  if (wanted(ReportFormat::kCsv)) {
    write("tables.csv", report::tables_csv(tables));
    write("groups.csv", report::groups_csv(groups));
  }
  if (wanted(ReportFormat::kMarkdown)) write("tables.md", result.markdown);
  if (wanted(ReportFormat::kLatex)) write("tables.tex", report::tables_latex(listed));
  if (wanted(ReportFormat::kJson)) write("report.json", report::report_json(tables, groups, runs));
  std::vector<report::Picture> pictures;
  if (options.max_pictures > 0)
    pictures =
        report::make_pictures(runs, options, wanted(ReportFormat::kHtml), result.written, result.warnings);
  if (wanted(ReportFormat::kHtml))
    write("report.html", report::report_page(page, runs, pictures, result.warnings));
  return result;
}

}  // namespace depthmill
