// Finds the folder with protocols/ and models/ that belongs to this program.
#pragma once

#include <filesystem>

namespace depthmill::pipeline {

// In this order: $DEPTHMILL_CONFIGS; ../share/depthmill/configs beside the installed program; configs/ in a
// folder above the program (a build tree). Throws std::runtime_error that lists where it looked.
std::filesystem::path configs_folder();

}  // namespace depthmill::pipeline
