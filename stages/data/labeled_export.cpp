#include "stages/data/labeled_export.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <stdexcept>
#include <vector>

#include "stages/data/h5_handle.h"
#include "stages/data/nyu_labeled.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

enum class Part { kTrain, kTest, kRest, kAll };
constexpr std::string_view kPartNames[] = {"train", "test", "rest", ""};

// A name from the file as one level of a path: nothing in it may lead out of the output folder.
std::string path_level(const std::string& name, const char* instead) {
  const std::string last = fs::path(name).filename().string();
  return last.empty() || last == "." || last == ".." ? instead : last;
}

std::string padded(std::size_t index1) {
  char text[24];
  std::snprintf(text, sizeof text, "%05zu", index1);
  return text;
}

struct Image {
  std::size_t index;  // from 0
  Part part;
  std::string scene, frame;
};

// Frames are named by their depth file; where two of a scene share one, by their index too.
std::vector<Image> plan(const LabeledFile& file, const LabeledExportOptions& options) {
  std::vector<Image> images;
  std::map<std::string, int> count;
  for (std::size_t i = 0; i < file.size(); ++i) {
    const LabeledEntry& entry = file.entry(i);
    Image image{i, options.splits.empty() ? Part::kAll : Part::kRest, path_level(entry.scene, "scene"),
                path_level(fs::path(entry.depth_filename).filename().stem().string(), "frame")};
    ++count[image.scene + "/" + image.frame];
    images.push_back(std::move(image));
  }
  for (Image& image : images)
    if (count[image.scene + "/" + image.frame] > 1) image.frame += "-" + padded(image.index + 1);
  if (!options.splits.empty()) {
    const Splits splits = read_splits(options.splits, file.size());
    for (std::size_t i : splits.train) images[i].part = Part::kTrain;
    for (std::size_t i : splits.test) images[i].part = Part::kTest;
  }
  return images;
}

void write_image_file(const fs::path& path, const cv::Mat& image, const std::vector<int>& settings = {}) {
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(path.extension().string(), image, bytes, settings))
    throw std::runtime_error(path.string() + ": cannot be encoded");
  io::write_whole_file(path, bytes);
}

void write_jpeg(const fs::path& path, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  write_image_file(path, bgr, {cv::IMWRITE_JPEG_QUALITY, 100});
}

void write_planes(const LabeledFile& file, const LabeledExportOptions& options, const Image& image,
                  const cv::Mat& depth) {
  const fs::path run = options.out / kPartNames[static_cast<int>(image.part)];
  const auto path = [&](const char* plane) {
    return io::plane_path(run, image.scene, image.frame, plane, options.depth_format);
  };
  const char* depth_plane = options.raw ? plane::kRawDepth : plane::kDepth;
  io::write_plane(path(plane::kRgb), file.rgb(image.index), io::PlaneKind::kRgb);
  io::write_plane(path(depth_plane), depth, io::PlaneKind::kDepth,
                  {.depth_scale = options.depth_scale, .name = depth_plane});
  if (!options.labels) return;
  const fs::path folder = path(plane::kRgb).parent_path();
  write_image_file(folder / (image.frame + ".labels.png"), file.labels(image.index));
  write_image_file(folder / (image.frame + ".instances.png"), file.instances(image.index));
}

// Divided, not multiplied by 0.1 as OpenCV's operator does: the last digit is what other readers compute.
cv::Mat tenth(const cv::Mat& depth) {
  cv::Mat result = depth.clone();
  for (double& z : std::span(result.ptr<double>(), result.total())) z /= 10;
  return result;
}

void write_sd_convtrans(const LabeledFile& file, const LabeledExportOptions& options, const Image& image,
                        const cv::Mat& depth) {
  const bool train = image.part == Part::kTrain;
  const fs::path root = options.out / (train ? "train" : "test");
  const std::string name = padded(image.index + 1);
  write_jpeg(root / "images" / (name + ".jpg"), file.rgb(image.index));
  // The training code reads train depth as it lies and divides test depth by 10.
  const fs::path folder = train ? root / "wls" / "depths_withtest" : root / "depths";
  io::write_plane(folder / (name + ".mat"), train ? tenth(depth) : depth, io::PlaneKind::kDepth,
                  {.depth_scale = 1, .name = train ? "I" : "temp"});
}

void write_fastdepth(const LabeledFile& file, const LabeledExportOptions& options, const Image& image,
                     const cv::Mat& depth) {
  const std::string name = padded(image.index + 1) + ".h5";
  const fs::path path = image.part == Part::kTrain ? options.out / "train" / image.scene / name
                                                   : options.out / "val" / "official" / name;
  const cv::Mat rgb = file.rgb(image.index);
  std::vector<cv::Mat> channels;
  cv::split(rgb, channels);
  cv::Mat planar;
  for (const cv::Mat& channel : channels) planar.push_back(channel);
  const auto rows = static_cast<hsize_t>(rgb.rows), cols = static_cast<hsize_t>(rgb.cols);

  io::write_atomically(path, [&](const fs::path& temporary) {
    const H5Session session;
    const H5Handle out(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    const auto write = [&](const char* set_name, std::vector<hsize_t> shape, hid_t stored, hid_t memory,
                           const void* data) {
      const H5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
      const H5Handle set(H5Dcreate2(out, set_name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                         H5Dclose);
      if (!set.ok() || H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        throw std::runtime_error(path.string() + ": cannot be written as HDF5");
    };
    write("depth", {rows, cols}, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, depth.data);
    write("rgb", {3, rows, cols}, H5T_STD_U8LE, H5T_NATIVE_UINT8, planar.data);
  });
}

void write_index(const LabeledFile& file, const LabeledExportOptions& options,
                 const std::vector<Image>& images) {
  const std::vector<std::string> header{"index", "split",    "scene",     "scene_type",
                                        "frame", "rgb_file", "depth_file"};
  std::vector<std::vector<std::string>> rows;
  for (const Image& image : images) {
    const LabeledEntry& e = file.entry(image.index);
    rows.push_back({std::to_string(image.index + 1), std::string(kPartNames[static_cast<int>(image.part)]),
                    image.scene, e.scene_type, image.frame, e.rgb_filename, e.depth_filename});
  }
  io::write_whole_file(options.out / "labeled.csv", io::csv_text(header, rows));
}

}  // namespace

LabeledLayout parse_labeled_layout(const std::string& text) {
  for (std::size_t i = 0; i < std::size(kLabeledLayoutNames); ++i)
    if (text == kLabeledLayoutNames[i]) return static_cast<LabeledLayout>(i);
  throw std::invalid_argument("layout '" + text + "' is not one of planes, sd-convtrans, fastdepth");
}

std::string labeled_layout_name(LabeledLayout layout) {
  return std::string(kLabeledLayoutNames[static_cast<std::size_t>(layout)]);
}

std::string LabeledExportOptions::problem() const {
  if (mat.empty()) return "mat is empty: name the labelled file";
  if (out.empty()) return "out is empty: name the output folder";
  if (splits.empty() && layout != LabeledLayout::kPlanes)
    return "splits is empty: this layout has folders for train and test";
  if (labels && layout != LabeledLayout::kPlanes) return "labels are written by the planes layout only";
  if (!(depth_scale > 0)) return "depth_scale must be above 0";
  return "";
}

LabeledExportSummary export_labeled(const LabeledExportOptions& options, const LabeledProgress& progress) {
  if (const std::string bad = options.problem(); !bad.empty()) throw std::invalid_argument("labeled: " + bad);
  const LabeledFile file(options.mat);
  std::vector<Image> images = plan(file, options);
  if (options.layout != LabeledLayout::kPlanes)
    std::erase_if(images, [](const Image& image) { return image.part == Part::kRest; });

  LabeledExportSummary summary;
  std::size_t done = 0;
  for (const Image& image : images) {
    const cv::Mat depth = options.raw ? file.raw_depth(image.index) : file.depth(image.index);
    switch (options.layout) {
      case LabeledLayout::kPlanes:
        write_planes(file, options, image, depth);
        break;
      case LabeledLayout::kSdConvtrans:
        write_sd_convtrans(file, options, image, depth);
        break;
      case LabeledLayout::kFastdepth:
        write_fastdepth(file, options, image, depth);
        break;
    }
    ++(image.part == Part::kTrain  ? summary.train
       : image.part == Part::kTest ? summary.test
                                   : summary.neither);
    ++done;
    if (progress && !progress(done, images.size())) {
      summary.stopped = true;
      break;
    }
  }
  images.resize(done);
  write_index(file, options, images);
  return summary;
}

}  // namespace depthmill::data
