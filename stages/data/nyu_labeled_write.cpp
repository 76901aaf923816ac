// The writing half of nyu_labeled.h.
#include <algorithm>
#include <optional>
#include <stdexcept>

#include "stages/data/nyu_labeled.h"
#include "stages/data/utf16.h"
#include "stages/io/h5_handle.h"
#include "stages/io/mat_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kUserBlock = 512;

void check(bool ok) {
  if (!ok) throw std::runtime_error("HDF5 refuses to write");
}

io::H5Handle text_type(std::size_t length) {
  io::H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(type.ok() && H5Tset_size(type, length) >= 0);
  return type;
}

void set_class(hid_t object, const std::string& name) {
  const io::H5Handle type = text_type(name.size());
  const io::H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const io::H5Handle attribute(H5Acreate2(object, "MATLAB_class", type, space, H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose);
  check(attribute.ok() && H5Awrite(attribute, type, name.data()) >= 0);
}

void set_number(hid_t object, const char* name, int value, hid_t type) {
  const io::H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const io::H5Handle attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute.ok() && H5Awrite(attribute, H5T_NATIVE_INT, &value) >= 0);
}

// A creation list without time stamps, so that equal data give equal bytes.
io::H5Handle creation() {
  io::H5Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_obj_track_times(list, false) >= 0);
  return list;
}

io::H5Handle create(hid_t where, const char* name, hid_t type, std::vector<hsize_t> shape,
                    const io::H5Handle& list, const char* matlab_class) {
  const io::H5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  io::H5Handle set(H5Dcreate2(where, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT), H5Dclose);
  check(set.ok());
  set_class(set, matlab_class);
  return set;
}

// A variable with one slice an image, packed as MATLAB packs it, chunks of one slice.
io::H5Handle create_images(hid_t file, const char* name, hid_t type, std::vector<hsize_t> shape,
                           const char* matlab_class) {
  const io::H5Handle list = creation();
  auto chunk = shape;
  chunk[0] = 1;
  check(H5Pset_chunk(list, static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
        H5Pset_deflate(list, 3) >= 0);
  return create(file, name, type, shape, list, matlab_class);
}

void write_slice(hid_t set, std::size_t image, std::vector<hsize_t> size, hid_t memory_type,
                 const void* data) {
  std::vector<hsize_t> start(size.size(), 0);
  start[0] = image;
  const io::H5Handle space(H5Dget_space(set), H5Sclose);
  const io::H5Handle block(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) >= 0 &&
        H5Dwrite(set, memory_type, block, space, H5P_DEFAULT, data) >= 0);
}

// Cells of text: each in #refs#, the variable holds references to them.
class CellWriter {
 public:
  explicit CellWriter(hid_t file) : file_(file), refs_(group(file, "#refs#")), list_(creation()) {}

  static io::H5Handle group(hid_t file, const char* name) {
    const io::H5Handle list(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
    check(H5Pset_obj_track_times(list, false) >= 0);
    io::H5Handle made(H5Gcreate2(file, name, H5P_DEFAULT, list, H5P_DEFAULT), H5Gclose);
    check(made.ok());
    return made;
  }

  void write(const char* name, const std::vector<std::string>& texts) {
    std::vector<hobj_ref_t> references;
    for (const std::string& text : texts) references.push_back(cell(text));
    const io::H5Handle set = create(file_, name, H5T_STD_REF_OBJ, {1, references.size()}, list_, "cell");
    check(H5Dwrite(set, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, references.data()) >= 0);
  }

 private:
  hobj_ref_t cell(const std::string& text) {
    const std::string name = "c" + std::to_string(count_++);
    const std::u16string units = utf16_from_utf8(text);
    if (units.empty()) {
      const io::H5Handle set = create(refs_, name.c_str(), H5T_STD_U64LE, {2}, list_, "char");
      const std::uint64_t size[2] = {0, 0};
      check(H5Dwrite(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, size) >= 0);
      set_number(set, "MATLAB_empty", 1, H5T_STD_U8LE);
    } else {
      const io::H5Handle set = create(refs_, name.c_str(), H5T_STD_U16LE, {units.size(), 1}, list_, "char");
      check(H5Dwrite(set, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, units.data()) >= 0);
      set_number(set, "MATLAB_int_decode", 2, H5T_STD_I32LE);
    }
    hobj_ref_t reference{};
    check(H5Rcreate(&reference, refs_, name.c_str(), H5R_OBJECT, -1) >= 0);
    return reference;
  }

  hid_t file_;
  io::H5Handle refs_, list_;
  std::size_t count_ = 0;
};

// The variables of the images, filled one image after the other.
class ImageWriter {
 public:
  ImageWriter(hid_t file, std::size_t count) : file_(file), count_(count), accel_(4 * count) {}

  void put(const LabeledImage& image) {
    if (entries_.size() == count_)
      throw std::invalid_argument("write_labeled: more images than were promised");
    if (entries_.empty()) create_sets(image.rgb.size());
    check_image(image);
    const std::size_t i = entries_.size();
    const hsize_t rows = static_cast<hsize_t>(size_.height), cols = static_cast<hsize_t>(size_.width);
    const auto upright = [&](hid_t set, const cv::Mat& m, hid_t type) {
      const cv::Mat lying = m.t();
      write_slice(set, i, {1, cols, rows}, type, lying.data);
    };
    cv::Mat channels[3];
    cv::split(image.rgb, channels);
    cv::Mat all;
    for (const cv::Mat& channel : channels) all.push_back(cv::Mat(channel.t()));
    write_slice(*rgb_, i, {1, 3, cols, rows}, H5T_NATIVE_UINT8, all.data);
    upright(*depth_, image.depth, H5T_NATIVE_DOUBLE);
    upright(*raw_, image.raw_depth, H5T_NATIVE_DOUBLE);
    upright(*labels_, image.labels, H5T_NATIVE_UINT16);
    upright(*instances_, image.instances, H5T_NATIVE_UINT8);
    for (std::size_t c = 0; c < 4; ++c) accel_[c * count_ + i] = image.accel[c];
    entries_.push_back(image.entry);
  }

  void finish(const std::vector<std::string>& class_names) {
    if (entries_.empty() || entries_.size() != count_)
      throw std::invalid_argument("write_labeled: " + std::to_string(count_) + " images were promised, " +
                                  std::to_string(entries_.size()) + " came");
    check(H5Dwrite(*accel_set_, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, accel_.data()) >= 0);
    CellWriter cells(file_);
    const auto write = [&](const char* name, std::string LabeledEntry::*member) {
      std::vector<std::string> texts;
      for (const LabeledEntry& entry : entries_) texts.push_back(entry.*member);
      cells.write(name, texts);
    };
    cells.write("names", class_names);
    write("rawDepthFilenames", &LabeledEntry::depth_filename);
    write("rawRgbFilenames", &LabeledEntry::rgb_filename);
    write("sceneTypes", &LabeledEntry::scene_type);
    write("scenes", &LabeledEntry::scene);
    CellWriter::group(file_, "#subsystem#");
  }

 private:
  void create_sets(cv::Size size) {
    size_ = size;
    const hsize_t n = count_, rows = static_cast<hsize_t>(size.height),
                  cols = static_cast<hsize_t>(size.width);
    rgb_ = create_images(file_, "images", H5T_STD_U8LE, {n, 3, cols, rows}, "uint8");
    depth_ = create_images(file_, "depths", H5T_IEEE_F32LE, {n, cols, rows}, "single");
    raw_ = create_images(file_, "rawDepths", H5T_IEEE_F32LE, {n, cols, rows}, "single");
    labels_ = create_images(file_, "labels", H5T_STD_U16LE, {n, cols, rows}, "uint16");
    instances_ = create_images(file_, "instances", H5T_STD_U8LE, {n, cols, rows}, "uint8");
    accel_set_ = create(file_, "accelData", H5T_IEEE_F32LE, {4, n}, creation(), "single");
  }
  void check_image(const LabeledImage& i) const {
    const auto fits = [&](const cv::Mat& m, int type) {
      return !m.empty() && m.size() == size_ && m.type() == type;
    };
    if (!fits(i.rgb, CV_8UC3) || !fits(i.depth, CV_64FC1) || !fits(i.raw_depth, CV_64FC1) ||
        !fits(i.labels, CV_16UC1) || !fits(i.instances, CV_8UC1))
      throw std::invalid_argument("write_labeled: a plane is missing or has another size or type");
  }

  hid_t file_;
  std::size_t count_;
  cv::Size size_;
  std::optional<io::H5Handle> rgb_, depth_, raw_, labels_, instances_, accel_set_;
  std::vector<double> accel_;
  std::vector<LabeledEntry> entries_;
};

// MATLAB's header in the first 128 bytes of the user block: text, subsystem offset, version 0x0200, "IM".
std::string user_block() {
  std::string block = "MATLAB 7.3 MAT-file, Platform: depthmill, HDF5 schema 1.00 .";
  block.resize(116, ' ');
  block.append(8, '\0');
  block.append("\0\2IM", 4);
  block.resize(kUserBlock, '\0');
  return block;
}

}  // namespace

void write_labeled(const fs::path& mat, std::size_t count, const ProduceImages& produce,
                   const std::vector<std::string>& class_names) {
  if (count == 0) throw std::invalid_argument("write_labeled: no image");
  const auto fill = [&](hid_t file) {
    ImageWriter writer(file, count);
    const auto named = [&](const auto& step) {
      try {
        step();
      } catch (const std::runtime_error& e) {
        throw std::runtime_error(mat.string() + ": " + e.what());
      }
    };
    produce([&](const LabeledImage& image) { named([&] { writer.put(image); }); });
    named([&] { writer.finish(class_names); });
    return true;
  };
  io::write_large_h5_whole(mat, fill, user_block());
}

void write_labeled(const fs::path& mat, const std::vector<LabeledImage>& images,
                   const std::vector<std::string>& class_names) {
  const auto all = [&](const PutImage& put) {
    for (const LabeledImage& image : images) put(image);
  };
  write_labeled(mat, images.size(), all, class_names);
}

void write_splits(const fs::path& splits, const Splits& indices) {
  std::vector<io::MatVariable> variables;
  for (const auto& [name, from] :
       {std::pair("trainNdxs", &indices.train), std::pair("testNdxs", &indices.test)}) {
    cv::Mat column(static_cast<int>(from->size()), 1, CV_16UC1);
    for (std::size_t i = 0; i < from->size(); ++i)
      column.at<std::uint16_t>(static_cast<int>(i)) = static_cast<std::uint16_t>((*from)[i] + 1);
    variables.push_back({name, io::to_array(column)});
  }
  io::write_mat(splits, variables);
}

}  // namespace depthmill::data
