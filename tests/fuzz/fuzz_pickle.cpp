// Any bytes as the pickle of a checkpoint: rewritten, or left as they are.
#include "stages/networks/sd_convtrans/pickle_rewrite.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string once = sd_convtrans::readable_for_libtorch(fuzz::text(data, size));
  fuzz::require(sd_convtrans::readable_for_libtorch(once) == once, "rewritten once, it stays");
  return 0;
}
