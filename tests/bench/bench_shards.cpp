// A job of the whole raw set in parts, without its pixels: how long the plan, the parts' journals and the merge take, and
// how much memory. bench_shards [FRAMES [PARTS]]
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "stages/io/atomic_file.h"
#include "stages/run_folder/run_folder.h"
#include "stages/run_folder/shards.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;

// Runs it and prints seconds of wall and processor time, and the most memory so far.
template <class Work>
void timed(const char* what, Work&& work) {
  const auto processor = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  };
  const auto begin = std::chrono::steady_clock::now();
  const double before = processor();
  work();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf("%-28s %8.2f s wall %8.2f s processor %8.0f MB\n", what,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
              processor() - before, static_cast<double>(used.ru_maxrss) / 1024);
  std::fflush(stdout);
}

FrameList raw_set(std::size_t frames) {
  FrameList list;
  for (std::size_t i = 0; i < frames; ++i) {
    char name[64];
    std::snprintf(name, sizeof name, "d-%010zu.%06zu-%010zu", 1294886362 + i / 30, i % 1000000, i * 143);
    Frame frame;
    frame.scene = "scene_" + std::to_string(i * 464 / frames);
    frame.name = name;
    frame.sources[plane::kDepthRel].file = "/raw/" + frame.scene + "/" + frame.name + ".pgm";
    list.push_back(std::move(frame));
  }
  return list;
}

int run(std::size_t frames, std::size_t parts) {
  const fs::path folder = fs::temp_directory_path() / "depthmill.bench_shards";
  fs::remove_all(folder);
  const FrameList list = raw_set(frames);
  std::vector<std::uint32_t> part_of;
  const std::set<std::string> reads{plane::kDepthRel};
  timed("cut", [&] { part_of = run_folder::cut(list, parts); });
  timed("plan written", [&] {
    run_folder::make_plan(folder, {parts, "/home/me", "o", {"extract"}, "x = 1\n"}, list, part_of, reads);
  });
  timed("plan read", [&] { run_folder::ShardPlan plan(folder); });

  run_folder::Contents contents;
  contents.stage_order = {"extract", "fill"};
  contents.stages = {{"extract", {{"extract.crop", "none"}}, {plane::kDepthRel}, {plane::kRgb}},
                     {"fill", {{"fill.alpha", "1"}}, {plane::kRgb}, {plane::kDepth}}};
  contents.reads = reads;
  timed("journals of all parts", [&] {
    for (std::size_t part = 1; part <= parts; ++part) {
      run_folder::RunFolder one(run_folder::part_folder(folder, part, parts), contents);
      one.take();
      run_folder::Call call;
      call.settings = "[run]\nout = o\n";
      one.begin(call);
      for (std::size_t i = 0; i < list.size(); ++i)
        if (part_of[i] == part) one.record(list[i], one.look_at(list[i]));
      one.finish(call, {}, {});
    }
  });
  timed("parts counted", [&] {
    if (!run_folder::unfinished_parts(folder, contents.stage_order).empty()) std::abort();
  });
  timed("merge", [&] {
    run_folder::RunFolder whole(folder, contents);
    whole.take();
    for (std::size_t part = 1; part <= parts; ++part)
      whole.absorb(run_folder::part_folder(folder, part, parts));
    std::size_t done = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
      done += whole.standing(list[i]) == run_folder::Standing::kDone;
    if (done != list.size()) std::abort();
    run_folder::Call call;
    call.settings = "[run]\nout = o\n";
    whole.begin(call);
    whole.finish(call, list, {});
  });
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace depthmill

int main(int argc, char** argv) {
  return depthmill::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 407024,
                        argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 256);
}
