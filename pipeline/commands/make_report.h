#pragma once

#include "pipeline/stage_run.h"

namespace depthmill::pipeline {

// Writes the report (to config.run.out when options.out is empty), prints its Markdown tables and the names
// of the files on stdout. Throws ConfigError for wrong options.
int make_report(const Config& config, ReportOptions options);

}  // namespace depthmill::pipeline
