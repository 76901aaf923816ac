// The labelled part of NYU Depth V2: nyu_depth_v2_labeled.mat (MATLAB v7.3, that is HDF5) and the official
// splits.mat. Read image by image: memory does not grow with the file.
//
//   const LabeledFile labeled("nyu_depth_v2_labeled.mat");
//   const Splits splits = read_splits("splits.mat", labeled.size());
//   for (std::size_t i : splits.test) use(labeled.rgb(i), labeled.depth(i));
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace depthmill::data {

// What the file says about one image.
struct LabeledEntry {
  std::string scene;           // "kitchen_0004"
  std::string scene_type;      // "kitchen"
  std::string rgb_filename;    // "kitchen_0004/r-1294886362.665769-3143255701.ppm"
  std::string depth_filename;  // likewise, d-...pgm
};

// Indices count from 0 here; the file and splits.mat count from 1. Images come out as rows x cols, row 0 on
// top (HDF5 holds them [image, channel, column, row]). Index out of range: std::out_of_range. A variable that
// is absent or has another shape, and a file cut short, throw std::runtime_error naming the file and the
// variable. Members may be called from several threads; they take turns.
class LabeledFile {
 public:
  // Opens the file and reads its texts (entries, class names), no image.
  explicit LabeledFile(const std::filesystem::path& mat);
  ~LabeledFile();
  LabeledFile(const LabeledFile&) = delete;
  LabeledFile& operator=(const LabeledFile&) = delete;

  std::size_t size() const { return entries_.size(); }
  const LabeledEntry& entry(std::size_t image) const { return entries_.at(image); }
  // Class names; label k of an image is class_names()[k - 1], label 0 is "not labelled".
  const std::vector<std::string>& class_names() const { return class_names_; }

  cv::Mat rgb(std::size_t image) const;        // CV_8UC3 RGB
  cv::Mat depth(std::size_t image) const;      // CV_64FC1 metres, filled (single in the file)
  cv::Mat raw_depth(std::size_t image) const;  // CV_64FC1 metres, registered, 0 = no reading
  cv::Mat labels(std::size_t image) const;     // CV_16UC1, 0 = not labelled
  cv::Mat instances(std::size_t image) const;  // CV_8UC1, numbered within a class from 1
  cv::Mat accel(std::size_t image) const;      // CV_64FC1 4x1: x y z tilt

 private:
  struct Variables;
  std::unique_ptr<Variables> variables_;
  std::vector<LabeledEntry> entries_;
  std::vector<std::string> class_names_;
};

// trainNdxs and testNdxs, counted from 0, in the file's order.
struct Splits {
  std::vector<std::size_t> train, test;
};
// `images`: how many the labelled file has. Throws std::runtime_error when a variable is absent or an index
// is not a whole number in 1..images.
Splits read_splits(const std::filesystem::path& splits, std::size_t images);

// One image of a file to be written; members as in LabeledFile. Empty planes are not allowed, all images have
// one size.
struct LabeledImage {
  LabeledEntry entry;
  cv::Mat rgb;        // CV_8UC3 RGB
  cv::Mat depth;      // CV_64FC1, stored as single
  cv::Mat raw_depth;  // CV_64FC1, stored as single
  cv::Mat labels;     // CV_16UC1
  cv::Mat instances;  // CV_8UC1
  double accel[4] = {0, 0, 0, 0};
};

// Writes a file of exactly the official structure (512-byte user block, MATLAB_class attributes, reversed
// dimensions, cells as object references into #refs#, UTF-16 text), whole or not at all; equal input gives
// equal bytes. namesToIds, an opaque MATLAB object, is left out. `produce` puts `count` images, one at a time and
// in order, from whichever thread; meanwhile the process's HDF5 lock is held. In memory are the file as it is packed
// (about 2 MB an image) and the image at hand. Throws std::invalid_argument when the images do not agree or are not
// `count`, std::runtime_error when the disk refuses, and what `produce` throws.
using PutImage = std::function<void(const LabeledImage&)>;
using ProduceImages = std::function<void(const PutImage&)>;
void write_labeled(const std::filesystem::path& mat, std::size_t count, const ProduceImages& produce,
                   const std::vector<std::string>& class_names);
void write_labeled(const std::filesystem::path& mat, const std::vector<LabeledImage>& images,
                   const std::vector<std::string>& class_names);

// splits.mat (MATLAB v5): trainNdxs and testNdxs as columns of uint16 counted from 1. Throws
// std::runtime_error.
void write_splits(const std::filesystem::path& splits, const Splits& indices);

}  // namespace depthmill::data
