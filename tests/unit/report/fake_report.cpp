// fake_report DIR: three made-up runs and the report that compares them, for the test in a browser.
// fake_report DIR RUNS PROTOCOLS: so many runs under so many protocols, and their page.
#include <cstdio>
#include <exception>
#include <string>

#include "stages/report/report.h"
#include "tests/unit/report/fake_run.h"

int main(int argc, char** argv) try {
  if (argc != 2 && argc != 4) return 1;
  const std::filesystem::path folder = argv[1];
  depthmill::ReportOptions options;
  options.out = folder / "report";
  if (argc == 4) {
    depthmill::test::FakeRun fake{.rows = 48, .cols = 64};
    fake.protocols.clear();
    for (int i = 0; i < std::stoi(argv[3]); ++i) fake.protocols.push_back("protocol-" + std::to_string(i));
    for (int i = 0; i < std::stoi(argv[2]); ++i) {
      fake.bias = 0.02 + 0.01 * i;
      options.metrics.push_back((folder / ("run" + std::to_string(i))).string());
      depthmill::test::write_fake_run(options.metrics.back(), fake);
    }
    options.formats = {depthmill::ReportFormat::kHtml};
    depthmill::write_report(options);
    return 0;
  }
  // Out of order on purpose, so that sorting moves rows.
  for (const auto& [name, bias] :
       {std::pair{"second", 0.09}, std::pair{"third", 0.2}, std::pair{"first", 0.04}}) {
    depthmill::test::write_fake_run(folder / name, {.frames = 6, .bias = bias});
    options.metrics.push_back((folder / name).string());
  }
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
