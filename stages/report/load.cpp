#include "stages/report/load.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "metrics/protocol.h"
#include "stages/scoring/total_tables.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;
using run_folder::ManifestRow;
using run_folder::RowStatus;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

ProtocolScores& protocol_of(RunData& run, const std::string& name) {
  for (ProtocolScores& p : run.protocols)
    if (p.name == name) return p;
  run.protocols.emplace_back().name = name;
  return run.protocols.back();
}

std::string sentence_of(const metrics::Protocol& protocol) {
  std::string text = protocol.description;
  if (!text.empty() && text.back() != '.') text += '.';
  if (!protocol.source.empty()) text += (text.empty() ? "Source: " : " Source: ") + protocol.source + ".";
  return text;
}

void load_summary(RunData& run) {
  for (const ScoreSummary& row : read_summary_table(run.metrics)) {
    ProtocolScores& scores = protocol_of(run, row.protocol);
    scores.keys.push_back(row.metric);
    scores.summary.push_back(row.value);
    scores.low.push_back(kUndefined);
    scores.high.push_back(kUndefined);
    scores.images = std::max(scores.images, row.frames);
  }
}

// In the order of the protocol's keys; what a row does not have is undefined.
std::vector<double> in_order(const std::vector<std::pair<std::string, double>>& cells,
                             const ProtocolScores& scores) {
  std::vector<double> values(scores.keys.size(), kUndefined);
  for (const auto& [key, value] : cells)
    if (const int at = scores.key_index(key); at >= 0) values[static_cast<std::size_t>(at)] = value;
  return values;
}

void load_frames(RunData& run) {
  const fs::path file = run.metrics / "frames.csv";
  if (!fs::exists(file)) {
    run.warnings.push_back(run.label + ": no frames.csv, so no distributions and no best and worst images");
    return;
  }
  ScoreTables rows = read_frame_table(file);
  for (ScoreTables::Part& part : rows.parts())
    if (!part.range) protocol_of(run, part.protocol).frames = std::move(part.table);
}

void load_groups(RunData& run, const std::vector<GroupTotal>& groups,
                 std::vector<ScoreRow> ProtocolScores::*rows) {
  for (const GroupTotal& group : groups) {
    ProtocolScores& scores = protocol_of(run, group.protocol);
    (scores.*rows).push_back({group.group, group.frames, in_order(group.values, scores)});
  }
}

void load_intervals(RunData& run) {
  for (const MetricInterval& row : read_interval_table(run.metrics)) {
    ProtocolScores& scores = protocol_of(run, row.protocol);
    const int key = scores.key_index(row.metric);
    if (key < 0) continue;
    scores.low[static_cast<std::size_t>(key)] = row.low;
    scores.high[static_cast<std::size_t>(key)] = row.high;
  }
}

// The sentence that the evaluation wrote goes before one put together here.
void load_sentences(RunData& run) {
  for (const metrics::Protocol& protocol : read_table_protocols(run.metrics))
    for (ProtocolScores& scores : run.protocols)
      if (scores.name == protocol.name) {
        scores.sentence = sentence_of(protocol);
        scores.protocol = protocol;
      }
  for (const auto& [name, sentence] : read_sentences(run.metrics))
    for (ProtocolScores& scores : run.protocols)
      if (scores.name == name && !sentence.empty()) scores.sentence = sentence;
}

void load_ranges(RunData& run) {
  for (const RangeSummary& row : read_range_table(run.metrics)) {
    ProtocolScores& scores = protocol_of(run, row.protocol);
    scores.ranges.push_back(
        {row.range.from, row.range.to, static_cast<double>(row.pixels), in_order(row.values, scores)});
  }
  for (ProtocolScores& scores : run.protocols)
    std::stable_sort(scores.ranges.begin(), scores.ranges.end(),
                     [](const RangeRow& a, const RangeRow& b) { return a.from < b.from; });
}

void load_manifest(RunData& run) {
  const fs::path file = run.folder / "manifest.csv";
  if (!fs::exists(file)) return;
  run.has_manifest = true;
  // Of a frame that failed, that alone counts.
  std::map<std::string, std::string> finished;
  std::set<std::string> failed, skipped;
  std::vector<ManifestRow> passed_over;
  run_folder::read_manifest(file, [&](ManifestRow row) {
    if (row.status == RowStatus::kOk) {
      const auto [first, is_new] = finished.emplace(row.scene, row.frame);
      if (!is_new && row.frame < first->second) first->second = row.frame;
    }
    if (row.status == RowStatus::kFailed && failed.insert(row.id()).second) run.failed.push_back(row);
    if (row.status == RowStatus::kSkipped) passed_over.push_back(std::move(row));
  });
  for (ManifestRow& row : passed_over)
    if (!failed.contains(row.id()) && skipped.insert(row.id()).second) run.skipped.push_back(std::move(row));
  run.finished.assign(finished.begin(), finished.end());
}

void load_settings(RunData& run) {
  run.config = run_folder::settings_text(run.folder);
  run.inputs = run_folder::read_inputs(run.folder);
}

}  // namespace

std::vector<double> ProtocolScores::values_of(std::string_view key) const {
  const std::vector<double>* column = frames.find(key);
  return column ? *column : std::vector<double>(frames.size(), kUndefined);
}

int ProtocolScores::key_index(std::string_view key) const {
  auto it = std::find(keys.begin(), keys.end(), key);
  return it == keys.end() ? -1 : static_cast<int>(it - keys.begin());
}

const ProtocolScores* RunData::find(std::string_view protocol) const {
  for (const ProtocolScores& p : protocols)
    if (p.name == protocol) return &p;
  return nullptr;
}

RunData load_run(const std::string& source) {
  RunData run;
  // An existing folder whose own name holds '=' wins over DIR=LABEL.
  const auto equals = source.rfind('=');
  if (equals == std::string::npos || fs::is_directory(source)) {
    run.folder = source;
  } else {
    run.folder = source.substr(0, equals);
    run.label = source.substr(equals + 1);
  }
  run.folder = run.folder.lexically_normal();
  if (run.folder.filename().empty()) run.folder = run.folder.parent_path();
  if (fs::exists(run.folder / "metrics" / "summary.csv")) {
    run.metrics = run.folder / "metrics";
  } else {
    run.metrics = run.folder;
    if (!fs::exists(run.metrics / "summary.csv") && fs::exists(run.folder / "manifest.csv")) {
      if (run.label.empty()) run.label = fs::absolute(run.folder).filename().string();
      load_manifest(run);
      load_settings(run);
      run.warnings.push_back(run.label + ": nothing was evaluated, so there are pictures but no scores");
      return run;
    }
    if (!fs::exists(run.metrics / "summary.csv"))
      throw std::runtime_error(
          run.folder.string() +
          ": neither metrics/summary.csv nor summary.csv is there; evaluate the run first");
    const fs::path above = fs::absolute(run.folder).parent_path();
    if (fs::absolute(run.folder).filename() == "metrics") run.folder = above;
  }
  if (run.label.empty()) run.label = fs::absolute(run.folder).filename().string();

  load_summary(run);
  load_sentences(run);
  load_frames(run);
  load_groups(run, read_scene_table(run.metrics), &ProtocolScores::scenes);
  load_groups(run, read_type_table(run.metrics), &ProtocolScores::types);
  load_intervals(run);
  load_ranges(run);
  load_manifest(run);
  load_settings(run);
  if (run.protocols.empty())
    run.warnings.push_back(run.label + ": summary.csv has no rows: nothing was evaluated");
  return run;
}

std::vector<RunData> load_runs(const std::vector<std::string>& sources) {
  std::vector<RunData> runs;
  for (const std::string& source : sources) runs.push_back(load_run(source));
  std::map<std::string, int> count;
  for (const RunData& run : runs) ++count[run.label];
  for (RunData& run : runs)
    if (count[run.label] > 1)
      run.label = fs::absolute(run.folder).parent_path().filename().string() + "/" + run.label;
  std::map<std::string, int> seen;
  for (RunData& run : runs)
    if (int again = seen[run.label]++; again > 0) run.label += " (" + std::to_string(again + 1) + ")";
  return runs;
}

}  // namespace depthmill::report
