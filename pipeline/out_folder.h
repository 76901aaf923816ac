// Where a command leaves what it makes.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/options.h"

namespace depthmill::pipeline {

// Throws ConfigError when --out cannot be a folder: not given (`missing` says what it is for), or a file lies there
// or where one of its folders would have to be.
void require_out_folder(const Config& config, const std::string& missing);
// Makes it now, rather than find out at the end of the work that nothing can be written there. Throws ConfigError.
void make_out_folder(const std::filesystem::path& out);

}  // namespace depthmill::pipeline
