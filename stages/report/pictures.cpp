#include "stages/report/pictures.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "stages/io/atomic_file.h"
#include "stages/io/jpeg.h"
#include "stages/io/png.h"
#include "stages/report/metric_names.h"
#include "stages/report/planes.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;

bool empty(const FramePlanes& p) {
  return p.rgb.empty() && p.raw_depth.empty() && p.depth.empty() && p.gt.empty() && p.pred.empty();
}

// Every fourth pixel in both directions is enough for a quantile.
void sample_errors(const FramePlanes& planes, std::vector<double>& sizes) {
  const cv::Mat error = signed_error(planes);
  for (int row = 0; row < error.rows; row += 4)
    for (int col = 0; col < error.cols; col += 4)
      if (const double e = std::fabs(error.at<double>(row, col)); std::isfinite(e)) sizes.push_back(e);
}

double common_error_limit(const std::vector<PlaneFinder>& finders,
                          const std::vector<std::vector<Pick>>& picks) {
  std::vector<double> sizes;
  for (std::size_t r = 0; r < finders.size(); ++r)
    for (const Pick& pick : picks[r])
      sample_errors(finders[r].read(pick.scene, pick.frame, pick.protocol, nullptr, false), sizes);
  if (sizes.empty()) return 1;
  auto at = sizes.begin() + static_cast<long>(0.95 * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), at, sizes.end());
  return std::max(0.01, rounded_range(0, *at).to);
}

}  // namespace

std::string file_name_of(const std::string& text) {
  std::string out;
  for (char c : text) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
    out += keep ? c : '_';
  }
  if (out.empty() || out.front() == '.') out.insert(out.begin(), '_');
  return out;
}

std::vector<Pick> pick_frames(const RunData& run, const ReportOptions& options) {
  const ProtocolScores* scores = nullptr;
  for (const ProtocolScores& p : run.protocols)
    if (!scores && p.key_index(options.picture_metric) >= 0 && !p.frames.empty()) scores = &p;
  const bool by_metric = scores != nullptr;
  for (const ProtocolScores& p : run.protocols)
    if (!scores && !p.frames.empty()) scores = &p;
  std::vector<Pick> picks;
  if (!scores) {
    // Nothing was scored: the first frame of each scene shows what there is.
    std::set<std::string> seen;
    for (const auto& [scene, frame] : run.finished)
      if (picks.size() < options.max_pictures && seen.insert(scene).second)
        picks.push_back({scene, frame, PickGroup::kScene, "", ""});
    return picks;
  }

  std::set<std::string> taken;
  const ScoreTable& frames = scores->frames;
  auto take = [&](std::size_t i, PickGroup group, const std::string& caption) {
    const std::string scene(frames.scene(i)), frame(frames.frame(i));
    if (picks.size() < options.max_pictures && taken.insert(scene + "/" + frame).second)
      picks.push_back({scene, frame, group, scores->name, caption});
  };
  const std::vector<double> values = scores->values_of(options.picture_metric);
  auto score_text = [&](std::size_t i) {
    return by_metric && !std::isnan(values[i])
               ? options.picture_metric + " " + printed(values[i]) + " (" + scores->name + ")"
               : std::string();
  };
  const Better better = metric_name(options.picture_metric).better;
  if (by_metric && better != Better::kUnknown) {
    std::vector<std::size_t> ranked;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) ranked.push_back(i);
    std::stable_sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) {
      return better == Better::kLower ? values[a] < values[b] : values[a] > values[b];
    });
    const std::size_t n = std::min(options.best_worst, ranked.size() / 2);
    const std::string of = " of " + std::to_string(ranked.size()) + ", ";
    for (std::size_t i = 0; i < n; ++i)
      take(ranked[i], PickGroup::kBest, "best " + std::to_string(i + 1) + of + score_text(ranked[i]));
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t worst = ranked[ranked.size() - 1 - i];
      take(worst, PickGroup::kWorst, "worst " + std::to_string(i + 1) + of + score_text(worst));
    }
  }
  std::set<std::string_view> scenes;
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (scenes.insert(frames.scene(i)).second) take(i, PickGroup::kScene, score_text(i));
  return picks;
}

std::vector<Picture> make_pictures(std::span<const RunData> runs, const ReportOptions& options,
                                   bool with_jpegs, std::vector<fs::path>& written,
                                   std::vector<std::string>& warnings) {
  std::vector<std::vector<Pick>> picks;
  std::vector<PlaneFinder> finders;
  for (const RunData& run : runs) {
    picks.push_back(pick_frames(run, options));
    finders.emplace_back(run, options);
  }
  const double error_limit = common_error_limit(finders, picks);

  std::vector<Picture> pictures;
  std::set<fs::path> files;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::size_t without = 0;
    for (const Pick& pick : picks[r]) {
      const FramePlanes planes = finders[r].read(pick.scene, pick.frame, pick.protocol, &warnings);
      if (empty(planes)) {
        ++without;
        continue;
      }
      Picture picture;
      picture.run = r;
      picture.pick = pick;
      picture.view = make_view(planes, static_cast<int>(options.panel_width), error_limit);
      picture.view.scene = pick.scene;
      picture.view.frame = pick.frame;
      picture.view.caption = pick.caption;
      const std::string stem = "pictures/" + file_name_of(runs[r].label) + "/" +
                               file_name_of(pick.scene.empty() ? pick.frame : pick.scene + "." + pick.frame);
      // Two names may differ in letters that file names do not keep.
      picture.file = stem + ".png";
      for (int again = 2; !files.insert(picture.file).second; ++again)
        picture.file = stem + "-" + std::to_string(again) + ".png";
      io::write_whole_file(options.out / picture.file, io::encode_png(draw_strip(picture.view)));
      written.push_back(options.out / picture.file);
      for (Panel& panel : picture.view.panels) {
        if (with_jpegs) picture.jpegs.push_back(io::encode_jpeg(panel.image, 86));
        panel.size = panel.image.size();
        panel.image.release();
      }
      pictures.push_back(std::move(picture));
    }
    if (without > 0 && without < picks[r].size())
      warnings.push_back(runs[r].label + ": " + std::to_string(without) + " of " +
                         std::to_string(picks[r].size()) +
                         " frames chosen for pictures have no planes on disk");
    else if (without > 0)
      warnings.push_back(runs[r].label + ": no pictures, because its frames have planes neither in " +
                         (runs[r].folder / "planes").string() + " nor where its configuration says");
  }
  return pictures;
}

}  // namespace depthmill::report
