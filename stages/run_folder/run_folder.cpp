#include "stages/run_folder/run_folder.h"

#include <algorithm>
#include <utility>

#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/run_folder/plane_files.h"

namespace depthmill::run_folder {

namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path folder, Contents contents)
    : folder_(std::move(folder)),
      contents_(std::move(contents)),
      manifest_(folder_ / "manifest.csv", contents_.stage_order) {
  if (fs::exists(settings_file())) settings_ = io::IniFile::read(settings_file());
}

fs::path RunFolder::settings_file() const { return folder_ / "config.ini"; }

fs::path RunFolder::plane_file(const Frame& frame, const KeptPlane& plane) const {
  return plane_path(folder_, frame.scene, frame.name, plane.name, *plane.format);
}

std::vector<std::string> RunFolder::begun() const {
  std::vector<std::string> begun;
  if (!contents_.restart)
    for (const std::string& stage : contents_.stages)
      if (manifest_.has_done(stage)) begun.push_back(stage);
  return begun;
}

void RunFolder::begin(const std::string& settings) {
  if (contents_.restart) manifest_.forget(contents_.stages);
  io::write_whole_file(settings_file(), settings);
  if (contents_.protocols.empty()) return;
  if (contents_.restart) fs::remove(scores_file());
  if (fs::exists(scores_file()))
    for (const FrameScore& score : read_frame_table(scores_file()))
      if (!score.row.range) scored_.insert({score.row.protocol, score.scene, score.frame});
  score_table_ = std::make_unique<FrameTableWriter>(scores_file(), contents_.metrics);
}

bool RunFolder::scored(const Frame& frame) const {
  return std::all_of(contents_.protocols.begin(), contents_.protocols.end(),
                     [&](const std::string& protocol) {
                       return scored_.contains({protocol, frame.scene, frame.name});
                     });
}

bool RunFolder::done(const Frame& frame) const {
  const auto there = [&](const KeptPlane& plane) { return fs::exists(plane_file(frame, plane)); };
  return manifest_.all_ok(frame, contents_.stages) &&
         std::all_of(contents_.planes.begin(), contents_.planes.end(), there) && scored(frame);
}

void RunFolder::write_planes(const Frame& frame) const {
  for (const KeptPlane& kept : contents_.planes)
    if (const auto at = frame.planes.find(kept.name); at != frame.planes.end())
      io::write_plane(plane_file(frame, kept), at->second, io::plane_kind(kept.name),
                      {contents_.depth_scale, kept.name});
}

void RunFolder::record_skipped(std::span<const Frame> frames) {
  std::vector<ManifestRow> rows;
  for (const Frame& frame : frames)
    rows.push_back({frame.scene, frame.name, contents_.stages.back(), RowStatus::kSkipped,
                    std::string(reason_name(frame.failure)), frame.failure_text});
  manifest_.record(rows);
}

void RunFolder::record(const Frame& frame) {
  if (score_table_)
    for (const MetricRow& row : frame.metrics) score_table_->append(frame.scene, frame.name, row);
  manifest_.record(rows_of(frame, contents_.stages));
}

void RunFolder::finish(std::span<const StepTime> times, double wall_seconds, std::size_t frames) {
  manifest_.finish();
  score_table_.reset();
  std::string text = "stage,seconds,ms_per_frame\n";
  const auto line = [&](const std::string& name, double seconds) {
    const double per_frame = frames > 0 ? 1000.0 * seconds / static_cast<double>(frames) : 0.0;
    text += name + "," + io::format_number(seconds) + "," + io::format_number(per_frame) + "\n";
  };
  for (const StepTime& time : times) line(time.name, time.seconds);
  line("wall", wall_seconds);
  io::write_whole_file(folder_ / "timing.csv", text);
}

std::vector<FrameScore> RunFolder::scores() const { return read_frame_table(scores_file()); }

}  // namespace depthmill::run_folder
