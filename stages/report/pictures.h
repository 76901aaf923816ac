// Which frames of a run are shown, and their strips as PNG files.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "stages/report/load.h"
#include "stages/report/report.h"
#include "stages/report/strip.h"

namespace depthmill::report {

enum class PickGroup { kBest, kWorst, kScene };

// A frame to show and why.
struct Pick {
  std::string scene;
  std::string frame;
  PickGroup group = PickGroup::kScene;
  std::string protocol;  // whose score and whose view of the planes
  std::string caption;   // "best 1 of 20, abs_rel 0.0512 (eigen)"
};

// Best frames first, then worst (worst of all in front), then the first frame of each scene; none twice, at
// most options.max_pictures. A frame whose score is undefined is neither best nor worst. No best and worst
// when the metric has no known direction; never more of either than half of the frames.
std::vector<Pick> pick_frames(const RunData& run, const ReportOptions& options);

// A picture that was made.
struct Picture {
  std::size_t run = 0;  // index of the run
  Pick pick;
  std::filesystem::path file;  // relative to options.out; "pictures/<run>/<scene>.<frame>.png"
  FrameView view;              // its panels' images are gone when `jpegs` were made of them
  std::vector<std::vector<unsigned char>> jpegs;  // one a panel, for pages; empty when not asked for
};

// Writes the strips under options.out. The error scale is common to all pictures, so that a pale map is a
// good one wherever it stands. Frames without any plane are passed over silently when no frame of the run has
// planes, and with a warning otherwise. `with_jpegs`: keep the panels for pages.
std::vector<Picture> make_pictures(std::span<const RunData> runs, const ReportOptions& options,
                                   bool with_jpegs, std::vector<std::filesystem::path>& written,
                                   std::vector<std::string>& warnings);

// Letters, digits, '.', '-' and '_' stay, everything else becomes '_'.
std::string file_name_of(const std::string& text);

}  // namespace depthmill::report
