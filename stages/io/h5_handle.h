// HDF5 handles that close themselves, and the lock and silence under which the library is called: for whoever
// calls HDF5 directly.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace depthmill::io {

// Holds the process's HDF5 lock (Debian builds the library without thread safety) and keeps the library from
// printing its error stack; puts back what was there.
class H5Session {
 public:
  H5Session() : lock_(mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~H5Session() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  H5Session(const H5Session&) = delete;
  H5Session& operator=(const H5Session&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

// A handle with its closing function; at most as long-lived as the session it is used in, or closed in
// another.
class H5Handle {
 public:
  H5Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), closer_(closer) {}
  ~H5Handle() { close(); }
  H5Handle(H5Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  operator hid_t() const { return id_; }  // NOLINT: stands for the handle everywhere
  bool ok() const { return id_ >= 0; }
  // Closes now. False when the library reports an error, as for a file whose last bytes found no room.
  bool close() {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    return id < 0 || closer_(id) >= 0;
  }

 private:
  hid_t id_;
  herr_t (*closer_)(hid_t);
};

// The bytes of an HDF5 file, and such a file whole or not at all: `fill` puts the contents into a file in memory (true =
// it went well). `user_block` stands in front of it: nothing, or 512 bytes. The session is held meanwhile. Throws
// std::runtime_error naming the file, and what `fill` throws.
std::vector<std::uint8_t> h5_bytes(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                                   std::string_view user_block = {});
void write_h5_whole(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                    std::string_view user_block = {});
// The same for a file that may be larger than memory (h5_disk_image.h).
void write_large_h5_whole(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                          std::string_view user_block = {});

}  // namespace depthmill::io
