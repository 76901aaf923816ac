// Writes whole files so that a file that exists is complete: the bytes go to a temporary name in the same
// folder, which is then renamed over the final one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string_view>

namespace depthmill::io {

// Calls `write(temporary)` with a name that is unique for this process and thread, in `file`'s folder (made
// when absent) and with `file`'s extension, then renames it to `file`. When `write` throws, or the rename
// fails, the temporary file is removed, `file` is as it was before, and the exception goes on.
//
// The promise holds against a killed process. Against a power cut it holds once the file system was synced
// (run_folder/syncer.h): apart from the writing, because a disk takes many files in one go.
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

// Replaces `file` by these bytes. Throws std::runtime_error naming the file (disk full, no permission).
void write_whole_file(const std::filesystem::path& file, std::string_view text);
void write_whole_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

// What is not finished yet, under a name of its own beside `file`; gone with this object unless it becomes the file.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(std::filesystem::path file);  // makes its folder; throws as finish()
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  const std::filesystem::path& file() const { return file_; }
  const std::filesystem::path& temporary() const { return temporary_; }
  void finish();  // gives it the file's name; throws std::runtime_error naming the file

 private:
  std::filesystem::path file_, temporary_;
};

// A file that is written piece by piece and appears whole when it is closed; one that is not leaves nothing. Each throws
// std::runtime_error naming the file.
class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path file);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  void write(std::string_view bytes);
  void close();

 private:
  UnfinishedFile file_;
  std::FILE* out_;
};

// Does this file bear the name of a half-written one?
bool is_temporary(const std::filesystem::path& file);

// Removes what writers that were killed have left: in `folder` itself, and anywhere below its `subfolders`. For who
// knows that no writer is at work there. Returns how many files that were.
std::size_t sweep_temporaries(const std::filesystem::path& folder,
                              std::initializer_list<std::string_view> subfolders);

}  // namespace depthmill::io
