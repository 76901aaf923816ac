// A small labelled set of generated images, in the exact structure of nyu_depth_v2_labeled.mat: frames of
// generated scenes taken through the program's own extract and fill, with the ray-caster's object classes as
// labels.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pipeline/commands/make_sample.h"
#include "pipeline/messages.h"
#include "pipeline/registry.h"
#include "pipeline/run_graph.h"
#include "pipeline/threads.h"
#include "stages/data/nyu_labeled.h"
#include "stages/scoring/totals.h"

namespace depthmill::pipeline {
namespace {

// Renders the frames of the generated scenes; the frame's place in the list says which.
class RenderStage : public Stage {
 public:
  explicit RenderStage(const sample::SampleOptions& options) : options_(options) {
    for (int s = 0; s < options.scenes; ++s) scenes_.push_back(sample::make_scene(options, s));
  }
  std::string_view name() const override { return "sample"; }
  std::vector<std::string> needs() const override { return {}; }
  std::vector<std::string> adds() const override { return {plane::kRawRgb, plane::kDepthRel}; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      const auto [scene, record] = place_of(frame.index);
      const sample::SampleFrame rendered = sample::render_frame(scene, options_, record);
      const sample::SampleLabels labels = sample::render_labels(scene, scene.depth[record]);
      frame.planes[plane::kRawRgb] = rendered.raw_rgb;
      frame.planes[plane::kDepthRel] = rendered.depth_rel;
      frame.planes[plane::kLabels] = labels.labels;
      frame.planes[plane::kInstances] = labels.instances;
      frame.planes[plane::kAccel] =
          cv::Mat(4, 1, CV_64FC1, const_cast<double*>(rendered.accel.data())).clone();
    });
  }

  // One frame an image, scene by scene.
  FrameList frames() const {
    FrameList list;
    for (const sample::SampleScene& scene : scenes_)
      for (const std::size_t record : scene.depth) {
        Frame frame;
        frame.scene = scene.name;
        frame.name = std::filesystem::path(scene.index_file[record].name).stem().string();
        list.push_back(std::move(frame));
      }
    return list;
  }
  std::pair<const sample::SampleScene&, std::size_t> place_of(std::size_t index) const {
    auto scene = scenes_.begin();
    for (; index >= scene->depth.size(); ++scene) index -= scene->depth.size();
    return {*scene, index};
  }

 private:
  sample::SampleOptions options_;
  std::vector<sample::SampleScene> scenes_;
};

// Puts the images into the file in their order, one at a time.
class PutStage : public Stage {
 public:
  PutStage(const RenderStage& rendered, const data::PutImage& put) : rendered_(rendered), put_(put) {}
  std::string_view name() const override { return "labeled"; }
  std::vector<std::string> needs() const override { return {plane::kRgb, plane::kRawDepth, plane::kDepth}; }
  std::vector<std::string> adds() const override { return {}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      const auto [scene, record] = rendered_.place_of(frame.index);
      data::LabeledImage image;
      image.entry = {scene.name, scene_type(scene.name),
                     scene.name + "/" + scene.index_file[scene.rgb_partner[record]].name,
                     scene.name + "/" + scene.index_file[scene.depth[record]].name};
      image.rgb = frame.plane(plane::kRgb);
      image.depth = frame.plane(plane::kDepth);
      image.raw_depth = frame.plane(plane::kRawDepth);
      image.labels = frame.plane(plane::kLabels);
      image.instances = frame.plane(plane::kInstances);
      std::copy_n(frame.plane(plane::kAccel).ptr<double>(), 4, image.accel);
      put_(image);
    });
  }

 private:
  const RenderStage& rendered_;
  const data::PutImage& put_;
};

struct Interrupted {};

}  // namespace

int make_labeled_sample(const Config& config, const std::filesystem::path& folder) {
  if (const auto problem = config.sample.problem(); !problem.empty()) throw ConfigError(problem);
  const ThreadBudget budget(resolve_threads(config.run.threads));
  auto render = std::make_unique<RenderStage>(config.sample);
  const RenderStage& rendered = *render;
  const FrameList frames = render->frames();
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::move(render));
  for (const char* name : {"extract", "fill"}) stages.push_back(find_stage(name)->make(config));
  prepare(stages, {});
  const auto produce = [&](const data::PutImage& put) {
    stages.push_back(std::make_unique<PutStage>(rendered, put));
    FrameSink sink;
    // A set with a hole in it is no set.
    sink.record = [](const Frame& frame, FrameSink::Record) {
      if (!frame.ok()) throw std::runtime_error(frame.failure_text);
    };
    GraphOptions graph;
    graph.label = "sample";
    graph.quiet = config.run.quiet;
    graph.threads = budget.threads();
    const GraphOutcome outcome = run_graph(frames, stages, graph, sink);
    if (!outcome.fatal.empty()) throw std::runtime_error(outcome.fatal);
    if (outcome.interrupted) throw Interrupted();
  };
  const std::vector<std::string> classes(sample::class_names().begin(), sample::class_names().end());
  try {
    data::write_labeled(folder / "nyu_depth_v2_labeled.mat", frames.size(), produce, classes);
  } catch (const Interrupted&) {
    print_error("interrupted; nothing is written");
    return interrupted_code();
  }
  // Whole scenes go to one side, as in the official split.
  data::Splits splits;
  for (std::size_t i = 0; i < frames.size(); ++i)
    (rendered.place_of(i).first.index % 2 == 0 ? splits.train : splits.test).push_back(i);
  data::write_splits(folder / "splits.mat", splits);
  say(config, "sample: " + std::to_string(frames.size()) + " images in " +
                  (folder / "nyu_depth_v2_labeled.mat").string() + " and their split in splits.mat");
  return kExitOk;
}

}  // namespace depthmill::pipeline
