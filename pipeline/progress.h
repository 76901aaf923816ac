// One line on stderr while a long command works: done, failed, rate, time left. On a terminal it is redrawn
// in place; elsewhere (log files, Slurm) a plain line appears now and then, so that a log stays readable.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace depthmill::pipeline {

class Progress {
 public:
  // `total` items of `unit` ("frames"); `quiet` prints nothing at all. `already_done` were finished by an
  // earlier run: they count in the total but not in the rate.
  Progress(std::string what, std::string unit, std::size_t total, bool quiet, std::size_t already_done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // One item is over. Not thread-safe: call it from the one place that records results.
  void step(bool failed);
  // A line of its own among the others.
  void remark(const std::string& line);
  // Ends the line; called by the destructor too.
  void finish();

 private:
  void print(bool last);

  std::string what_, unit_;
  std::size_t total_, done_, already_, failed_ = 0;
  bool quiet_, terminal_, finished_ = false;
  std::chrono::steady_clock::time_point start_, last_print_;
};

// "1 h 02 min", "3 min 20 s", "12 s".
std::string format_duration(double seconds);

}  // namespace depthmill::pipeline
