// Errors by true depth, from the planes of a run that has no ranges.csv.
#pragma once

#include "stages/report/load.h"
#include "stages/report/report.h"

namespace depthmill::report {

// Fills `ranges` of the run's first protocol that was kept beside the tables, or of all of them, when it has none and
// planes are there: what `evaluate --depth-ranges` gives for steps of 1 m (10 m where the protocol goes beyond 15 m), up
// to 1000 m, over at most 200 frames taken evenly from all. Frames whose planes are not there or do not fit
// the protocol are left out; `range_note` counts the others. Protocols that fit a clip at once get none, and a note.
void add_depth_ranges(RunData& run, const ReportOptions& options, bool of_all_protocols);

}  // namespace depthmill::report
