#include "stages/labeled/labeled.h"

#include <cstdio>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "stages/io/csv.h"

namespace depthmill::labeled {
namespace fs = std::filesystem;
namespace {

std::string name_or(const std::string& name, const char* instead) { return name.empty() ? instead : name; }

std::string padded(std::size_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%05zu", number);
  return text;
}

std::string id_of(const Image& image) { return image.scene + "/" + image.frame; }

class LabeledStage : public Stage {
 public:
  LabeledStage(const LabeledOptions& options, const std::vector<Image>& images) : options_(options) {
    for (const Image& image : images) index_[id_of(image)] = image.index;
  }

  std::string_view name() const override { return "labeled"; }
  std::vector<std::string> needs() const override { return {}; }
  std::vector<std::string> adds() const override {
    std::vector<std::string> planes{plane::kRgb, plane::kRawDepth, plane::kDepth};
    if (options_.labels) planes.insert(planes.end(), {plane::kLabels, plane::kInstances});
    return planes;
  }
  void prepare() override { file_ = std::make_unique<data::LabeledFile>(options_.mat); }
  std::vector<std::pair<std::string, fs::path>> files() const override {
    std::vector<std::pair<std::string, fs::path>> files{{"labelled set", options_.mat}};
    if (!options_.splits.empty()) files.emplace_back("split", options_.splits);
    return files;
  }

  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      const std::size_t image = index_.at(frame.id());
      try {
        frame.planes[plane::kRgb] = file_->rgb(image);
        frame.planes[plane::kRawDepth] = file_->raw_depth(image);
        frame.planes[plane::kDepth] = file_->depth(image);
        if (options_.labels) {
          frame.planes[plane::kLabels] = file_->labels(image);
          frame.planes[plane::kInstances] = file_->instances(image);
        }
      } catch (const std::runtime_error& e) {
        throw FrameError(FailureReason::kUnreadable, e.what());
      }
    });
  }

 private:
  LabeledOptions options_;
  std::unordered_map<std::string, std::size_t> index_;  // id -> image
  std::unique_ptr<data::LabeledFile> file_;
};

}  // namespace

std::vector<Image> list_images(const LabeledOptions& options, Naming naming, std::size_t first_number) {
  const data::LabeledFile file(options.mat);
  std::vector<Image> images;
  std::map<std::string, int> count;
  for (std::size_t i = 0; i < file.size(); ++i) {
    const data::LabeledEntry& entry = file.entry(i);
    Image image{i, options.splits.empty() ? Part::kAll : Part::kRest, name_or(entry.scene, "scene"),
                naming == Naming::kRawFiles
                    ? name_or(fs::path(entry.depth_filename).filename().stem().string(), "frame")
                    : padded(i + first_number),
                entry};
    if (naming == Naming::kSceneTypes) image.scene = name_or(entry.scene_type, "scene");
    ++count[id_of(image)];
    images.push_back(std::move(image));
  }
  for (Image& image : images)
    if (count[id_of(image)] > 1) image.frame += "-" + padded(image.index + 1);
  if (!options.splits.empty()) {
    const data::Splits splits = data::read_splits(options.splits, file.size());
    for (const std::size_t i : splits.train) images[i].part = Part::kTrain;
    for (const std::size_t i : splits.test) {
      if (images[i].part == Part::kTrain)
        throw std::runtime_error(options.splits.string() + ": image " + std::to_string(i + 1) +
                                 " is for training and for testing");
      images[i].part = Part::kTest;
    }
  }
  return images;
}

std::string index_csv(const std::vector<Image>& images) {
  const std::vector<std::string> header{"index", "split",    "scene",     "scene_type",
                                        "frame", "rgb_file", "depth_file"};
  std::vector<std::vector<std::string>> rows;
  for (const Image& image : images)
    rows.push_back({std::to_string(image.index + 1), std::string(part_name(image.part)), image.scene,
                    image.entry.scene_type, image.frame, image.entry.rgb_filename,
                    image.entry.depth_filename});
  return io::csv_text(header, rows);
}

std::unique_ptr<Stage> make_labeled_stage(const LabeledOptions& options, const std::vector<Image>& images) {
  return std::make_unique<LabeledStage>(options, images);
}

const std::vector<io::Key<LabeledOptions>>& labeled_keys() {
  using L = LabeledOptions;
  using io::key;
  static const std::vector<io::Key<L>> table = {
      key<L>("labeled", "mat", &L::mat, "FILE", "nyu_depth_v2_labeled.mat"),
      key<L>("labeled", "splits", &L::splits, "FILE",
             "splits.mat: which images are for training and which for testing"),
      key<L>("labeled", "layout", &L::layout, "LAYOUT",
             "planes = a run folder a part (OUT/train, OUT/test, OUT/rest; OUT without --splits), or a "
             "layout of "
             "'depthmill pack'"),
      key<L>("labeled", "labels", &L::labels, "", "planes: also labels and instances").shaping(),
  };
  return table;
}

std::string LabeledOptions::problem() const {
  if (mat.empty()) return "--mat is missing: nyu_depth_v2_labeled.mat";
  if (layout != "planes" && splits.empty())
    return "--splits is missing: layout " + layout + " has places for training and for testing";
  if (layout != "planes" && labels) return "--labels are written by the layout planes alone";
  return "";
}

}  // namespace depthmill::labeled
