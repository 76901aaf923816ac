#include "stages/report/load.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "metrics/protocol.h"
#include "stages/io/csv.h"
#include "stages/io/text_file.h"
#include "stages/scoring/totals.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;
using run_folder::ManifestRow;
using run_folder::RowStatus;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::size_t count_cell(const io::CsvTable& table, std::size_t row, std::size_t column) {
  double value = table.number(row, column);
  if (std::isnan(value)) return 0;
  if (value < 0 || value > 1e15 || value != std::floor(value))
    throw io::TextFileError(table.file, table.lines[row],
                            table.header[column] + ": '" + table.rows[row][column] + "' is no count");
  return static_cast<std::size_t>(value);
}

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
  io::CsvTable table = io::read_csv_file(run.metrics / "summary.csv");
  const std::size_t protocol = table.column("protocol"), metric = table.column("metric"),
                    value = table.column("value"), n = table.column("n");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    ProtocolScores& scores = protocol_of(run, table.rows[r][protocol]);
    if (scores.key_index(table.rows[r][metric]) >= 0)
      throw io::TextFileError(
          table.file, table.lines[r],
          "metric '" + table.rows[r][metric] + "' is there twice under protocol '" + scores.name + "'");
    scores.keys.push_back(table.rows[r][metric]);
    scores.summary.push_back(table.number(r, value));
    scores.low.push_back(kUndefined);
    scores.high.push_back(kUndefined);
    scores.images = std::max(scores.images, count_cell(table, r, n));
  }
}

std::vector<double> values_of(const io::CsvTable& table, std::size_t row, const ProtocolScores& scores) {
  std::vector<double> values;
  for (const std::string& key : scores.keys)
    values.push_back(table.has_column(key) ? table.number(row, table.column(key)) : kUndefined);
  return values;
}

void load_frames(RunData& run) {
  const fs::path file = run.metrics / "frames.csv";
  if (!fs::exists(file)) {
    run.warnings.push_back(run.label + ": no frames.csv, so no distributions and no best and worst images");
    return;
  }
  io::CsvTable table = io::read_csv_file(file);
  const std::size_t protocol = table.column("protocol"), scene = table.column("scene"),
                    frame = table.column("frame"), n = table.column("n");
  const bool has_note = table.has_column("note");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& cells = table.rows[r];
    ProtocolScores& scores = protocol_of(run, cells[protocol]);
    scores.frames.push_back({cells[scene], cells[frame], count_cell(table, r, n), values_of(table, r, scores),
                             has_note ? cells[table.column("note")] : std::string()});
  }
}

// scenes.csv and types.csv differ in the name of one column.
void load_groups(RunData& run, const char* name, const char* group_column,
                 std::vector<ScoreRow> ProtocolScores::*rows) {
  const fs::path file = run.metrics / name;
  if (!fs::exists(file)) return;
  io::CsvTable table = io::read_csv_file(file);
  const std::size_t protocol = table.column("protocol"), group = table.column(group_column),
                    frames = table.column("frames");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    ProtocolScores& scores = protocol_of(run, table.rows[r][protocol]);
    (scores.*rows)
        .push_back({table.rows[r][group], {}, count_cell(table, r, frames), values_of(table, r, scores), {}});
  }
}

void load_intervals(RunData& run) {
  const fs::path file = run.metrics / "intervals.csv";
  if (!fs::exists(file)) return;
  io::CsvTable table = io::read_csv_file(file);
  const std::size_t protocol = table.column("protocol"), metric = table.column("metric"),
                    low = table.column("low"), high = table.column("high");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    ProtocolScores& scores = protocol_of(run, table.rows[r][protocol]);
    const int key = scores.key_index(table.rows[r][metric]);
    if (key < 0) continue;
    scores.low[static_cast<std::size_t>(key)] = table.number(r, low);
    scores.high[static_cast<std::size_t>(key)] = table.number(r, high);
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
  const fs::path file = run.metrics / "protocols.csv";
  if (!fs::exists(file)) return;
  io::CsvTable table = io::read_csv_file(file);
  const std::size_t protocol = table.column("protocol"), sentence = table.column("sentence");
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    for (ProtocolScores& scores : run.protocols)
      if (scores.name == table.rows[r][protocol] && !table.rows[r][sentence].empty())
        scores.sentence = table.rows[r][sentence];
}

void load_ranges(RunData& run) {
  const fs::path file = run.metrics / "ranges.csv";
  if (!fs::exists(file)) return;
  io::CsvTable table = io::read_csv_file(file);
  const std::size_t protocol = table.column("protocol"), from = table.column("from"), to = table.column("to"),
                    n = table.column("n");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    ProtocolScores& scores = protocol_of(run, table.rows[r][protocol]);
    scores.ranges.push_back(
        {table.number(r, from), table.number(r, to), table.number(r, n), values_of(table, r, scores)});
  }
  for (ProtocolScores& scores : run.protocols)
    std::stable_sort(scores.ranges.begin(), scores.ranges.end(),
                     [](const RangeRow& a, const RangeRow& b) { return a.from < b.from; });
}

void load_manifest(RunData& run) {
  const fs::path file = run.folder / "manifest.csv";
  if (!fs::exists(file)) return;
  run.has_manifest = true;
  const run_folder::Manifest manifest(file);
  std::set<std::pair<std::string, std::string>> finished;
  std::set<std::string> failed, skipped;
  manifest.for_each([&](const ManifestRow& row) {
    if (row.status == RowStatus::kOk) finished.insert({row.scene, row.frame});
    if (row.status == RowStatus::kFailed && failed.insert(row.id()).second) run.failed.push_back(row);
  });
  manifest.for_each([&](const ManifestRow& row) {
    if (row.status == RowStatus::kSkipped && !failed.contains(row.id()) && skipped.insert(row.id()).second)
      run.skipped.push_back(row);
  });
  run.finished.assign(finished.begin(), finished.end());
}

void load_settings(RunData& run) {
  run.config = run_folder::settings_text(run.folder);
  run.inputs = run_folder::read_inputs(run.folder);
}

}  // namespace

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
  load_groups(run, "scenes.csv", "scene", &ProtocolScores::scenes);
  load_groups(run, "types.csv", "scene_type", &ProtocolScores::types);
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
