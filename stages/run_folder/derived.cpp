#include "stages/run_folder/derived.h"

#include <algorithm>
#include <set>

#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/suggest.h"
#include "stages/run_folder/host.h"
#include "stages/run_folder/take_back.h"

namespace depthmill::run_folder {

namespace fs = std::filesystem;

ScoreTables scores_of(const FrameList& list, const Ledger& ledger, const std::string& scoring_stage,
                      NamedTexts& protocols, std::vector<std::string>& remarks) {
  std::map<std::pair<std::string, std::uint64_t>, std::size_t> frames_of;
  std::size_t scored = 0;
  ScoreTables rows;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto record = ledger.find(list.scene(i), list.name(i), scoring_stage);
    if (!record || record->status != RowStatus::kOk) continue;
    ++scored;
    std::set<std::pair<std::string, std::uint64_t>> once;
    for (const KeptScore& score : record->scores) {
      rows.push_back(record->scene, record->frame, score.row);
      if (!score.row.range && once.insert({score.row.protocol, score.protocol}).second)
        ++frames_of[{score.row.protocol, score.protocol}];
    }
  }
  std::set<std::string> kept;
  for (const auto& [name, text] : protocols) kept.insert(name);
  std::set<std::string> dropped;
  for (const auto& [protocol, frames] : frames_of) {
    if (kept.contains(protocol.first)) continue;
    std::string text;
    for (const Call& call : ledger.calls())
      for (const auto& [name, one] : call.protocols)
        if (name == protocol.first && hash_of(one) == protocol.second) text = one;
    if (frames == scored && !text.empty()) {
      kept.insert(protocol.first);
      protocols.emplace_back(protocol.first, text);
    } else {
      dropped.insert(protocol.first);
    }
  }
  if (!dropped.empty())
    remarks.push_back("tables hold this call's frames alone, so '" +
                      io::name_list(std::vector<std::string>(dropped.begin(), dropped.end())) +
                      "', scored on others or on files that have changed, is left out");
  std::erase_if(rows.parts(), [&](const auto& part) { return !kept.contains(part.protocol); });
  return rows;
}

void write_times(const fs::path& run, const Ledger& ledger) {
  std::string text = "stage,seconds,ms_per_frame,frames,step,command,program,started,bound\n";
  std::size_t step = 0;
  for (const Call& call : ledger.calls()) {
    ++step;
    const std::size_t frames = call.done + call.failed;
    const Bound bound = bound_of(call.times);
    for (const auto& [name, seconds] : call.times)
      text += io::csv_line(std::vector<std::string>{
                  name, io::format_number(seconds),
                  io::format_number(frames > 0 ? 1000.0 * seconds / static_cast<double>(frames) : 0.0),
                  std::to_string(frames), std::to_string(step), call.command_line(), call.program,
                  time_text(call.started), name == bound.step ? bound.by : ""}) +
              "\n";
  }
  io::write_whole_file(run / kTimesFile, text);
}

OutputFile output_at(const fs::path& run, const std::string& path) {
  return {path, look_of(run / path), content_of(run / path)};
}

void put_derived(const fs::path& run, Ledger& ledger, std::span<const std::string> others) {
  std::vector<OutputFile> tables;
  for (const char* path : {kSettingsFile, kManifestFile, kTimesFile}) tables.push_back(output_at(run, path));
  for (const std::string& path : others) tables.push_back(output_at(run, path));
  if (const fs::path metrics = run / "metrics"; fs::is_directory(metrics))
    for (const auto& entry : fs::recursive_directory_iterator(metrics))
      if (entry.is_regular_file())
        tables.push_back(output_at(run, entry.path().lexically_relative(run).string()));
  std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  ledger.put_tables(tables);
}

}  // namespace depthmill::run_folder
