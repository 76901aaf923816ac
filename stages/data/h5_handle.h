// HDF5 handles that close themselves, and the lock and silence under which the library is called here.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

#include "stages/io/h5_file.h"

namespace depthmill::data {

// Holds the process's HDF5 lock and keeps the library from printing its error stack.
class H5Session {
 public:
  H5Session() : lock_(io::hdf5_mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~H5Session() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  H5Session(const H5Session&) = delete;
  H5Session& operator=(const H5Session&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

class H5Handle {
 public:
  H5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~H5Handle() { reset(); }
  H5Handle(H5Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = H5I_INVALID_HID; }
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  operator hid_t() const { return id_; }  // NOLINT: stands for the handle everywhere
  bool ok() const { return id_ >= 0; }
  void reset() {
    if (id_ >= 0) close_(id_);
    id_ = H5I_INVALID_HID;
  }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

}  // namespace depthmill::data
