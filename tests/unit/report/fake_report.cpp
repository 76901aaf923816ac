// fake_report DIR: three made-up runs and the report that compares them, for the test in a browser.
#include <cstdio>
#include <exception>

#include "stages/report/report.h"
#include "tests/unit/report/fake_run.h"

int main(int argc, char** argv) try {
  if (argc != 2) return 1;
  const std::filesystem::path folder = argv[1];
  depthmill::ReportOptions options;
  // Out of order on purpose, so that sorting moves rows.
  for (const auto& [name, bias] :
       {std::pair{"second", 0.09}, std::pair{"third", 0.2}, std::pair{"first", 0.04}}) {
    depthmill::test::write_fake_run(folder / name, {.frames = 6, .bias = bias});
    options.metrics.push_back((folder / name).string());
  }
  options.out = folder / "report";
  using depthmill::ReportFormat;
  options.formats = {ReportFormat::kCsv, ReportFormat::kMarkdown, ReportFormat::kLatex, ReportFormat::kJson,
                     ReportFormat::kHtml};
  options.best_worst = 1;
  depthmill::write_report(options);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
