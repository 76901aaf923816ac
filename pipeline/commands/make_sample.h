#pragma once

#include <filesystem>

#include "pipeline/stage_run.h"

namespace depthmill::pipeline {

// Writes the generated scenes of config.sample below `folder`, with progress.
int make_sample(const Config& config, const std::filesystem::path& folder);

}  // namespace depthmill::pipeline
