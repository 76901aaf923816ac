#include <algorithm>
#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/make_report.h"
#include "stages/base/counted.h"

namespace depthmill::pipeline {

int make_report(const Config& config, ReportOptions options) {
  if (options.out.empty()) options.out = config.run.out;
  if (const auto problem = options.problem(); !problem.empty()) throw ConfigError(problem);
  const ReportResult result = [&] {
    try {
      return write_report(options);
    } catch (const std::invalid_argument& e) {
      throw ConfigError(e.what());  // --columns or --sort
    }
  }();
  for (const auto& warning : result.warnings) say(config, "note: " + warning);
  if (config.run.quiet) return kExitOk;
  std::fputs(result.markdown.c_str(), stdout);
  const auto pictures = static_cast<std::size_t>(std::count_if(
      result.written.begin(), result.written.end(),
      [](const auto& file) { return file.parent_path().parent_path().filename() == "pictures"; }));
  std::string names;
  for (const auto& file : result.written)
    if (file.parent_path() == options.out) names += (names.empty() ? "" : ", ") + file.filename().string();
  std::printf("\nreport: %s: %s%s%s\n", options.out.c_str(), names.c_str(), pictures > 0 ? " and " : "",
              pictures > 0 ? counted(pictures, "picture").c_str() : "");
  return kExitOk;
}

namespace {

int run_report(const ParsedCommand& parsed) {
  if (!parsed.has("metrics")) throw ConfigError("--metrics is missing: the run folders to report on");
  require_out_folder(parsed.config, "where should the report go?");
  return make_report(parsed.config, parsed.config.report);
}

}  // namespace

Command command_report() {
  return {"report", "tables and pictures from the metrics of any number of runs",
          R"(Reads metrics/*.csv of the run folders and writes one table a protocol (rows are runs, best bold,
second underlined) and picture strips (rgb, raw depth, filled depth, prediction, error). Needs
nothing but the files of finished runs, so it can be repeated at any time.)",
          R"(  depthmill report --metrics runs/net --out runs/net/report
  depthmill report --metrics runs/a=Ours,runs/b=Baseline --format markdown,latex,html --out table
  depthmill report --metrics runs/a,runs/b --format latex --columns abs_rel,rmse,d1 --percent \
      --digits 2 --sort abs_rel --out table
)",
          run_report};
}

}  // namespace depthmill::pipeline
