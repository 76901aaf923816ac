// A run with stages that do next to nothing, over four frames of one scene.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "pipeline/stage_run.h"
#include "stages/io/plane_file.h"
#include "stages/run_folder/ledger.h"
#include "stages/run_folder/score_tables.h"
#include "tests/support/score_rows.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {

namespace fs = std::filesystem;
using test::ScratchFolder;

// Which frames each stage has worked on, by Frame::id().
using Log = std::map<std::string, std::vector<std::string>>;

// Stages of one run are at work at the same time.
inline void put_down(Log& log, const char* stage, const Frame& frame) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  log[stage].push_back(frame.id());
}

// A flat depth plane, its value given by the frame's name.
class FakeFill : public Stage {
 public:
  explicit FakeFill(Log& log, std::string fails_on = "", std::string crashes_on = "")
      : log_(log), fails_on_(std::move(fails_on)), crashes_on_(std::move(crashes_on)) {}
  std::string_view name() const override { return "fill"; }
  std::vector<std::string> needs() const override { return {plane::kRawDepth}; }
  std::vector<std::string> adds() const override { return {plane::kDepth}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) {
      put_down(log_, "fill", frame);
      if (frame.name == crashes_on_) ::raise(SIGSEGV);
      if (frame.name == fails_on_) throw FrameError(FailureReason::kSolveFailed, frame.id() + ": no luck");
      frame.planes[plane::kDepth] = frame.plane(plane::kRawDepth) + 1;
    });
  }

 private:
  Log& log_;
  std::string fails_on_, crashes_on_;
};

// One score a frame, and where asked one of a range of depths.
class FakeEvaluate : public Stage {
 public:
  explicit FakeEvaluate(Log& log, std::string protocol = "plain", bool ranges = false)
      : log_(log), protocol_(std::move(protocol)), ranges_(ranges) {}
  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override { return {plane::kDepth}; }
  std::vector<std::string> adds() const override { return {}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) {
      put_down(log_, "evaluate", frame);
      MetricRow row;
      row.protocol = protocol_;
      row.valid_pixels = 20;
      row.values = {{"abs_rel", frame.plane(plane::kDepth).at<double>(0, 0) / 100}};
      frame.metrics.push_back(row);
      row.range = DepthRange{0, 10};
      if (ranges_) frame.metrics.push_back(row);
    });
  }

 private:
  Log& log_;
  std::string protocol_;
  bool ranges_;
};

class Execute : public ::testing::Test {
 protected:
  Execute() {
    protocol_.name = "plain";
    protocol_.metrics = {"abs_rel"};
    for (int i = 0; i < 4; ++i) {
      const std::string name = "d-" + std::to_string(i);
      cv::Mat raw(4, 5, CV_64FC1, cv::Scalar(1.0 + i));
      io::write_plane(scratch_ / ("in/" + name + ".npy"), raw, io::PlaneKind::kDepth);
    }
  }

  std::vector<Frame> frames() const {
    std::vector<Frame> frames(4);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frames[i].index = i;
      frames[i].scene = "room";
      frames[i].name = "d-" + std::to_string(i);
      frames[i].sources[plane::kRawDepth].file = scratch_ / (folder_ + "/" + frames[i].name + ".npy");
    }
    return frames;
  }

  StageRun job() {
    log_.clear();
    StageRun run;
    run.label = "test";
    run.frames = frames();
    run.stages.push_back(std::make_unique<FakeFill>(log_, fails_on_, crashes_on_));
    if (scored_) {
      run.stages.push_back(std::make_unique<FakeEvaluate>(log_, protocol_.name, ranges_));
      run.protocols = {protocol_};
    }
    return run;
  }

  ParsedCommand told(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"--out", out().string(), "--quiet", "--threads", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parse_command("run", arguments);
  }

  int go(std::vector<std::string> more = {}) { return execute(told(std::move(more)), job()); }

  fs::path out() const { return scratch_ / "out"; }
  fs::path plane(int i) const { return out() / ("planes/room/d-" + std::to_string(i) + ".depth.png"); }
  std::string ledger() const { return test::file_text(out() / "manifest.csv"); }
  // The row of frame `n` of a job in it: stage, status, reason and detail, and the file it was made from.
  std::string row(int n, const std::string& cells) const {
    const std::string name = "d-" + std::to_string(n);
    return "room," + name + ",fill," + cells + "," + (scratch_ / ("in/" + name + ".npy")).string() + "\n";
  }
  // Every file of the run folder but those that tell when something was done.
  std::map<std::string, std::string> bytes() const {
    std::map<std::string, std::string> bytes;
    for (const auto& entry : fs::recursive_directory_iterator(out()))
      if (entry.is_regular_file() && entry.path().filename() != "timing.csv" &&
          entry.path().filename() != run_folder::kJournalFile)
        bytes[fs::relative(entry.path(), out()).string()] = test::file_text(entry.path());
    return bytes;
  }

  double score_of(const std::string& frame) const {
    for (const FrameScore& row : test::rows_of(read_frame_table(out() / "metrics/frames.csv")))
      if (row.frame == frame) return row.value("abs_rel");
    return -1;
  }

  ScratchFolder scratch_;
  Log log_;
  std::string fails_on_, crashes_on_, folder_ = "in";
  bool scored_ = false, ranges_ = false;
  metrics::Protocol protocol_;
};

}  // namespace depthmill::pipeline
