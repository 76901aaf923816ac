// A look at the first bytes of a file, where its name leaves open what it holds.
#pragma once

#include <filesystem>

namespace depthmill::io {

// Is it certain from its header that the file holds one channel of more than 8 bits, or of floating-point
// numbers: depth, and no picture that was meant for the eye? Looks at PNG, PGM, TIFF and NumPy files; false
// for all others, and for files that cannot be read.
bool looks_like_depth(const std::filesystem::path& file);

}  // namespace depthmill::io
