// Runs the chosen stages over a list of frames: read & stages & write & record, as a TBB pipeline whose
// tokens are small batches of frames. Memory is bounded by construction: at most `tokens` batches are in
// flight.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/base/frame.h"
#include "stages/base/frame_list.h"
#include "stages/base/stage.h"
#include "stages/run_folder/run_folder.h"

namespace depthmill::pipeline {

struct GraphOptions {
  int threads = 1;
  std::size_t batch = 1;  // frames a token
  bool quiet = false;
  std::string label;             // what the progress line says
  std::size_t already_done = 0;  // frames an earlier run finished, for the progress line
  std::size_t tokens = 0;        // batches under way at most; 0 = tokens_in_flight(threads)
};

// Where it is put down what becomes of a frame. The first three are called from several threads.
struct FrameSink {
  using Record = run_folder::FrameRecord;
  // A frame's turn has come: what is known of it before anything is read.
  std::function<Record(const Frame&)> begin = [](const Frame&) { return Record(); };
  // Its planes are decoded. A FrameError fails the frame.
  std::function<void(const Frame&, Record&)> were_read = [](const Frame&, Record&) {};
  // Keeps the planes of a frame; not for failed frames. A FrameError fails the frame, whatever else it throws stops the
  // run.
  std::function<void(const Frame&, Record&)> write = [](const Frame&, Record&) {};
  // Takes down how the frame fared; called for every frame, one at a time and in order. What it throws stops
  // the run.
  std::function<void(const Frame&, Record)> record;
};

struct GraphOutcome {
  std::size_t done = 0, failed = 0;
  bool interrupted = false;
  std::string fatal;  // why the run itself stopped, empty when it did not
  std::vector<run_folder::StepTime> times;
  double wall_seconds = 0;
};

// Batches under way at most: read and not yet recorded.
std::size_t tokens_in_flight(int threads);

// Planes that no stage before could give: what `needs` and `adds` say about an order. Empty = it fits;
// otherwise one sentence naming the stage and the plane. `given` are the planes the data set brings.
std::string order_problem(const std::vector<std::unique_ptr<Stage>>& stages,
                          const std::vector<std::string>& given);

// Works off those frames of the list that `which` names, in that order. No exception leaves for one frame's sake; when the run itself cannot go on
// (disk full, manifest not writable) it drains and says so in `fatal`.
GraphOutcome run_graph(const FrameList& frames, std::span<const std::size_t> which,
                       const std::vector<std::unique_ptr<Stage>>& stages, const GraphOptions& options,
                       const FrameSink& sink);
// All of them.
GraphOutcome run_graph(const FrameList& frames, const std::vector<std::unique_ptr<Stage>>& stages,
                       const GraphOptions& options, const FrameSink& sink);

}  // namespace depthmill::pipeline
