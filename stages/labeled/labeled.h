// Stage `labeled`: the images of the labelled set (nyu_depth_v2_labeled.mat), each as a frame with its rgb, raw_depth and
// depth, and on request labels and instances. It begins a run: its frames have no files of their own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stages/base/stage.h"
#include "stages/data/nyu_labeled.h"
#include "stages/io/key_table.h"

namespace depthmill::labeled {

struct LabeledOptions {
  std::filesystem::path mat;      // nyu_depth_v2_labeled.mat
  std::filesystem::path splits;   // splits.mat; empty: no image is for training or for testing
  std::string layout = "planes";  // a run folder a part, or a layout of the room pack
  bool labels = false;            // planes: labels (16 bits) and instances (8 bits), too

  std::string problem() const;  // "" or a sentence that names the bad field
};

// Section [labeled].
const std::vector<io::Key<LabeledOptions>>& labeled_keys();

enum class Part { kTrain, kTest, kRest, kAll };  // kRest: in neither split; kAll: without splits
inline constexpr std::string_view kPartNames[] = {"train", "test", "rest", ""};
constexpr std::string_view part_name(Part part) { return kPartNames[static_cast<std::size_t>(part)]; }

// How images are called in the set that is made.
enum class Naming {
  kRawFiles,    // <scene>/<stem of the depth file>, with the number where two of a scene share one
  kNumbers,     // <scene>/<number of the image>
  kSceneTypes,  // <scene type>/<number>, as the published lists of BTS have it
};

struct Image {
  std::size_t index = 0;  // in the file, from 0
  Part part = Part::kAll;
  std::string scene, frame;  // as Frame has them
  data::LabeledEntry entry;
};

// All images in the file's order; numbers count from `first_number`. Throws std::runtime_error naming the file that
// cannot be read, or a split with an index that is none.
std::vector<Image> list_images(const LabeledOptions& options, Naming naming, std::size_t first_number);

// The labelled set's index for people: index (from 1, as in the file), split, scene, scene_type, frame, rgb_file,
// depth_file.
std::string index_csv(const std::vector<Image>& images);

// `images`: those it will be asked for. An image that cannot be read is a frame that fails (kUnreadable). parallel() is
// true; reading takes turns, as HDF5 does.
std::unique_ptr<Stage> make_labeled_stage(const LabeledOptions& options, const std::vector<Image>& images);

}  // namespace depthmill::labeled
