// What a result was made from: how its input files look from outside, what their numbers were taken for, and
// what was in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill::run_folder {

// XXH3 (64 bits) of bytes, and of a file's bytes. The latter throws FrameError naming the file when it cannot be
// read; a FIFO, device or socket is refused.
std::uint64_t hash_of(std::string_view bytes);
std::uint64_t content_of(const std::filesystem::path& file);

// 16 hexadecimal digits, and back; 0 when the text is no such number.
std::string hash_text(std::uint64_t hash);
std::uint64_t parse_hash(std::string_view text);

// A file's size in bytes, its time in nanoseconds, and when its bytes, its time or its name last changed, which nobody
// can set: unpacked and copied files often have equal times. -1 and 0 when it is not there.
struct FileLook {
  std::int64_t size = -1, time = 0, changed = 0;
  bool operator==(const FileLook&) const = default;
};
FileLook look_of(const std::filesystem::path& file);

struct InputFile {
  std::string plane;
  std::filesystem::path file;
  std::uint64_t content = 0;
};

// Of a frame's planes that are read. Equal looks (plane, path, meaning, size and times of every file) mean
// that nobody touched the files; an equal meaning (plane, variable, scale) and equal contents that they were
// copied, moved or touched.
struct MadeFrom {
  std::uint64_t look = 0, meaning = 0;
  std::vector<InputFile> inputs;  // by name of the plane
};

// Look and meaning of the frame's sources in `planes`, and their paths: asks the file system alone, a few
// microseconds a file.
MadeFrom seen(const Frame& frame, const std::set<std::string>& planes);
// The look of these inputs as they lie there now, paths that are not absolute below `from`.
std::uint64_t look_again(const MadeFrom& made_from, const std::filesystem::path& from);
// Reads every input whole and puts its content down. Throws FrameError.
void hash_inputs(MadeFrom& made_from);
// Were the two read from files of the same content, plane by plane?
bool equal_contents(const MadeFrom& a, const MadeFrom& b);
// Is what `now` names the same as what was on record? Files are read when they only look different; `now` has their
// contents afterwards. An input that cannot be read is not the same.
bool same_inputs(const MadeFrom& record, MadeFrom& now);

}  // namespace depthmill::run_folder
