#include "pipeline/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace depthmill::pipeline {
namespace {

constexpr double kTerminalIntervalS = 0.1;
constexpr double kLogIntervalS = 15.0;

}  // namespace

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  auto s = static_cast<long long>(seconds + 0.5);
  char text[64];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld h %02lld min", s / 3600, s % 3600 / 60);
  else if (s >= 60)
    std::snprintf(text, sizeof text, "%lld min %02lld s", s / 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lld s", s);
  return text;
}

Progress::Progress(std::string what, std::string unit, std::size_t total, bool quiet,
                   std::size_t already_done)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      done_(already_done),
      already_(already_done),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_print_(start_) {}

Progress::~Progress() { finish(); }

void Progress::step(bool failed) {
  ++done_;
  if (failed) ++failed_;
  const auto now = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(now - last_print_).count();
  if (since < (terminal_ ? kTerminalIntervalS : kLogIntervalS)) return;
  last_print_ = now;
  print(false);
}

void Progress::remark(const std::string& line) {
  if (quiet_) return;
  std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\033[K" : "", line.c_str());
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (done_ > already_) print(true);
}

void Progress::print(bool last) {
  if (quiet_) return;
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_ - already_) / elapsed : 0.0;
  std::string line = what_ + ": " + std::to_string(done_) + "/" + std::to_string(total_) + " " + unit_;
  if (failed_ > 0) line += ", " + std::to_string(failed_) + " failed";
  char text[64];
  std::snprintf(text, sizeof text, ", %.1f %s/s", rate, unit_.c_str());
  line += text;
  if (last)
    line += ", took " + format_duration(elapsed);
  else if (rate > 0 && done_ < total_)
    line += ", " + format_duration(static_cast<double>(total_ - done_) / rate) + " left";
  if (terminal_)
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), last ? "\n" : "");
  else
    std::fprintf(stderr, "%s\n", line.c_str());
  std::fflush(stderr);
}

}  // namespace depthmill::pipeline
