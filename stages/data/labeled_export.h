// Writes the labelled set in a layout that others read: our run folder, the training folders of SD-ConvTrans,
// the .h5 files of FastDepth.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "stages/data/layout.h"

namespace depthmill::data {

struct LabeledExportOptions {
  std::filesystem::path mat;     // nyu_depth_v2_labeled.mat
  std::filesystem::path splits;  // splits.mat; may be empty for the planes layout (then there are no
                                 // train and test folders), the other two need it
  std::filesystem::path out;     // made when absent; existing files of the same names are replaced
  const Layout* layout = writable_layout("planes");  // planes go to OUT[/train|/test|/rest]
  bool raw = false;     // the registered depth with holes instead of the filled one
  bool labels = false;  // planes: also <frame>.labels.png (16 bits) and <frame>.instances.png (8 bits)
  const io::FileFormat* depth_format = &io::kPngFormat;  // planes
  double depth_scale = 1000;                             // planes as png16: integer steps a metre

  std::string problem() const;  // "" or a sentence that names the bad field
};

struct LabeledExportSummary {
  std::size_t train = 0, test = 0, neither = 0;  // images written; without splits all are in `neither`
  bool stopped = false;                          // progress said so
};

// Called after each image; false stops.
using LabeledProgress = std::function<bool(std::size_t done, std::size_t total)>;

// Image by image, so memory is bounded by the chunk caches of the file (under 350 MB, usually far less).
// OUT/labeled.csv says for every image: index (from 1, as in the file), split, scene, scene_type, frame and
// the raw file names. Images in neither split are written by the planes layout alone, into OUT/rest. Throws
// std::invalid_argument (options), std::runtime_error naming the file that cannot be read or written.
LabeledExportSummary export_labeled(const LabeledExportOptions& options,
                                    const LabeledProgress& progress = {});

}  // namespace depthmill::data
