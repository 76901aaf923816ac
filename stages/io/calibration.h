// A calibration as a file, which `depthmill calibrate` writes and evaluate and infer take:
//
//   [calibration]
//   scale = 4.2      metres = scale v^power + shift
//   power = 1
//   shift = 0.1
//
// Other keys say how it was found; they move no number.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill::io {

// Throws TextFileError naming the file: it cannot be read, lacks the scale, or a number is none.
Calibration read_calibration(const std::filesystem::path& file);

// Its text, with what else is to be known of it behind the three.
std::string calibration_text(const Calibration& calibration,
                             const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace depthmill::io
