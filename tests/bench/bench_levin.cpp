// The Levin fill against UMFPACK and Eigen::SparseLU, on one core, in one process.
//
//   bench_levin --rgb a.png --depth a_depth.png --rgb b.mat:rgb --depth b.mat:raw_depth --json out.json
//   bench_levin --generated 5 --hard all --repeat 20
//
// seconds is the median of --repeat fills by one filler (assembly included, as gray and depth are given);
// the others are timed once (--baseline-repeat), from the assembled matrix on. max_error_m compares with the
// UMFPACK solution over all pixels. peak_mb is what the first fill adds to the process.
#include <time.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "bench_frames.h"
#include "colorization/affinity.h"
#include "colorization/levin.h"
#include "direct_solvers.h"

namespace {

using namespace depthmill;
using colorization::Image;
using colorization::Index;

// Processor time of this thread: what else the machine does meanwhile does not count.
double seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> v) {
  std::ranges::sort(v);
  return v[v.size() / 2];
}

// "VmRSS:" or "VmHWM:" of this process in MB; 0 where there is no /proc.
double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size()) / 1024;
  return 0;
}

struct Row {
  std::string name;
  Index rows, cols;
  double alpha, missing_share, first, best, seconds, umfpack, sparselu, max_error_m, error_bound, peak_mb;
  int rounds;
  bool ok;
};

// For fill_peers: pixels and entries (int64), metres for one unit of x, then row_begin, column (int32), value, rhs.
void write_system(const std::string& file, const colorization::FillSystem& s) {
  std::ofstream out(file, std::ios::binary);
  auto write = [&](const auto& v) {
    out.write(reinterpret_cast<const char*>(v.data()), static_cast<std::streamsize>(v.size() * sizeof v[0]));
  };
  write(std::vector<std::int64_t>{static_cast<std::int64_t>(s.rhs.size()),
                                  static_cast<std::int64_t>(s.value.size())});
  write(std::vector<double>{s.scale});
  write(s.row_begin), write(s.column), write(s.value), write(s.rhs);
  if (!out.flush()) throw std::runtime_error(file + ": cannot be written");
}

struct Settings {
  std::string systems;  // folder
  int repeat = 20, baseline_repeat = 1;
  bool sparselu = true, umfpack = true;
};

Row measure(const bench::BenchFrame& frame, const Settings& settings) {
  const auto& depth = frame.depth;
  Row row{};
  row.name = frame.name;
  row.rows = depth.rows();
  row.cols = depth.cols();
  row.alpha = frame.alpha;

  Image filled(depth.rows(), depth.cols());
  filled.setZero();
  std::ofstream("/proc/self/clear_refs") << "5";  // resets the peak
  const double before = memory_mb("VmRSS:"), start = seconds();
  {
    colorization::LevinFiller filler(depth.rows(), depth.cols(), {.alpha = frame.alpha});
    auto summary = filler.fill(frame.gray, depth, filled);
    row.first = seconds() - start;
    row.peak_mb = memory_mb("VmHWM:") - before;
    std::vector<double> times;
    for (int k = 0; k < settings.repeat; ++k) {
      const double t = seconds();
      summary = filler.fill(frame.gray, depth, filled);
      times.push_back(seconds() - t);
    }
    row.seconds = times.empty() ? row.first : median(times);
    row.best = times.empty() ? row.first : std::ranges::min(times);
    row.missing_share = static_cast<double>(summary.missing) / static_cast<double>(summary.unknowns);
    row.rounds = summary.rounds;
    row.error_bound = summary.error_bound;
    row.ok = summary.ok();
  }

  const colorization::FillSystem system = colorization::fill_system(frame.gray, depth, frame.alpha);
  if (!settings.systems.empty()) {
    std::string name = frame.name;
    std::ranges::replace(name, '/', '_');
    write_system(settings.systems + "/" + name + ".system", system);
  }
  row.umfpack = row.sparselu = row.max_error_m = NAN;
  auto compare = [&](const std::vector<double>& x) {
    double worst = x.empty() ? NAN : 0;
    for (std::size_t p = 0; p < x.size(); ++p)
      worst = std::max(worst, std::abs(x[p] * system.scale - filled.data()[p]));
    return worst;
  };
  if (settings.umfpack) {
    std::vector<double> times;
    for (int k = 0; k < settings.baseline_repeat; ++k) {
      const auto direct = bench::solve_umfpack(system);
      times.push_back(direct.seconds);
      row.max_error_m = compare(direct.x);
    }
    row.umfpack = median(times);
  }
  if (settings.sparselu) {
    const auto direct = bench::solve_sparselu(system);
    row.sparselu = direct.seconds;
    if (!settings.umfpack) row.max_error_m = compare(direct.x);
  }
  return row;
}

void print(const Row& r) {
  std::printf("%-24s %4ldx%-6ld %5.1f %% %8.1f %8.1f %8.1f %7.2f %7.1f %7.2f %7.1f %9.1e %9.1e %6.0f %3d%s\n",
              r.name.c_str(), static_cast<long>(r.rows), static_cast<long>(r.cols), 100 * r.missing_share,
              1e3 * r.seconds, 1e3 * r.best, 1e3 * r.first, r.umfpack, r.umfpack / r.seconds, r.sparselu,
              r.sparselu / r.seconds, r.max_error_m, r.error_bound, r.peak_mb, r.rounds,
              r.ok ? "" : "  NOT CONVERGED");
  std::fflush(stdout);
}

void write_json(const std::string& file, const std::vector<Row>& rows) {
  std::ofstream out(file);
  auto number = [](double v) { return std::isfinite(v) ? std::to_string(v) : std::string("null"); };
  auto tiny = [](double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3e", v);
    return std::isfinite(v) ? std::string(text) : std::string("null");
  };
  out << "[\n";
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Row& r = rows[k];
    out << "  {\"frame\": \"" << r.name << "\", \"rows\": " << r.rows << ", \"cols\": " << r.cols
        << ", \"alpha\": " << tiny(r.alpha) << ", \"missing_share\": " << number(r.missing_share)
        << ", \"seconds\": " << number(r.seconds) << ", \"seconds_best\": " << number(r.best)
        << ", \"seconds_first\": " << number(r.first) << ", \"seconds_umfpack\": " << number(r.umfpack)
        << ", \"seconds_sparselu\": " << number(r.sparselu)
        << ", \"ratio_umfpack\": " << number(r.umfpack / r.seconds)
        << ", \"ratio_sparselu\": " << number(r.sparselu / r.seconds)
        << ", \"max_error_m\": " << tiny(r.max_error_m) << ", \"error_bound_m\": " << tiny(r.error_bound)
        << ", \"peak_mb\": " << number(r.peak_mb) << ", \"rounds\": " << r.rounds << "}"
        << (k + 1 < rows.size() ? "," : "") << "\n";
  }
  out << "]\n";
  if (!out) throw std::runtime_error(file + ": cannot be written");
}

int run(int argc, char** argv) {
  std::vector<std::string> rgb, depth, hard;
  std::vector<double> scale;
  std::string json;
  int generated = 0;
  double depth_scale = 1000, alpha = 0;
  Settings settings;
  for (int k = 1; k < argc; ++k) {
    const std::string flag = argv[k];
    auto value = [&]() -> std::string {
      if (k + 1 >= argc) throw std::runtime_error(flag + " needs a value");
      return argv[++k];
    };
    if (flag == "--rgb") {
      rgb.push_back(value());
    } else if (flag == "--depth") {
      depth.push_back(value());
      scale.push_back(depth_scale);
    } else if (flag == "--depth-scale") {
      depth_scale = std::stod(value());
    } else if (flag == "--alpha") {
      alpha = std::stod(value());
    } else if (flag == "--generated") {
      generated = std::stoi(value());
    } else if (flag == "--hard") {
      hard.push_back(value());
    } else if (flag == "--json") {
      json = value();
    } else if (flag == "--repeat") {
      settings.repeat = std::stoi(value());
    } else if (flag == "--baseline-repeat") {
      settings.baseline_repeat = std::max(1, std::stoi(value()));
    } else if (flag == "--write-systems") {
      settings.systems = value();
    } else if (flag == "--no-sparselu") {
      settings.sparselu = false;
    } else if (flag == "--no-umfpack") {
      settings.umfpack = false;
    } else {
      std::cerr << "usage: bench_levin [--depth-scale S] --rgb FILE[:NAME] --depth FILE[:NAME] ... "
                   "[--generated N]\n"
                   "  [--hard all|NAME] [--alpha A] [--repeat N] [--baseline-repeat N] [--no-sparselu]\n"
                   "  [--no-umfpack] [--json FILE] [--write-systems FOLDER]\nhard cases:";
      for (const auto& name : bench::hard_case_names()) std::cerr << ' ' << name;
      std::cerr << '\n';
      return 1;
    }
  }
  if (rgb.size() != depth.size()) throw std::runtime_error("as many --rgb as --depth are needed");
  if (rgb.empty() && hard.empty() && generated == 0) generated = 3;
  if (hard == std::vector<std::string>{"all"}) hard = bench::hard_case_names();

  std::vector<Row> rows;
  std::printf("%-24s %-11s %7s %8s %8s %8s %7s %7s %7s %7s %9s %9s %6s %s\n", "frame", "size", "missing",
              "ms", "best", "first", "umf s", "ratio", "slu s", "ratio", "error m", "bound m", "MB",
              "rounds");
  auto add = [&](bench::BenchFrame frame) {
    if (alpha > 0) frame.alpha = alpha;
    rows.push_back(measure(frame, settings));
    print(rows.back());
  };
  for (std::size_t k = 0; k < rgb.size(); ++k) add(bench::read_frame(rgb[k], depth[k], scale[k]));
  for (int k = 0; k < generated; ++k) add(bench::generated_frame(k + 1));
  for (const auto& name : hard) add(bench::hard_case(name));
  if (!json.empty()) write_json(json, rows);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "bench_levin: " << e.what() << '\n';
    return 1;
  }
}
