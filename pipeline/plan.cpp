#include "pipeline/plan.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "pipeline/needs.h"
#include "pipeline/run_graph.h"
#include "pipeline/threads.h"
#include "stages/base/counted.h"
#include "stages/io/csv.h"
#include "stages/io/plane_file.h"

namespace depthmill::pipeline {
namespace {

// Or, where it cannot be read, why; `fails` says so then.
std::string size_of(const PlaneSource& source, const std::string& name, bool& fails) {
  try {
    const cv::Mat plane = io::read_plane(source, plane_kind(name), name);
    return std::to_string(plane.rows) + "x" + std::to_string(plane.cols);
  } catch (const FrameError& e) {
    fails = true;
    return e.what();
  }
}

std::string plane_text(const std::string& name, const PlaneSource& source, bool with_size, bool& fails) {
  std::string text = name + " " + source.text();
  std::string facts = with_size ? size_of(source, name, fails) : "";
  if (plane_kind(name) == PlaneKind::kDepth) {
    facts += (facts.empty() ? "" : ", ") + io::format_number(source.depth_scale) + " a metre" +
             (source.coding.scale_floats ? "" : " where samples are whole");
    for (const auto& mask : source.coding.masks) facts += ", mask " + mask.string();
  }
  return facts.empty() ? text : text + " (" + facts + ")";
}

}  // namespace

int say_plan(const Config& config, const StageRun& run) {
  for (const std::string& line : run.warnings) std::printf("%s\n", line.c_str());
  std::size_t failed = 0;
  bool first = true;
  for (const Frame& frame : run.frames) {
    std::string line = frame.id() + ":";
    bool fails = !frame.ok();
    for (const auto& [name, source] : frame.sources)
      line += " " + plane_text(name, source, first, fails) + ";";
    if (!frame.ok()) line += " fails: " + frame.failure_text;
    failed += fails;
    if (line.ends_with(';')) line.pop_back();
    std::printf("%s\n", line.c_str());
    first = false;
  }
  const int threads = resolve_threads(config.run.threads);
  const std::size_t batch = config.run.batch > 0 ? static_cast<std::size_t>(config.run.batch) : 1;
  const FrameSize size = frame_size(run.frames, planes_to_read(run.stages));
  if (!run.frames.empty())
    std::printf("memory: at most %zu MB with %s, beside what a network takes\n",
                memory_bound(run.stages, size, std::min(tokens_in_flight(threads) * batch, run.frames.size()),
                             threads) >>
                    20,
                counted(static_cast<std::size_t>(threads), "thread").c_str());
  std::printf(
      "%s: %s, %zu of them would fail; nothing was done (--dry-run), and of files only the first "
      "frame's were opened\n",
      run.label.c_str(), counted(run.frames.size(), "frame").c_str(), failed);
  return failed + run.scene_failures > 0 ? kExitFailed : kExitOk;
}

}  // namespace depthmill::pipeline
