// parity_sd_convtrans --golden DIR: compares the native SD-ConvTrans with a folder of golden vectors and
// prints the largest error of every case against its tolerance. Exit 1 when one is exceeded or a file is
// missing.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/support/sd_convtrans_parity.h"

int main(int argc, char** argv) {
  std::filesystem::path folder;
  bool all = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--golden" && i + 1 < argc)
      folder = argv[++i];
    else if (argument == "--all")
      all = true;
    else
      folder.clear(), i = argc;
  }
  if (folder.empty()) {
    std::fprintf(stderr,
                 "usage: parity_sd_convtrans --golden DIR [--all]   (--all: one line a comparison)\n");
    return 1;
  }
  int failures = 0;
  for (const auto& check : depthmill::test::parity_checks()) {
    if (!std::filesystem::exists(folder / check.file)) {
      std::printf("MISSING  %s\n", check.file);
      ++failures;
      continue;
    }
    try {
      const auto findings = check.run(folder);
      const depthmill::test::Finding* worst = nullptr;
      for (const auto& finding : findings) {
        failures += !finding.ok();
        if (all || !finding.ok())
          std::printf("%-8s %-52s %10.3g  allowed %.3g\n", finding.ok() ? "ok" : "EXCEEDED",
                      finding.subject.c_str(), finding.error, finding.tolerance);
        if (!worst || finding.error / finding.tolerance > worst->error / worst->tolerance) worst = &finding;
      }
      if (worst)
        std::printf("%-16s %3zu comparisons; nearest its limit: %s %.3g, allowed %.3g\n", check.file,
                    findings.size(), worst->subject.c_str(), worst->error, worst->tolerance);
    } catch (const std::exception& e) {
      std::printf("FAILED   %s: %s\n", check.file, e.what());
      ++failures;
    }
    std::fflush(stdout);
  }
  std::printf(failures ? "%d comparisons exceed their tolerance\n" : "all within tolerance\n", failures);
  return failures ? 1 : 0;
}
