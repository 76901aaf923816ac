#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/io/atomic_file.h"
#include "stages/io/suggest.h"
#include "stages/labeled/labeled.h"
#include "stages/run_folder/manifest.h"

namespace depthmill::pipeline {
namespace {

StageRun labeled_run(const Config& config, const std::vector<labeled::Image>& images) {
  StageRun job;
  job.label = "labeled";
  for (const labeled::Image& image : images) {
    Frame frame;
    frame.scene = image.scene, frame.name = image.frame;
    job.frames.push_back(std::move(frame));
  }
  job.stages.push_back(labeled::make_labeled_stage(config.labeled, images));
  return job;
}

// Those that are there, by the manifest of their folder.
void keep_done(std::vector<labeled::Image>& images, const std::filesystem::path& folder) {
  std::set<std::pair<std::string, std::string>> done;
  run_folder::read_manifest(folder / run_folder::kManifestFile, [&](const run_folder::ManifestRow& row) {
    if (row.status == run_folder::RowStatus::kOk) done.emplace(row.scene, row.frame);
  });
  std::erase_if(images, [&](const labeled::Image& image) {
    return !done.contains({image.scene, image.frame});
  });
}

// Only the images that --scene, --list and their like name. Returns how many of those words name nothing.
std::size_t keep_picked(std::vector<labeled::Image>& images, const Config& config) {
  data::Listing listing;
  std::map<std::pair<std::string, std::string>, const labeled::Image*> by_name;
  for (const labeled::Image& image : images) {
    Frame frame;
    frame.scene = image.scene, frame.name = image.frame;
    by_name[{image.scene, image.frame}] = &image;
    listing.frames.push_back(std::move(frame));
  }
  try {
    data::pick_frames(listing, pick_of(config.data));
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  for (const auto& remark : listing.failures) say(config, "note: " + remark.text);
  for (const auto& remark : listing.notes) say(config, "note: " + remark.text);
  std::vector<labeled::Image> kept;
  for (const Frame& frame : listing.frames) kept.push_back(*by_name.at({frame.scene, frame.name}));
  images = std::move(kept);
  return listing.failures.size();
}

// A run folder for each part.
int write_planes(ParsedCommand& parsed, const std::vector<labeled::Image>& images,
                 std::vector<labeled::Image>& written) {
  const std::filesystem::path out = parsed.config.run.out;
  int code = kExitOk;
  for (const labeled::Part part :
       {labeled::Part::kTrain, labeled::Part::kTest, labeled::Part::kRest, labeled::Part::kAll}) {
    std::vector<labeled::Image> own;
    for (const labeled::Image& image : images)
      if (image.part == part) own.push_back(image);
    if (own.empty()) continue;
    parsed.config.run.out = part == labeled::Part::kAll ? out : out / labeled::part_name(part);
    StageRun job = labeled_run(parsed.config, own);
    if (part != labeled::Part::kAll) job.label += " " + std::string(labeled::part_name(part));
    const int of_part = execute(parsed, std::move(job));
    if (of_part != kExitOk && of_part != kExitFailed) return of_part;
    code = std::max(code, of_part);
    keep_done(own, parsed.config.run.out);
    written.insert(written.end(), own.begin(), own.end());
  }
  parsed.config.run.out = out;
  std::sort(written.begin(), written.end(),
            [](const labeled::Image& a, const labeled::Image& b) { return a.index < b.index; });
  return code;
}

int write_packed(ParsedCommand& parsed, std::vector<labeled::Image> images,
                 std::vector<labeled::Image>& written) {
  Config& config = parsed.config;
  std::erase_if(images, [](const labeled::Image& image) { return image.part == labeled::Part::kRest; });
  auto parts = std::make_shared<std::map<std::string, pack::Part>>();
  for (const labeled::Image& image : images)
    (*parts)[image.scene + "/" + image.frame] =
        image.part == labeled::Part::kTrain ? pack::Part::kTrain : pack::Part::kTest;
  config.pack.parts = std::move(parts);
  config.pack.official = true;
  StageRun job = labeled_run(config, images);
  job.keep_planes = false;
  if (config.pack.layout->takes_base) add_stage(job, *find_stage("decompose"), config);
  add_stage(job, *find_stage("pack"), config);
  const int code = execute(parsed, std::move(job));
  if (code != kExitOk && code != kExitFailed) return code;
  keep_done(images, config.run.out);
  written = std::move(images);
  return code;
}

int run_labeled(const ParsedCommand& given) {
  ParsedCommand parsed = given;
  Config& config = parsed.config;
  if (const auto problem = config.labeled.problem(); !problem.empty()) throw ConfigError(problem);
  require_out_folder(config, "where should the images go?");
  const bool planes = config.labeled.layout == "planes";
  std::vector<labeled::Image> images, written;
  int code = kExitOk;
  try {
    labeled::Naming naming = labeled::Naming::kRawFiles;
    std::size_t first_number = 0;
    if (!planes) {
      config.pack.layout = &pack::find_layout(config.labeled.layout);
      if (config.pack.layout->raw_pictures || !config.pack.layout->scenes.empty())
        throw ConfigError("layout " + config.labeled.layout +
                          " is made of raw scenes: 'depthmill pack --raw'");
      if (config.pack.depth == pack::PackDepth::kAuto) config.pack.depth = config.pack.layout->labeled_depth;
      naming = config.pack.layout->by_scene_type ? labeled::Naming::kSceneTypes : labeled::Naming::kNumbers;
      first_number = config.pack.layout->first_number;
    }
    images = labeled::list_images(config.labeled, naming, first_number);
  } catch (const std::invalid_argument& e) {
    throw ConfigError(e.what());
  }
  if (keep_picked(images, config) > 0) code = kExitFailed;
  if (images.empty()) throw ConfigError("none of the images is asked for");
  const int of_frames =
      planes ? write_planes(parsed, images, written) : write_packed(parsed, images, written);
  code = std::max(code, of_frames);
  if (code != kExitOk && code != kExitFailed) return code;
  io::write_whole_file(config.run.out / "labeled.csv", labeled::index_csv(written));
  std::size_t train = 0, test = 0;
  for (const labeled::Image& image : written) {
    train += image.part == labeled::Part::kTrain;
    test += image.part == labeled::Part::kTest;
  }
  say(config, "labeled: " + std::to_string(train) + " training, " + std::to_string(test) + " test and " +
                  std::to_string(written.size() - train - test) + " other images in " +
                  config.run.out.string());
  return code;
}

}  // namespace

Command command_labeled() {
  return {
      "labeled", "the labelled set (.mat) and its official split as run folders or training layouts",
      R"(Reads nyu_depth_v2_labeled.mat (MATLAB v7.3) image by image, so memory does not grow with the file,
and the 1-based splits.mat, and writes every image with its measured and its filled depth as a run
folder a part, so that every protocol finds its ground truth; or, with --layout, as the loaders of a
training read it, under the official numbers ('depthmill pack --help' says which layouts). Started
again, it goes on where it was. OUT/labeled.csv says where every image went.)",
      R"(  depthmill labeled --mat nyu_depth_v2_labeled.mat --splits splits.mat --out nyu_labeled
  depthmill labeled --mat nyu_depth_v2_labeled.mat --splits splits.mat --layout fastdepth --out h5
  depthmill evaluate --pred runs/net --gt nyu_labeled/test --protocol all --out runs/net
)",
      run_labeled};
}

}  // namespace depthmill::pipeline
