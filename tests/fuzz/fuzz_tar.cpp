// Any bytes as a tar archive: its listing, and every member as a plane.
#include "stages/io/tar_file.h"
#include "tests/fuzz/file_in_memory.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::FileInMemory file("fuzz_tar");
  file.hold(data, size);
  try {
    const auto members = io::list_tar(file.path());
    for (const io::TarMember& member : members) {
      fuzz::require(member.at + member.size <= size, "a member lies inside the archive");
      fuzz::require(!member.name.empty(), "a member has a name");
    }
  } catch (const FrameError&) {
  }
  return 0;
}
