// --dry-run: the frames that a command would work on.
#pragma once

#include "pipeline/stage_run.h"

namespace depthmill::pipeline {

// Prints what the inputs were taken for, then one line a frame on stdout, with the file of each plane, the
// unit of its depth and, for the first frame, its size, and the memory that the work takes at most, less what a
// network takes. Reads no more than that one frame. Returns the exit code: kExitFailed when a frame would fail
// for what is missing already.
int say_plan(const Config& config, const StageRun& run);

}  // namespace depthmill::pipeline
