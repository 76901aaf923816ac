// A network alone, the same network with reading and writing around it, and (with --python) the plain Python
// loop over the same file, in turn in one run. How the figures of docs/benchmarks.md are made:
//   bench_infer MODEL.pt|CARD.ini IMAGE_DIR OUT_DIR [--threads N] [--batch N] [--replicas N] [--intra N]
//               [--repeat N] [--rounds N] [--format png|npy] [--device D] [--precision P] [--python PYTHON]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "stages/infer.h"
#include "stages/io/artifacts.h"
#include "stages/io/plane_file.h"
#include "stages/predictors/bench.h"
#include "stages/predictors/runtime.h"

namespace fs = std::filesystem;
using namespace depthmill;

namespace {

struct Arguments {
  std::string model;
  fs::path images, out;
  std::map<std::string, std::string> flags{
      {"threads", "0"}, {"batch", "0"},    {"replicas", "0"},  {"intra", "0"},        {"repeat", "1"},
      {"rounds", "3"},  {"format", "png"}, {"device", "auto"}, {"precision", "fp32"}, {"python", ""}};
  int number(const std::string& flag) const { return std::stoi(flags.at(flag)); }
};

Arguments parse(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("usage: bench_infer MODEL IMAGE_DIR OUT_DIR [--flag value]...");
  Arguments a{argv[1], argv[2], argv[3], {}};
  a.flags = Arguments{}.flags;
  for (int i = 4; i + 1 < argc; i += 2) {
    const std::string flag = std::string(argv[i]).substr(2);
    if (!a.flags.count(flag)) throw std::runtime_error("unknown flag --" + flag);
    a.flags[flag] = argv[i + 1];
  }
  return a;
}

// Images per second of tests/bench/infer_python_loop.py on these files.
double python_loop(const Arguments& a, const std::vector<fs::path>& files) {
  std::string command = a.flags.at("python") + " '" + std::string(DEPTHMILL_BENCH_DIR) +
                        "/infer_python_loop.py' '" + a.model + "' '" + (a.out / "python").string() + "'";
  for (const fs::path& f : files) command += " '" + f.string() + "'";
  FILE* pipe = popen(command.c_str(), "r");
  char line[256] = {};
  if (!pipe || !fgets(line, sizeof line, pipe)) throw std::runtime_error("the Python loop gave no answer");
  pclose(pipe);
  std::cout << "python loop: " << line;
  return std::stod(line);
}

}  // namespace

int main(int argc, char** argv) try {
  const Arguments a = parse(argc, argv);
  std::vector<fs::path> distinct, files;
  for (const auto& entry : fs::directory_iterator(a.images)) distinct.push_back(entry.path());
  std::sort(distinct.begin(), distinct.end());
  for (int i = 0; i < a.number("repeat"); ++i) files.insert(files.end(), distinct.begin(), distinct.end());

  InferOptions options;
  options.model = a.model;
  options.device = a.flags.at("device");
  options.precision = a.flags.at("precision");
  options.batch = a.number("batch");
  options.threads = a.number("threads");
  options.replicas = a.number("replicas");
  options.intra_op_threads = a.number("intra");
  auto stage = make_infer_stage(options);
  stage->prepare();
  std::cout << "LibTorch " << predictors::libtorch_version() << ", " << stage->describe() << "\n"
            << predictors::blas_warning() << "\n";

  predictors::BenchRequest request;
  request.batch = stage->batch();
  request.threads = stage->pipeline_threads();
  request.images = files.size();
  request.rounds = a.number("rounds");
  request.forward_seconds = 4.0 * request.rounds;
  std::vector<double> python;
  if (!a.flags.at("python").empty()) python.push_back(python_loop(a, files));
  const predictors::BenchResult result = predictors::bench_predictor(
      stage->predictor(), request,
      [&](std::size_t i) {
        return io::read_plane({files[i], {}, 1000.0, PlaneCodec::kAuto}, io::PlaneKind::kRgb);
      },
      [&](std::size_t i, const cv::Mat& depth) {
        // Distinct names: files of one name would be written by two threads at a time.
        io::write_plane(
            a.out / (std::to_string(i) + "_" + files[i].stem().string() + "." + a.flags.at("format")), depth,
            io::PlaneKind::kDepth);
      });
  if (!python.empty()) python.push_back(python_loop(a, files));
  std::cout << predictors::bench_table(result) << predictors::bench_json(result);
  if (!python.empty()) {
    // Before and after: the machine's speed drifts.
    const double mean = (python[0] + python[1]) / 2;
    std::printf("python loop %.3f images/s; end to end is %.2f times that\n", mean,
                result.end_to_end_ips / mean);
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << "\n";
  return 1;
}
