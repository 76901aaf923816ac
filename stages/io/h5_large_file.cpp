#include "stages/io/h5_large_file.h"

#include <stdexcept>
#include <utility>

namespace depthmill::io {

H5LargeFile::H5LargeFile(std::filesystem::path file, std::string_view user_block)
    : file_(std::move(file)), user_block_(user_block), image_(file_.temporary(), file_.file()) {
  const H5Session session;
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const H5Handle create(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  const bool ready = access.ok() && image_.use_in(access) && create.ok() &&
                     H5Pset_userblock(create, user_block_.size()) >= 0;
  // Two of one name cannot be open at once, and the image has a name of its own.
  if (ready) out_ = H5Handle(H5Fcreate(file_.temporary().c_str(), H5F_ACC_TRUNC, create, access), H5Fclose);
  if (!out_.ok()) refuse();
}

H5LargeFile::~H5LargeFile() {
  const H5Session session;
  out_.close();
}

void H5LargeFile::fill(const std::function<bool(hid_t)>& piece) {
  const H5Session session;
  if (!piece(out_)) refuse();
}

void H5LargeFile::close() {
  ssize_t size = -1;
  {
    const H5Session session;
    if (H5Fflush(out_, H5F_SCOPE_GLOBAL) >= 0) size = H5Fget_file_image(out_, nullptr, 0);
    if (!out_.close() || size <= 0) refuse();
  }
  image_.finish(user_block_.size() + static_cast<std::size_t>(size), user_block_);
  file_.finish();
}

void H5LargeFile::refuse() const {
  throw std::runtime_error(file_.file().string() + ": cannot be written as HDF5");
}

}  // namespace depthmill::io
