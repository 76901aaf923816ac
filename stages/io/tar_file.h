// Tar archives as other programs write them (ustar, GNU's and PAX's long names), never packed: where each file
// lies in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/io/plane_file.h"

namespace depthmill::io {

struct TarMember {
  std::string name;
  std::uint64_t at = 0, size = 0;  // bytes of the archive
};

// The regular files in it, in their order; folders, links and the like are left out. Throws FrameError: no tar
// archive or damaged (kUnreadable), cut short (kTruncated), kMissingFile.
std::vector<TarMember> list_tar(const std::filesystem::path& file);

// FILE:MEMBER is a plane, read by the member's own ending; FILE:MEMBER.h5:SET a data set in it.
extern const FileFormat kTarFormat;

}  // namespace depthmill::io
