// A small labelled set of generated images, in the exact structure of nyu_depth_v2_labeled.mat: frames of
// generated scenes taken through the program's own extract and fill, with the ray-caster's object classes as
// labels.
#include <algorithm>
#include <cstdio>

#include "pipeline/commands/make_sample.h"
#include "pipeline/interrupt.h"
#include "pipeline/progress.h"
#include "pipeline/registry.h"
#include "stages/data/nyu_labeled.h"
#include "stages/scoring/totals.h"

namespace depthmill::pipeline {
namespace {

data::LabeledImage labeled_image(const sample::SampleScene& scene, const sample::SampleOptions& options,
                                 std::size_t depth_index, Stage& extract, Stage& fill) {
  const sample::SampleFrame rendered = sample::render_frame(scene, options, depth_index);
  Frame frame;
  frame.scene = rendered.scene;
  frame.name = rendered.name;
  frame.planes[plane::kRawRgb] = rendered.raw_rgb;
  frame.planes[plane::kDepthRel] = rendered.depth_rel;
  extract.run({&frame, 1});
  fill.run({&frame, 1});
  if (!frame.ok()) throw std::runtime_error(frame.failure_text);
  const sample::SampleLabels labels = sample::render_labels(scene, scene.depth[depth_index]);

  data::LabeledImage image;
  image.entry = {scene.name, scene_type(scene.name), scene.name + "/" + rendered.rgb_record.name,
                 scene.name + "/" + rendered.depth_record.name};
  image.rgb = frame.planes[plane::kRgb];
  image.depth = frame.planes[plane::kDepth];
  image.raw_depth = frame.planes[plane::kRawDepth];
  image.labels = labels.labels;
  image.instances = labels.instances;
  std::copy(rendered.accel.begin(), rendered.accel.end(), image.accel);
  return image;
}

}  // namespace

int make_labeled_sample(const Config& config, const std::filesystem::path& folder) {
  if (const auto problem = config.sample.problem(); !problem.empty()) throw ConfigError(problem);
  const auto extract = find_stage("extract")->make(config);
  const auto fill = find_stage("fill")->make(config);
  extract->prepare();
  fill->prepare();
  const auto scenes = static_cast<std::size_t>(config.sample.scenes);
  Progress progress("sample", "images", scenes * static_cast<std::size_t>(config.sample.frames),
                    config.run.quiet);
  std::vector<data::LabeledImage> images;
  data::Splits splits;
  for (std::size_t s = 0; s < scenes; ++s) {
    const sample::SampleScene scene = sample::make_scene(config.sample, static_cast<int>(s));
    for (std::size_t i = 0; i < scene.depth.size(); ++i) {
      if (interrupted()) return kExitStopped;
      // Whole scenes go to one side, as in the official split.
      (s % 2 == 0 ? splits.train : splits.test).push_back(images.size());
      images.push_back(labeled_image(scene, config.sample, i, *extract, *fill));
      progress.step(false);
    }
  }
  progress.finish();
  const std::vector<std::string> classes(sample::class_names().begin(), sample::class_names().end());
  data::write_labeled(folder / "nyu_depth_v2_labeled.mat", images, classes);
  data::write_splits(folder / "splits.mat", splits);
  say(config, "sample: " + std::to_string(images.size()) + " images in " +
                  (folder / "nyu_depth_v2_labeled.mat").string() + " and their split in splits.mat");
  return kExitOk;
}

}  // namespace depthmill::pipeline
