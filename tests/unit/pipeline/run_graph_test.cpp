#include "pipeline/run_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>

#include "stages/io/plane_file.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

using test::ScratchFolder;

// Gives every frame a depth plane that tells its index; can be made to fail in all the ways a stage can.
class IndexStage : public Stage {
 public:
  explicit IndexStage(std::string trouble = "") : trouble_(std::move(trouble)) {}
  std::string_view name() const override { return "fill"; }
  std::vector<std::string> needs() const override { return {plane::kRawDepth}; }
  std::vector<std::string> adds() const override { return {plane::kDepth}; }
  void run(std::span<Frame> batch) override {
    if (trouble_ == "escapes") throw std::logic_error("a stage let an exception out");
    for_each_live(batch, name(), [&](Frame& frame) {
      if (trouble_ == "every third" && frame.index % 3 == 0)
        throw FrameError(FailureReason::kSolveFailed, frame.id() + ": no luck");
      frame.planes[plane::kDepth] =
          cv::Mat(4, 5, CV_64FC1, cv::Scalar(1.0 + static_cast<double>(frame.index)));
    });
  }

 private:
  std::string trouble_;
};

std::vector<Frame> numbered_frames(std::size_t n) {
  std::vector<Frame> frames(n);
  for (std::size_t i = 0; i < n; ++i) {
    frames[i].index = i;
    frames[i].scene = "scene";
    frames[i].name = "d-" + std::to_string(100 + i);
  }
  return frames;
}

GraphOptions options_for(int threads, std::size_t batch) {
  GraphOptions options;
  options.threads = threads;
  options.batch = batch;
  options.quiet = true;
  return options;
}

// Writes depth planes below `folder`, records with `record`.
FrameSink sink_to(
    const std::filesystem::path& folder, std::function<void(const Frame&)> record = [](const Frame&) {}) {
  FrameSink sink;
  sink.write = [folder](const Frame& frame, FrameSink::Record&) {
    io::write_plane(folder / (frame.name + ".npy"), frame.plane(plane::kDepth), io::PlaneKind::kDepth);
  };
  sink.record = [record = std::move(record)](const Frame& frame, FrameSink::Record) { record(frame); };
  return sink;
}

std::vector<std::unique_ptr<Stage>> one_stage(const std::string& trouble = "") {
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<IndexStage>(trouble));
  return stages;
}

TEST(RunGraph, RecordsInOrderWhateverTheThreadsAndTheBatch) {
  for (int threads : {1, 4})
    for (std::size_t batch : {1, 3, 50}) {
      ScratchFolder scratch;
      std::vector<std::size_t> order;
      const GraphOutcome outcome =
          run_graph(numbered_frames(20), one_stage(), options_for(threads, batch),
                    sink_to(scratch.path(), [&](const Frame& frame) { order.push_back(frame.index); }));
      EXPECT_EQ(outcome.done, 20u);
      EXPECT_EQ(outcome.failed, 0u);
      ASSERT_EQ(order.size(), 20u);
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
      EXPECT_TRUE(std::filesystem::exists(scratch.path() / "d-119.npy"));
    }
}

TEST(RunGraph, AFailedFrameWritesNothingAndTheOthersGoOn) {
  ScratchFolder scratch;
  const GraphOutcome outcome =
      run_graph(numbered_frames(9), one_stage("every third"), options_for(2, 2), sink_to(scratch.path()));
  EXPECT_EQ(outcome.done, 6u);
  EXPECT_EQ(outcome.failed, 3u);
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "d-103.npy"));
  EXPECT_TRUE(std::filesystem::exists(scratch.path() / "d-104.npy"));
}

TEST(RunGraph, AnExceptionThatLeavesAStageFailsItsBatchOnly) {
  ScratchFolder scratch;
  std::vector<std::string> texts;
  const GraphOutcome outcome =
      run_graph(numbered_frames(3), one_stage("escapes"), options_for(1, 2),
                sink_to(scratch.path(), [&](const Frame& frame) { texts.push_back(frame.failure_text); }));
  EXPECT_EQ(outcome.failed, 3u);
  EXPECT_THAT(texts, ::testing::Each("a stage let an exception out"));
  EXPECT_EQ(outcome.fatal, "");
}

TEST(RunGraph, AnUnwritableFolderStopsTheRun) {
  ScratchFolder scratch;
  std::ofstream(scratch / "file") << "a file where the folder should be";
  const GraphOutcome outcome =
      run_graph(numbered_frames(5), one_stage(), options_for(1, 1), sink_to(scratch / "file"));
  EXPECT_NE(outcome.fatal, "");
  EXPECT_EQ(outcome.done, 0u);
}

TEST(RunGraph, ALedgerThatCannotBeWrittenStopsTheRun) {
  ScratchFolder scratch;
  std::size_t asked = 0;
  const GraphOutcome outcome = run_graph(numbered_frames(50), one_stage(), options_for(1, 1),
                                         sink_to(scratch.path(), [&](const Frame&) {
                                           ++asked;
                                           throw std::runtime_error("manifest.csv: the disk is full");
                                         }));
  EXPECT_EQ(outcome.fatal, "manifest.csv: the disk is full");
  EXPECT_EQ(asked, 1u);
}

// A recorder that does not come along must hold the readers back: frames read and not yet recorded are what a
// run's memory consists of.
TEST(RunGraph, FramesInFlightAreBoundedWhileTheRecorderIsBusy) {
  constexpr int kThreads = 3;
  for (std::size_t batch : {1, 4}) {
    const std::size_t bound = tokens_in_flight(kThreads) * batch;
    std::atomic<std::size_t> begun{0}, recorded{0}, most{0};
    class Count : public IndexStage {
     public:
      explicit Count(std::function<void(std::size_t)> count) : count_(std::move(count)) {}
      void run(std::span<Frame> batch) override {
        count_(batch.size());
        IndexStage::run(batch);
      }

     private:
      std::function<void(std::size_t)> count_;
    };
    std::vector<std::unique_ptr<Stage>> stages;
    stages.push_back(std::make_unique<Count>([&](std::size_t frames) {
      const std::size_t in_flight = (begun += frames) - recorded;
      for (std::size_t seen = most; in_flight > seen && !most.compare_exchange_weak(seen, in_flight);) {
      }
    }));
    FrameSink sink;
    sink.record = [&](const Frame& frame, FrameSink::Record) {
      // The first record waits until the others have filled the pipeline, and a little longer.
      for (int i = 0; frame.index == 0 && i < 400 && begun < bound; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (frame.index == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ++recorded;
    };
    run_graph(numbered_frames(40 * batch), stages, options_for(kThreads, batch), sink);
    EXPECT_EQ(recorded, 40 * batch);
    EXPECT_LE(most, bound);
  }
}

TEST(RunGraph, OrderIsCheckedBeforeTheFirstFrame) {
  EXPECT_EQ(order_problem(one_stage(), {plane::kRawDepth}), "");
  EXPECT_THAT(order_problem(one_stage(), {plane::kRgb}), ::testing::HasSubstr("needs the plane 'raw_depth'"));
}

}  // namespace
}  // namespace depthmill::pipeline
