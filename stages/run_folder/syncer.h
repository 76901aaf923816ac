// Brings what a run writes to the disk while it goes on: everything at once, every few seconds, on a thread of its own.
// A file system takes a group of files in one go for the price of one; waiting for each would halve the speed.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace depthmill::run_folder {

// Returns once everything written into the file system that holds `folder` is on the disk (syncfs). Throws
// std::runtime_error naming the folder when the disk refuses.
void sync_file_system(const std::filesystem::path& folder);

class Syncer {
 public:
  // Calls `work` every few seconds, and once more when stopped. What it throws is kept for check().
  explicit Syncer(std::function<void()> work);
  ~Syncer();  // without the last call
  void stop();
  // Throws std::runtime_error when the work did.
  void check() const;

 private:
  void once();
  void loop();

  std::function<void()> work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::string problem_;
  std::thread thread_;
};

}  // namespace depthmill::run_folder
