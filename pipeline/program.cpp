#include "pipeline/program.h"

#include "pipeline/commit.h"
#include "pipeline/version.h"

namespace depthmill::pipeline {

std::string program_name() {
  const std::string commit = DEPTHMILL_COMMIT;
  return "depthmill " DEPTHMILL_VERSION + (commit.empty() ? "" : " (commit " + commit + ")");
}

}  // namespace depthmill::pipeline
