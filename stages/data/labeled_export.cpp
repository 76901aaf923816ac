#include "stages/data/labeled_export.h"

#include <cstdio>
#include <map>
#include <stdexcept>
#include <vector>

#include "stages/data/nyu_labeled.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

std::string name_or(const std::string& name, const char* instead) { return name.empty() ? instead : name; }

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
    Image image{i, options.splits.empty() ? Part::kAll : Part::kRest, name_or(entry.scene, "scene"),
                name_or(fs::path(entry.depth_filename).filename().stem().string(), "frame")};
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

// The image as the layout's writer takes it. Layouts with parts go by the official numbers.
Frame frame_of(const LabeledFile& file, const LabeledExportOptions& options, const Image& image) {
  Frame frame;
  if (options.layout->scenes) frame.scene = image.scene;
  frame.name = options.layout->parts ? padded(image.index + 1) : image.frame;
  frame.planes[plane::kRgb] = file.rgb(image.index);
  const bool raw_by_name = options.raw && !options.layout->parts;
  frame.planes[raw_by_name ? plane::kRawDepth : plane::kDepth] =
      options.raw ? file.raw_depth(image.index) : file.depth(image.index);
  if (options.labels) {
    frame.planes[plane::kLabels] = file.labels(image.index);
    frame.planes[plane::kInstances] = file.instances(image.index);
  }
  return frame;
}

void write_index(const LabeledFile& file, const LabeledExportOptions& options,
                 const std::vector<Image>& images) {
  const std::vector<std::string> header{"index", "split",    "scene",     "scene_type",
                                        "frame", "rgb_file", "depth_file"};
  std::vector<std::vector<std::string>> rows;
  for (const Image& image : images) {
    const LabeledEntry& e = file.entry(image.index);
    rows.push_back({std::to_string(image.index + 1), std::string(part_name(image.part)), image.scene,
                    e.scene_type, image.frame, e.rgb_filename, e.depth_filename});
  }
  io::write_whole_file(options.out / "labeled.csv", io::csv_text(header, rows));
}

}  // namespace

std::string LabeledExportOptions::problem() const {
  if (mat.empty()) return "mat is empty: name the labelled file";
  if (out.empty()) return "out is empty: name the output folder";
  if (splits.empty() && layout->parts) return "splits is empty: this layout has folders for train and test";
  if (labels && layout->parts) return "labels are written by the planes layout only";
  if (!(depth_scale > 0)) return "depth_scale must be above 0";
  return "";
}

LabeledExportSummary export_labeled(const LabeledExportOptions& options, const LabeledProgress& progress) {
  if (const std::string bad = options.problem(); !bad.empty()) throw std::invalid_argument("labeled: " + bad);
  const LabeledFile file(options.mat);
  std::vector<Image> images = plan(file, options);
  if (options.layout->parts)
    std::erase_if(images, [](const Image& image) { return image.part == Part::kRest; });

  LabeledExportSummary summary;
  std::size_t done = 0;
  for (const Image& image : images) {
    options.layout->write(options.out, frame_of(file, options, image),
                          {image.part, options.depth_format, options.depth_scale});
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

extern const Layout kNyuLabeledLayout;

const Layout kNyuLabeledLayout = {
    .name = "nyu-labeled",
    .gives = "rgb depth raw_depth labels instances",
    .help = "nyu_depth_v2_labeled.mat, all images in one file: 'depthmill labeled' lays it out",
};

}  // namespace depthmill::data
