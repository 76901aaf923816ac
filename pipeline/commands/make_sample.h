#pragma once

#include <filesystem>

#include "pipeline/stage_run.h"

namespace depthmill::pipeline {

// Writes the generated scenes of config.sample below `folder`, with progress.
int make_sample(const Config& config, const std::filesystem::path& folder);

// Writes folder/nyu_depth_v2_labeled.mat and folder/splits.mat (scenes take turns in training and test) from
// the same scenes, rendered on all threads. In memory is the file as it is packed, about 2 MB an image.
int make_labeled_sample(const Config& config, const std::filesystem::path& folder);

}  // namespace depthmill::pipeline
