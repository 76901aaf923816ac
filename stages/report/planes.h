// The planes of a run's frames, found again by the frames' names after the run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stages/base/frame_list.h"
#include "stages/data/frame_index.h"
#include "stages/report/load.h"
#include "stages/report/report.h"
#include "stages/report/strip.h"
#include "stages/scoring/preparation.h"

namespace depthmill::report {

// Where planes are looked for. What an evaluation looks at (predictions and true depths): first where the run's
// settings say it was taken from ([data] pred, gt and which plane of them), joined to frames as the evaluation
// joined them, so that a strip shows what was scored. Then, and for everything else: the run's own planes/;
// options.planes; the run folders among its inputs. Folders are listed once, files are opened by read() alone.
class PlaneFinder {
 public:
  PlaneFinder(const RunData& run, const ReportOptions& options);

  // What there is of a frame, as `protocol` sees it (see as_scored.h). A plane that cannot be read is left
  // out and, with `warnings`, said.
  FramePlanes read(const std::string& scene, const std::string& frame, const std::string& protocol,
                   std::vector<std::string>* warnings, bool with_rgb = true) const;

  // The planes as they lie there that scoring under `protocol` looks at (without maps beside the depth); what
  // is nowhere is left empty; so is the truth where the one that was scored is not there any more. Throws FrameError for a
  // file that cannot be read.
  ScoredPlanes read_scored(const std::string& scene, const std::string& frame,
                           const metrics::Protocol& protocol) const;

 private:
  bool find(const std::string& scene, const std::string& frame, const char* name, PlaneSource& source) const;
  bool find_listed(const std::string& scene, const std::string& frame, const char* name,
                   PlaneSource& source) const;
  bool find_beside(const std::string& scene, const std::string& frame, const char* name,
                   PlaneSource& source) const;

  const RunData& run_;
  struct Folder {
    std::filesystem::path path;
    std::map<std::string, double> scales;  // of its 16-bit planes, as its journal says
    double otherwise;                      // of the rest
  };
  std::vector<Folder> folders_;
  // Frames of the inputs; their plane `name` goes by `part`. Those asked for apart come first.
  struct Listed {
    FrameList frames;
    std::optional<data::FrameIndex> by_id;
    std::string name, part;
  };
  std::vector<std::unique_ptr<Listed>> listed_;
  std::string
      only_id_;  // where there is one frame alone: a single pair of files is one whatever its names are
};

}  // namespace depthmill::report
