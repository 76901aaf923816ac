// Which program this is.
#pragma once

#include <string>

namespace depthmill::pipeline {

// "depthmill 0.9.0 (commit 0123456789)"; without a commit where it was not built from a checkout.
std::string program_name();

}  // namespace depthmill::pipeline
