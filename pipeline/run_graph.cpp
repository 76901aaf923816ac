#include "pipeline/run_graph.h"

#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>

#include "pipeline/hand_over.h"
#include "pipeline/interrupt.h"
#include "pipeline/needs.h"
#include "pipeline/progress.h"

namespace depthmill::pipeline {
namespace {

using run_folder::AtWork;

// Frames that travel together, and the record of each.
struct Batch {
  HandOver hands;
  std::vector<Frame> frames;
  std::vector<FrameSink::Record> records;
};
using BatchPtr = std::shared_ptr<Batch>;

// Seconds summed over threads, without a lock.
class Stopwatch {
 public:
  template <class Work>
  void time(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start)
               .count();
  }
  double seconds() const { return static_cast<double>(ns_.load()) * 1e-9; }

 private:
  std::atomic<long long> ns_{0};
};

// The first reason why the run as a whole has to stop.
class Fatal {
 public:
  void raise(const std::string& why) {
    std::lock_guard lock(mutex_);
    if (why_.empty()) why_ = why;
    raised_ = true;
  }
  bool raised() const { return raised_; }
  std::string why() const {
    std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  mutable std::mutex mutex_;
  std::string why_;
  std::atomic<bool> raised_{false};
};

}  // namespace

std::size_t tokens_in_flight(int threads) {
  // One token a worker, one being read ahead and one waiting for the serial recorder.
  return static_cast<std::size_t>(std::max(1, threads)) + 2;
}

std::string order_problem(const std::vector<std::unique_ptr<Stage>>& stages,
                          const std::vector<std::string>& given) {
  std::set<std::string> there(given.begin(), given.end());
  for (const auto& stage : stages) {
    for (const auto& need : stage->needs())
      if (!there.contains(need))
        return "stage '" + std::string(stage->name()) + "' needs the plane '" + need +
               "', which neither the data nor a stage before it gives";
    for (const auto& add : stage->adds()) there.insert(add);
  }
  return "";
}

GraphOutcome run_graph(const FrameList& frames, std::span<const std::size_t> which,
                       const std::vector<std::unique_ptr<Stage>>& stages, const GraphOptions& options,
                       const FrameSink& sink) {
  GraphOutcome outcome;
  Fatal fatal;
  Stopwatch read_time, write_time, record_time;
  std::vector<std::unique_ptr<Stopwatch>> stage_times;
  for (std::size_t i = 0; i < stages.size(); ++i) stage_times.push_back(std::make_unique<Stopwatch>());
  const std::string first_stage = stages.empty() ? "read" : std::string(stages.front()->name());
  const std::set<std::string> wanted = planes_to_read(stages);
  const auto start = std::chrono::steady_clock::now();
  Progress progress(options.label, "frames", which.size() + options.already_done, options.quiet,
                    options.already_done);

  HandOver listing, recording;  // of the two that take turns
  std::size_t next = 0;
  auto source = tbb::make_filter<void, BatchPtr>(
      tbb::filter_mode::serial_in_order, [&](tbb::flow_control& control) -> BatchPtr {
        const HandOver::Turn turn(listing);
        if (next >= which.size() || fatal.raised() || interrupted()) {
          control.stop();
          return nullptr;
        }
        auto batch = std::make_shared<Batch>();
        const HandOver::Turn first(batch->hands);
        for (; next < which.size() && batch->frames.size() < options.batch; ++next)
          batch->frames.push_back(frames[which[next]]);
        return batch;
      });

  auto read = tbb::make_filter<BatchPtr, BatchPtr>(tbb::filter_mode::parallel, [&](BatchPtr batch) {
    const HandOver::Turn turn(batch->hands);
    read_time.time([&] {
      for (Frame& frame : batch->frames) {
        FrameSink::Record& record = batch->records.emplace_back(sink.begin(frame));
        const AtWork at_work("read", {&record, 1});
        for_each_live({&frame, 1}, first_stage, [&](Frame& f) {
          read_planes(f, wanted);
          sink.were_read(f, record);
        });
      }
    });
    return batch;
  });

  std::vector<HandOver> stage_hands(stages.size());
  auto chain = source & read;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    Stage* stage = stages[i].get();
    Stopwatch* watch = stage_times[i].get();
    HandOver* hands = &stage_hands[i];
    const auto mode = stage->parallel() ? tbb::filter_mode::parallel : tbb::filter_mode::serial_in_order;
    chain = chain & tbb::make_filter<BatchPtr, BatchPtr>(mode, [stage, watch, hands](BatchPtr batch) {
              const HandOver::Turn turn(batch->hands), in_order(*hands);
              watch->time([&] {
                const AtWork at_work(stage->name(), batch->records);
                // A stage reports per frame; what it throws all the same must not cancel the frames in
                // flight.
                try {
                  stage->run(std::span(batch->frames));
                } catch (const std::exception& e) {
                  for (Frame& frame : batch->frames)
                    frame.fail(stage->name(), FailureReason::kInternal, e.what());
                }
              });
              return batch;
            });
  }

  const std::string last_stage = stages.empty() ? "read" : std::string(stages.back()->name());
  auto write = tbb::make_filter<BatchPtr, BatchPtr>(tbb::filter_mode::parallel, [&](BatchPtr batch) {
    const HandOver::Turn turn(batch->hands);
    write_time.time([&] {
      for (std::size_t i = 0; i < batch->frames.size(); ++i) {
        Frame& frame = batch->frames[i];
        const AtWork at_work("write", {&batch->records[i], 1});
        try {
          if (frame.ok()) sink.write(frame, batch->records[i]);
        } catch (const FrameError& e) {
          frame.fail(last_stage, e.reason(), e.what());
        } catch (const std::exception& e) {
          fatal.raise(e.what());
          frame.fail(last_stage, FailureReason::kInternal, e.what());
        }
        frame.planes.clear();
      }
    });
    return batch;
  });

  auto record = tbb::make_filter<BatchPtr, void>(tbb::filter_mode::serial_in_order, [&](BatchPtr batch) {
    const HandOver::Turn turn(batch->hands), in_order(recording);
    record_time.time([&] {
      for (std::size_t i = 0; i < batch->frames.size(); ++i) {
        Frame& frame = batch->frames[i];
        if (fatal.raised()) return;  // frames whose fate is not on record are done again by the next run
        try {
          sink.record(frame, std::move(batch->records[i]));
        } catch (const std::exception& e) {
          fatal.raise(e.what());
          return;
        }
        frame.files.clear();
        frame.ok() ? ++outcome.done : ++outcome.failed;
        progress.step(!frame.ok());
      }
    });
  });

  // Threads that a stage keeps for itself (a forward pass of several) come out of the budget.
  { const HandOver::Turn beginning(listing); }
  tbb::task_arena arena(std::max(1, options.threads));
  arena.execute([&] {
    tbb::parallel_pipeline(options.tokens > 0 ? options.tokens : tokens_in_flight(options.threads),
                           chain & write & record);
  });
  const HandOver::Turn whole(listing), last(recording);
  progress.finish();

  outcome.interrupted = interrupted() && next < which.size();
  outcome.fatal = fatal.why();
  outcome.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  outcome.times.push_back({"read", read_time.seconds()});
  for (std::size_t i = 0; i < stages.size(); ++i)
    outcome.times.push_back({std::string(stages[i]->name()), stage_times[i]->seconds()});
  outcome.times.push_back({"write", write_time.seconds()});
  outcome.times.push_back({"record", record_time.seconds()});
  return outcome;
}

GraphOutcome run_graph(const FrameList& frames, const std::vector<std::unique_ptr<Stage>>& stages,
                       const GraphOptions& options, const FrameSink& sink) {
  std::vector<std::size_t> all(frames.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return run_graph(frames, all, stages, options, sink);
}

}  // namespace depthmill::pipeline
