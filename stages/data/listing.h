// What listing a data set gives: frames with their sources, and everything that kept others from being one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "stages/base/frame_list.h"

namespace depthmill::data {

// One sentence about a scene or a file, for the log and the closing account.
struct Remark {
  std::string scene;  // "" = about the whole data set
  FailureReason reason = FailureReason::kNone;
  std::string text;
};

// A file of the data set that serves no frame, and why in a few words that follow a number: "2 masks",
// "5 .webp (no format that is read)".
struct LeftOut {
  std::filesystem::path file;
  std::string why;
};

struct Listing {
  // In the order in which they are to be processed. A frame whose partner is missing is here too, failed
  // already (stage "list"), so that it becomes one row of the manifest.
  FrameList frames;
  std::vector<Remark> notes;  // worth saying, nothing is wrong: no accelerometer, stray files, extra planes
  std::vector<Remark> failures;  // a scene or data set that gives less than was asked for
  std::size_t files = 0;         // that were looked at, in layouts of folders; 0 where nothing was counted
  std::vector<LeftOut> left_out;
  std::string how;  // how the frames were put together, where there is a choice: "rgb paired by nearest time"
  std::vector<std::string>
      account;  // of list_planes: one line an input, what it was taken for and what was left
};

// Name of the stage in frames that fail while listing.
inline constexpr const char* kListStage = "list";

}  // namespace depthmill::data
