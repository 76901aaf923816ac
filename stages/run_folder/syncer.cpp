#include "stages/run_folder/syncer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace depthmill::run_folder {
namespace {

// Longest time whose results a power cut sends back to be made again.
constexpr std::chrono::seconds kPeriod{5};

}  // namespace

void sync_file_system(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::syncfs(descriptor) == 0;
  const int why = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!good)
    throw std::runtime_error(folder.string() + ": cannot be brought to the disk: " + std::strerror(why));
}

Syncer::Syncer(std::function<void()> work) : work_(std::move(work)), thread_([this] { loop(); }) {}

Syncer::~Syncer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Syncer::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  once();
  check();
}

void Syncer::check() const {
  std::lock_guard lock(mutex_);
  if (!problem_.empty()) throw std::runtime_error(problem_);
}

void Syncer::once() {
  try {
    work_();
  } catch (const std::exception& e) {
    std::lock_guard lock(mutex_);
    if (problem_.empty()) problem_ = e.what();
  }
}

void Syncer::loop() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPeriod, [&] { return stopping_; })) {
    lock.unlock();
    once();
    lock.lock();
  }
}

}  // namespace depthmill::run_folder
