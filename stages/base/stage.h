// What a stage is: a name, the planes it needs and adds, and a function over a batch of frames.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill {

class FrameList;

// A file in which those of several frames come together, one frame after the other: a tar archive, a stack. It appears
// whole or not at all: what was begun and not closed leaves nothing.
class FileGroup {
 public:
  virtual ~FileGroup() = default;
  // Takes Frame::files of the next frame. Throws std::runtime_error naming the file when the disk refuses.
  virtual void add(const Frame& frame) = 0;
  // Ends the file and gives it its name.
  virtual void close() = 0;
};

class Stage {
 public:
  virtual ~Stage() = default;

  // Name as command, configuration section, manifest column and log prefix.
  virtual std::string_view name() const = 0;
  // Planes (see namespace plane) that must be there before, and are there after; what it adds, a run keeps.
  virtual std::vector<std::string> needs() const = 0;
  virtual std::vector<std::string> adds() const = 0;
  // Planes that it looks at besides where a frame has them. What no stage needs or uses is not read.
  virtual std::vector<std::string> uses() const { return {}; }
  // May `run` be called from several threads at once? Inference on one device says no.
  virtual bool parallel() const { return true; }
  // Told before prepare(), where it is known: the size of the images to come. Answers the size it hands on.
  virtual cv::Size expect(cv::Size image) { return image; }
  // Told of all the frames of the run, before prepare(). Throws std::runtime_error.
  virtual void expect_frames(const FrameList&) {}
  // Called once, before the first frame: loads models, checks options. Throws std::runtime_error.
  virtual void prepare() {}

  // What a run asks after prepare():
  // Are the depths it adds metres? Others do not fit into 16-bit millimetres.
  virtual bool metric() const { return true; }
  // Threads that the other stages may have, of `budget`, beside those it keeps for itself.
  virtual int threads_left(int budget) const { return budget; }
  // Frames it works on best when they come together.
  virtual std::size_t frames_at_a_time() const { return 1; }
  // Bytes that a thread inside run() works with, for frames of this size: all it allocates but the planes it
  // adds, what it keeps for the next frame included. What prepare() has allocated is not counted.
  virtual std::size_t workspace(cv::Size) const { return 0; }
  // Files beside the frames' that shape what it makes, each with what it is: {"model card", FILE}.
  virtual std::vector<std::pair<std::string, std::filesystem::path>> files() const { return {}; }
  // What it has chosen, a line each for the log.
  virtual std::vector<std::string> remarks() const { return {}; }

  // What a stage makes besides planes, by paths below the run folder. One stage of a run may make files.
  virtual bool makes_files() const { return false; }
  // Of a frame: what run() leaves in Frame::files, or the one file in which it comes together with others.
  virtual std::vector<std::string> files_of(const Frame&) const { return {}; }
  // Do frames come together? Those of a file are done, and done again, together.
  virtual bool groups_frames() const { return false; }
  // Opens such a file in `folder`.
  virtual std::unique_ptr<FileGroup> open_group(const std::filesystem::path& /*folder*/,
                                                const std::string& /*path*/) const {
    return nullptr;
  }
  // Files about the frames that are done (their places in the list, in order), such as lists of them.
  virtual std::vector<std::pair<std::string, std::string>> index_files(const FrameList&,
                                                                       std::span<const std::size_t>) const {
    return {};
  }

  // Works on the frames of the batch that are still ok. A frame that cannot go on gets frame.fail(...);
  // no exception leaves for one frame's sake.
  virtual void run(std::span<Frame> batch) = 0;
};

// Runs `work(frame)` on every live frame of the batch and turns what it throws into that frame's failure.
template <class Work>
void for_each_live(std::span<Frame> batch, std::string_view stage, Work&& work) {
  for (Frame& frame : batch) {
    if (!frame.ok()) continue;
    try {
      work(frame);
    } catch (const FrameError& e) {
      frame.fail(stage, e.reason(), e.what());
    } catch (const std::bad_alloc&) {
      frame.fail(stage, FailureReason::kInternal, frame.id() + ": out of memory");
    } catch (const std::exception& e) {
      frame.fail(stage, FailureReason::kInternal, frame.id() + ": " + e.what());
    }
  }
}

}  // namespace depthmill
