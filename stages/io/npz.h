// NumPy's archives of arrays (.npz): a zip whose records are .npy files.
#pragma once

#include "stages/io/plane_file.h"

namespace depthmill::io {

extern const FileFormat kNpzFormat;

}  // namespace depthmill::io
