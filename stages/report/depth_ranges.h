// Errors by true depth, from the planes of a run that has no ranges.csv.
#pragma once

#include "stages/report/load.h"
#include "stages/report/report.h"

namespace depthmill::report {

// Fills `ranges` of the run's first protocol that was kept beside the tables, when it has none and planes are
// there: the valid pixels of that protocol, in steps of 1 m (10 m beyond 15 m), pooled over at most 200
// frames taken evenly from all. Metrics that cannot be pooled stay undefined. Two planes are read a frame.
void add_depth_ranges(RunData& run, const ReportOptions& options);

}  // namespace depthmill::report
