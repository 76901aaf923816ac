// Writes whole files so that a file that exists is complete: the bytes go to a temporary name in the same
// folder, which is then renamed over the final one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace depthmill::io {

// Calls `write(temporary)` with a name that is unique for this process and thread, in `file`'s folder (made
// when absent) and with `file`'s extension, then renames it to `file`. When `write` throws, or the rename
// fails, the temporary file is removed, `file` is as it was before, and the exception goes on. There is no
// fsync: the promise holds against a killed process, not against a power cut.
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

// Replaces `file` by these bytes. Throws std::runtime_error naming the file (disk full, no permission).
void write_whole_file(const std::filesystem::path& file, std::string_view text);
void write_whole_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

}  // namespace depthmill::io
