#include "stages/io/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace depthmill::io {
namespace fs = std::filesystem;

namespace {

// The extension stays last, because OpenCV chooses its encoder by it; the dot in front keeps half-written
// files out of folder listings that look for planes.
fs::path temporary_name(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  std::string name = "." + file.stem().string() + ".part" + std::to_string(::getpid()) + "-" +
                     std::to_string(counter.fetch_add(1)) + file.extension().string();
  return file.parent_path() / name;
}

[[noreturn]] void fail(const fs::path& file, const char* what, int error) {
  throw std::runtime_error(file.string() + ": " + what + ": " + std::strerror(error));
}

}  // namespace

// ".<stem>.part<process>-<number><extension>", as temporary_name makes it.
bool is_temporary(const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto part = stem.rfind(".part");
  if (stem.empty() || stem.front() != '.' || part == std::string::npos || part == 0) return false;
  const std::string number = stem.substr(part + 5);
  const auto dash = number.find('-');
  return dash != std::string::npos && dash > 0 && dash + 1 < number.size() &&
         number.find_first_not_of("0123456789-") == std::string::npos;
}

namespace {

template <class Iterator>
std::size_t sweep(Iterator at) {
  std::size_t swept = 0;
  std::error_code error;
  for (; at != Iterator(); at.increment(error)) {
    if (error) break;
    std::error_code ignored;
    if (is_temporary(at->path()) && at->is_regular_file(ignored))
      swept += fs::remove(at->path(), ignored) ? 1 : 0;
  }
  return swept;
}

}  // namespace

std::size_t sweep_temporaries(const fs::path& folder, std::initializer_list<std::string_view> subfolders) {
  std::error_code absent;
  std::size_t swept = sweep(fs::directory_iterator(folder, absent));
  for (const std::string_view name : subfolders)
    swept += sweep(fs::recursive_directory_iterator(folder / name, absent));
  return swept;
}

UnfinishedFile::UnfinishedFile(fs::path file) : file_(std::move(file)), temporary_(temporary_name(file_)) {
  std::error_code error;
  if (file_.has_parent_path()) fs::create_directories(file_.parent_path(), error);
  if (error) fail(file_, "cannot make its folder", error.value());
}

UnfinishedFile::~UnfinishedFile() {
  std::error_code ignored;
  fs::remove(temporary_, ignored);  // not there any more when all went well
}

void UnfinishedFile::finish() {
  std::error_code error;
  fs::rename(temporary_, file_, error);
  if (error) fail(file_, "cannot be replaced", error.value());
}

void write_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  UnfinishedFile unfinished(file);
  write(unfinished.temporary());
  unfinished.finish();
}

void write_whole_file(const fs::path& file, std::string_view text) {
  write_atomically(file, [&](const fs::path& temporary) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(temporary.c_str(), "wb"), &std::fclose);
    if (!out) fail(file, "cannot be written", errno);
    if (std::fwrite(text.data(), 1, text.size(), out.get()) != text.size())
      fail(file, "cannot be written", errno);
    // Closing flushes; a full disk often shows only here.
    if (std::fclose(out.release()) != 0) fail(file, "cannot be written", errno);
    // A quota on a network's disk may cut a file off without a word.
    std::error_code unknown;
    if (const auto size = fs::file_size(temporary, unknown); unknown || size != text.size())
      throw std::runtime_error(file.string() + ": cannot be written: the disk holds " +
                               std::to_string(unknown ? 0 : size) + " of its " + std::to_string(text.size()) +
                               " bytes");
  });
}

void write_whole_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  write_whole_file(file, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

GrowingFile::GrowingFile(fs::path file)
    : file_(std::move(file)), out_(std::fopen(file_.temporary().c_str(), "wb")) {
  if (!out_) fail(file_.file(), "cannot be written", errno);
}

GrowingFile::~GrowingFile() {
  if (out_) std::fclose(out_);
}

void GrowingFile::write(std::string_view bytes) {
  if (bytes.empty()) return;  // an empty view may point nowhere, which fwrite must not be given
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_) != bytes.size())
    fail(file_.file(), "cannot be written", errno);
}

void GrowingFile::close() {
  if (std::fflush(out_) != 0) fail(file_.file(), "cannot be written", errno);
  if (std::fclose(std::exchange(out_, nullptr)) != 0) fail(file_.file(), "cannot be written", errno);
  file_.finish();
}

}  // namespace depthmill::io
