#include "pipeline/named_files.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "stages/base/frame_list.h"
#include "stages/io/array.h"
#include "stages/io/image_file.h"
#include "stages/io/npy.h"
#include "stages/io/png.h"
#include "stages/io/safe_name.h"

namespace depthmill::pipeline {
namespace {

constexpr std::string_view kStem = "{stem}";

class NamedStage : public Stage {
 public:
  NamedStage(std::unique_ptr<Stage> stage, NamedFiles files)
      : stage_(std::move(stage)), named_(std::move(files)) {}

  std::string_view name() const override { return stage_->name(); }
  std::vector<std::string> needs() const override { return stage_->needs(); }
  std::vector<std::string> adds() const override { return stage_->adds(); }
  std::vector<std::string> uses() const override { return stage_->uses(); }
  bool parallel() const override { return stage_->parallel(); }
  cv::Size expect(cv::Size image) override { return stage_->expect(image); }
  void prepare() override { stage_->prepare(); }
  bool metric() const override { return stage_->metric(); }
  int threads_left(int budget) const override { return stage_->threads_left(budget); }
  std::size_t frames_at_a_time() const override { return stage_->frames_at_a_time(); }
  std::size_t workspace(cv::Size frame) const override { return stage_->workspace(frame); }
  std::vector<std::pair<std::string, std::filesystem::path>> files() const override {
    return stage_->files();
  }
  std::vector<std::string> remarks() const override { return stage_->remarks(); }

  void expect_frames(const FrameList& frames) override {
    stage_->expect_frames(frames);
    std::map<std::string, std::size_t> taken;
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (const auto [at, fresh] = taken.try_emplace(path_of(frames.scene(i), frames.name(i)), i); !fresh)
        throw std::runtime_error(frames.id(at->second) + " and " + frames.id(i) + " would both become " +
                                 at->first + (named_.flat ? "; without --flat they are apart" : ""));
  }

  bool makes_files() const override { return true; }
  std::vector<std::string> files_of(const Frame& frame) const override {
    std::vector<std::string> paths;
    for (const std::string& plane : written()) paths.push_back(path_of(frame, plane));
    return paths;
  }

  void run(std::span<Frame> batch) override {
    stage_->run(batch);
    for_each_live(batch, name(), [this](Frame& frame) {
      for (const std::string& plane : written())
        frame.files.emplace_back(path_of(frame, plane), bytes_of(frame, plane));
    });
  }

 private:
  std::vector<std::string> written() const {
    std::vector<std::string> planes = stage_->adds();
    std::erase(planes, plane::kRgb);
    return planes;
  }

  std::string path_of(std::string_view scene, std::string_view frame) const {
    std::string stem(frame), folders(scene);
    if (named_.flat && !folders.empty()) {
      std::replace(folders.begin(), folders.end(), '/', '_');
      stem = folders + "_" + stem;
      folders.clear();
    }
    std::string whole = named_.name;
    whole.replace(whole.find(kStem), kStem.size(), stem);
    return (io::folder_name(folders) / io::file_name(whole)).generic_string();
  }
  std::string path_of(const Frame& frame, const std::string& plane) const {
    const bool first = plane == stage_->adds().front();
    return path_of(frame.scene, frame.name) +
           (first ? "." + std::string(named_.format(*stage_)->ending()) : "." + plane + ".png");
  }

  std::vector<std::uint8_t> bytes_of(const Frame& frame, const std::string& plane) const {
    const cv::Mat& map = frame.plane(plane);
    if (plane_kind(plane) != PlaneKind::kDepth) return io::encode_png(map);
    if (named_.format(*stage_) == &io::kNpyFormat) return io::npy_bytes(io::to_array(map));
    return io::encode_png(io::to_16_bit(map, named_.depth_scale, frame.id()));
  }

  std::unique_ptr<Stage> stage_;
  NamedFiles named_;
};

}  // namespace

std::string NamedFiles::problem() const {
  const std::size_t at = name.find(kStem);
  if (at == std::string::npos) return "run.name is '" + name + "': {stem} stands for the frame's own name";
  if (name.find('/') != std::string::npos)
    return "run.name is '" + name + "': a name has no '/', folders are kept without it";
  return "";
}

std::unique_ptr<Stage> with_named_files(std::unique_ptr<Stage> stage, NamedFiles files) {
  return std::make_unique<NamedStage>(std::move(stage), std::move(files));
}

}  // namespace depthmill::pipeline
