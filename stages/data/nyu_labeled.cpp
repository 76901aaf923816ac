#include "stages/data/nyu_labeled.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include "stages/data/layout.h"
#include "stages/data/utf16.h"
#include "stages/io/h5_handle.h"
#include "stages/io/mat_file.h"
#include "stages/io/ordinary_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, const std::string& variable, const std::string& why) {
  throw std::runtime_error(file.string() + ":" + variable + ": " + why);
}

std::vector<hsize_t> shape_of(hid_t data_set) {
  const io::H5Handle space(H5Dget_space(data_set), H5Sclose);
  const int rank = space.ok() ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0) return {};
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  return dims;
}

// Compressed chunks may span many images; unless all chunks of one image stay in the cache, each image read
// would unpack them all again. What is cached goes with the size of an element, so where depth (4 bytes)
// reaches this bound, colour, labels and instances take 96, 64 and 32 MB: under 350 MB for all that one
// export reads.
constexpr std::size_t kMaxChunkCache = std::size_t{128} << 20;

io::H5Handle open_variable(hid_t file, const std::string& name) {
  io::H5Handle set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!set.ok()) return set;
  const io::H5Handle creation(H5Dget_create_plist(set), H5Pclose);
  if (H5Pget_layout(creation) != H5D_CHUNKED) return set;
  const auto shape = shape_of(set);
  std::vector<hsize_t> chunk(shape.size());
  if (shape.empty() || H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()) < 0) return set;
  const io::H5Handle type(H5Dget_type(set), H5Tclose);
  std::size_t bytes = H5Tget_size(type) * chunk[0];
  for (std::size_t d = 1; d < shape.size(); ++d) bytes *= (shape[d] + chunk[d] - 1) / chunk[d] * chunk[d];
  const io::H5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access, 12421, std::min(bytes, kMaxChunkCache), 0.75);
  set.close();
  return {H5Dopen2(file, name.c_str(), access), H5Dclose};
}

}  // namespace

// Handles of the file; opened once, read slice by slice.
struct LabeledFile::Variables {
  fs::path path;
  io::H5Handle file{H5I_INVALID_HID, H5Fclose};
  io::H5Handle images{H5I_INVALID_HID, H5Dclose}, depths = invalid(), raw_depths = invalid(),
                                                  labels = invalid(), instances = invalid(),
                                                  accel = invalid();
  hsize_t count = 0, rows = 0, cols = 0;

  static io::H5Handle invalid() { return {H5I_INVALID_HID, H5Dclose}; }

  explicit Variables(const fs::path& mat) : path(mat) {
    if (const auto refusal = io::refusal_of(mat))
      throw std::runtime_error(mat.string() + ": " + refusal->why);
    // Without a lock, which file systems of clusters may not have and a reader does not need.
    const io::H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access, false, true);
    file = {H5Fopen(mat.c_str(), H5F_ACC_RDONLY, access), H5Fclose};
    if (!file.ok())
      throw std::runtime_error(mat.string() + ": is no HDF5 file (MATLAB v7.3), or is cut short");
    images = open("images");
    depths = open("depths");
    raw_depths = open("rawDepths");
    labels = open("labels");
    instances = open("instances");
    accel = open("accelData");
    const auto shape = shape_of(images);
    if (shape.size() != 4 || shape[1] != 3) refuse(path, "images", "is not rows x cols x 3 x images");
    count = shape[0], cols = shape[2], rows = shape[3];
    if (count > 1000000 || rows < 1 || cols < 1 || rows > 16384 || cols > 16384)
      refuse(path, "images", "has an unlikely size");
    for (const auto& [set, name] : {std::pair(&depths, "depths"), std::pair(&raw_depths, "rawDepths"),
                                    std::pair(&labels, "labels"), std::pair(&instances, "instances")})
      if (shape_of(*set) != std::vector<hsize_t>{count, cols, rows})
        refuse(path, name, "has another size than images");
    if (shape_of(accel) != std::vector<hsize_t>{4, count}) refuse(path, "accelData", "is not images x 4");
  }

  io::H5Handle open(const std::string& name) const {
    io::H5Handle set = open_variable(file, name);
    if (!set.ok()) refuse(path, name, "there is no such variable");
    return set;
  }

  // The block [start, start + size) of a variable, converted to `memory_type`.
  void read(hid_t set, const char* name, std::vector<hsize_t> start, std::vector<hsize_t> size,
            hid_t memory_type, void* out) const {
    const io::H5Handle space(H5Dget_space(set), H5Sclose);
    const io::H5Handle block(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
        H5Dread(set, memory_type, block, space, H5P_DEFAULT, out) < 0)
      refuse(path, name, "cannot be read, the file is cut short or damaged");
  }

  // One image of a variable [image, column, row], turned upright.
  cv::Mat plane(hid_t set, const char* name, std::size_t image, int type, hid_t memory_type) const {
    if (image >= count) throw std::out_of_range("labelled image " + std::to_string(image));
    cv::Mat lying(static_cast<int>(cols), static_cast<int>(rows), type);
    read(set, name, {image, 0, 0}, {1, cols, rows}, memory_type, lying.data);
    return lying.t();
  }

  // Text of one cell. Empty text is stored as its dimensions, marked by an attribute.
  std::string text(hid_t cell, const char* variable) const {
    if (H5Aexists(cell, "MATLAB_empty") > 0) return "";
    const auto shape = shape_of(cell);
    hsize_t length = 1;
    for (hsize_t d : shape) length *= d;
    const io::H5Handle type(H5Dget_type(cell), H5Tclose);
    if (H5Tget_class(type) != H5T_INTEGER || length > 65536) refuse(path, variable, "a cell holds no text");
    std::u16string units(length, u'\0');
    if (length > 0 && H5Dread(cell, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, units.data()) < 0)
      refuse(path, variable, "a cell cannot be read");
    return utf8_from_utf16(units);
  }

  // A cell array of texts (1 x N references).
  std::vector<std::string> texts(const char* variable) const {
    const io::H5Handle set = open(variable);
    const io::H5Handle type(H5Dget_type(set), H5Tclose);
    if (H5Tget_class(type) != H5T_REFERENCE) refuse(path, variable, "is no cell array");
    hsize_t n = 1;
    for (hsize_t d : shape_of(set)) n *= d;
    if (n > 1000000) refuse(path, variable, "has an unlikely size");
    std::vector<hobj_ref_t> references(n);
    if (n > 0 && H5Dread(set, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, references.data()) < 0)
      refuse(path, variable, "cannot be read");
    std::vector<std::string> result;
    for (const hobj_ref_t& reference : references) {
      const io::H5Handle cell(H5Rdereference2(set, H5P_DEFAULT, H5R_OBJECT, &reference), H5Oclose);
      if (!cell.ok() || H5Iget_type(cell) != H5I_DATASET) refuse(path, variable, "a cell points nowhere");
      result.push_back(text(cell, variable));
    }
    return result;
  }
};

LabeledFile::LabeledFile(const fs::path& mat) {
  const io::H5Session session;
  // Local first: when something below throws, its handles close while the lock is still held.
  auto variables = std::make_unique<Variables>(mat);
  entries_.resize(variables->count);
  const auto fill = [&](const char* name, std::string LabeledEntry::*member) {
    auto texts = variables->texts(name);
    if (texts.size() != entries_.size()) refuse(mat, name, "has not one cell an image");
    for (std::size_t i = 0; i < texts.size(); ++i) entries_[i].*member = std::move(texts[i]);
  };
  fill("scenes", &LabeledEntry::scene);
  fill("sceneTypes", &LabeledEntry::scene_type);
  fill("rawRgbFilenames", &LabeledEntry::rgb_filename);
  fill("rawDepthFilenames", &LabeledEntry::depth_filename);
  class_names_ = variables->texts("names");
  variables_ = std::move(variables);
}

LabeledFile::~LabeledFile() {
  const io::H5Session session;
  variables_.reset();
}

cv::Mat LabeledFile::rgb(std::size_t image) const {
  if (image >= size()) throw std::out_of_range("labelled image " + std::to_string(image));
  const auto& v = *variables_;
  const int rows = static_cast<int>(v.rows), cols = static_cast<int>(v.cols);
  cv::Mat lying(3 * cols, rows, CV_8UC1);
  {
    const io::H5Session session;
    v.read(v.images, "images", {image, 0, 0, 0}, {1, 3, v.cols, v.rows}, H5T_NATIVE_UINT8, lying.data);
  }
  std::vector<cv::Mat> channels;
  for (int c = 0; c < 3; ++c) channels.push_back(lying.rowRange(c * cols, (c + 1) * cols).t());
  cv::Mat rgb;
  cv::merge(channels, rgb);
  return rgb;
}

cv::Mat LabeledFile::depth(std::size_t image) const {
  const io::H5Session session;
  return variables_->plane(variables_->depths, "depths", image, CV_64FC1, H5T_NATIVE_DOUBLE);
}
cv::Mat LabeledFile::raw_depth(std::size_t image) const {
  const io::H5Session session;
  return variables_->plane(variables_->raw_depths, "rawDepths", image, CV_64FC1, H5T_NATIVE_DOUBLE);
}
cv::Mat LabeledFile::labels(std::size_t image) const {
  const io::H5Session session;
  return variables_->plane(variables_->labels, "labels", image, CV_16UC1, H5T_NATIVE_UINT16);
}
cv::Mat LabeledFile::instances(std::size_t image) const {
  const io::H5Session session;
  return variables_->plane(variables_->instances, "instances", image, CV_8UC1, H5T_NATIVE_UINT8);
}
cv::Mat LabeledFile::accel(std::size_t image) const {
  if (image >= size()) throw std::out_of_range("labelled image " + std::to_string(image));
  const io::H5Session session;
  cv::Mat values(4, 1, CV_64FC1);
  variables_->read(variables_->accel, "accelData", {0, image}, {4, 1}, H5T_NATIVE_DOUBLE, values.data);
  return values;
}

Splits read_splits(const fs::path& splits, std::size_t images) {
  const auto indices = [&](const char* name) {
    const io::Array array = io::read_mat(splits, name);
    std::vector<std::size_t> result;
    const cv::Mat values = io::to_plane(array, io::PlaneKind::kDepth, 1.0, splits.string() + ":" + name);
    for (double value : std::span(values.ptr<double>(), values.total())) {
      if (!(value >= 1 && value <= static_cast<double>(images)) || value != std::floor(value))
        refuse(splits, name, std::to_string(value) + " is no index of " + std::to_string(images) + " images");
      result.push_back(static_cast<std::size_t>(value) - 1);
    }
    return result;
  };
  return {indices("trainNdxs"), indices("testNdxs")};
}

extern const Layout kNyuLabeledLayout;

const Layout kNyuLabeledLayout = {
    .name = "nyu-labeled",
    .gives = "rgb depth raw_depth labels instances",
    .help = "nyu_depth_v2_labeled.mat, all images in one file: 'depthmill labeled' lays it out",
};

}  // namespace depthmill::data
