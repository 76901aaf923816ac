#include "stages/sample/sample.h"

#include <tbb/parallel_for.h>

#include <atomic>
#include <cstdio>
#include <mutex>

#include "pipeline/commands/all.h"
#include "pipeline/commands/make_sample.h"
#include "pipeline/hand_over.h"
#include "pipeline/interrupt.h"
#include "pipeline/messages.h"
#include "pipeline/progress.h"
#include "pipeline/threads.h"

namespace depthmill::pipeline {

int make_sample(const Config& config, const std::filesystem::path& folder) {
  if (const auto problem = config.sample.problem(); !problem.empty()) throw ConfigError(problem);
  const ThreadBudget budget(resolve_threads(config.run.threads));
  const std::size_t scenes = static_cast<std::size_t>(config.sample.scenes);
  Progress progress("sample", "frames", scenes * static_cast<std::size_t>(config.sample.frames),
                    config.run.quiet);
  std::mutex mutex;
  std::atomic<bool> stopped{false};
  HandOver hands;
  // Scenes do not depend on each other, so their bytes do not depend on the threads.
  tbb::parallel_for(std::size_t{0}, scenes, [&](std::size_t scene) {
    const HandOver::Turn turn(hands);
    const auto summary = sample::write_sample_scene(folder, config.sample, static_cast<int>(scene),
                                                    [&](std::size_t, std::size_t) {
                                                      std::lock_guard lock(mutex);
                                                      progress.step(false);
                                                      return !interrupted();
                                                    });
    if (summary.stopped) stopped = true;
  });
  const HandOver::Turn all(hands);
  progress.finish();
  if (stopped) {
    print_error("interrupted; the last scenes in " + folder.string() + " are incomplete");
    return interrupted_code();
  }
  say(config, "sample: " + std::to_string(scenes) + " scenes in " + folder.string() + ", true depth in " +
                  (folder / "truth").string());
  return kExitOk;
}

namespace {

int run_sample(const ParsedCommand& parsed) {
  require_out_folder(parsed.config, "the folder for the scenes");
  if (parsed.config.run.labeled_sample) return make_labeled_sample(parsed.config, parsed.config.run.out);
  return make_sample(parsed.config, parsed.config.run.out);
}

}  // namespace

Command command_sample() {
  return {"sample", "generated raw scenes in the dataset's own file format, with the true depth beside them",
          R"(Ray-casts furnished rooms through both calibrated lenses of the Kinect and writes them as the
recorder would have: r-*.ppm, d-*.pgm (11-bit codes, low byte first), a-*.dump, INDEX.txt, irregular
time stamps; projector shadow, dark and grazing drop-out, speckle and noise make realistic holes.
The true depth goes to DIR/truth/<scene>/<frame>.depth.npy. Equal seeds give equal bytes.)",
          R"(  depthmill sample --out sample --scenes 4 --frames 8 --seed 1
  depthmill sample --labeled --out labeled --scenes 4 --frames 2
  depthmill extract --raw sample --out runs/sample && depthmill fill --in runs/sample \
      --out runs/sample
)",
          run_sample};
}

}  // namespace depthmill::pipeline
