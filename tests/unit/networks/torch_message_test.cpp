#include "stages/networks/libtorch/message.h"

#include <gmock/gmock.h>

namespace depthmill::networks {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ShortTorchMessage, TakesTheCauseOutOfATrace) {
  EXPECT_EQ(short_torch_message("The following operation failed in the TorchScript interpreter.\n"
                                "Traceback of TorchScript (most recent call last):\n"
                                "  File \"net.py\", line 3, in forward\n"
                                "    return x.view(7)\n"
                                "           ~~~~~~ <--- HERE\n"
                                "RuntimeError: shape '[7]' is invalid for input of size 12\n"),
            "shape '[7]' is invalid for input of size 12");
  EXPECT_EQ(
      short_torch_message("expected scalar type Half but found Float\nException raised from f at g.cpp:1 "
                          "(most recent call first):\nframe #0: c10::Error::Error"),
      "expected scalar type Half but found Float");
  EXPECT_EQ(short_torch_message(""), "LibTorch gives no reason");
  EXPECT_LT(short_torch_message(std::string(5000, 'x')).size(), 500u);
}

TEST(OutOfMemory, IsKnownByItsWords) {
  for (const char* what :
       {"CUDA out of memory. Tried to allocate 2.00 GiB", "CUBLAS_STATUS_ALLOC_FAILED when calling",
        "[enforce fail at alloc_cpu.cpp:66] DefaultCPUAllocator: can't allocate memory: you tried",
        "DefaultCPUAllocator: not enough memory: you tried"})
    EXPECT_TRUE(says_out_of_memory(what)) << what;
  EXPECT_FALSE(says_out_of_memory("shape '[7]' is invalid for input of size 12"));
  EXPECT_FALSE(says_out_of_memory(""));
}

TEST(LoadFailure, SaysWhenLibTorchIsTooOld) {
  const std::string op = load_failure(
      "net.pt", "\nUnknown builtin op: aten::scaled_dot_product_attention.\nHere are ...", "1.13.1");
  EXPECT_THAT(op, HasSubstr("net.pt needs a newer LibTorch than 1.13.1"));
  EXPECT_THAT(op, HasSubstr("aten::scaled_dot_product_attention:"));
  EXPECT_THAT(op, HasSubstr("without that operator")) << "an older PyTorch has no such operator to export";
  EXPECT_THAT(op, HasSubstr("scripts/setup.sh --libtorch"));
  EXPECT_THAT(
      load_failure("net.pt",
                   "Attempted to read a PyTorch file with version 11, but the maximum supported version for "
                   "reading is 10. Your PyTorch installation may be too old.",
                   "1.13.1"),
      HasSubstr("needs a newer LibTorch"));
  EXPECT_THAT(load_failure("net.pt", "Unknown builtin op: aten::of_next_year.", "2.8.0"),
              HasSubstr("scripts/fetch_libtorch.sh cpu or cuda, --version"));
}

TEST(LoadFailure, TellsOtherFilesApart) {
  const std::string weights = load_failure(
      "net.pth", "PytorchStreamReader failed locating file constants.pkl: file not found", "1.13.1");
  EXPECT_THAT(weights, HasSubstr("no TorchScript module"));
  EXPECT_THAT(weights, HasSubstr("docs/exporting.md"));
  const std::string other = load_failure(
      "net.png", "PytorchStreamReader failed reading zip archive: failed finding central directory",
      "1.13.1");
  EXPECT_THAT(other, HasSubstr("no TorchScript file"));
  EXPECT_THAT(other, Not(HasSubstr("newer")));
}

}  // namespace
}  // namespace depthmill::networks
