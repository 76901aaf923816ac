// The planes of a frame, found again by its name after the run.
#pragma once

#include <string>
#include <vector>

#include "stages/report.h"
#include "stages/report/load.h"
#include "stages/report/strip.h"

namespace depthmill::report {

// Reads what there is in the run's planes/ and in options.planes, as `protocol` sees it (see as_scored.h). A
// plane that cannot be read is left out and, with `warnings`, said.
FramePlanes read_planes(const RunData& run, const ReportOptions& options, const std::string& scene,
                        const std::string& frame, const std::string& protocol,
                        std::vector<std::string>* warnings, bool with_rgb = true);

}  // namespace depthmill::report
