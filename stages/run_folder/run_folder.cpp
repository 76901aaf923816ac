#include "stages/run_folder/run_folder.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <stdexcept>
#include <unordered_set>

#include "stages/base/counted.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/suggest.h"
#include "stages/run_folder/host.h"
#include "stages/run_folder/plane_files.h"

namespace depthmill::run_folder {

namespace fs = std::filesystem;

namespace {

// Of a plane, below the run folder.
std::string path_below(const Frame& frame, const KeptPlane& plane) {
  return plane_path({}, frame.scene, frame.name, plane.name, *plane.format).string();
}

std::vector<std::string> names_of(const std::vector<StageSettings>& stages) {
  std::vector<std::string> names;
  for (const StageSettings& stage : stages) names.push_back(stage.stage);
  return names;
}

}  // namespace

RunFolder::RunFolder(fs::path folder, Contents contents)
    : folder_(std::move(folder)),
      contents_(std::move(contents)),
      ledger_(folder_, contents_.stage_order),
      take_back_(folder_, ledger_, contents_.stages, contents_.stage_order) {
  for (const auto& [name, text] : contents_.protocols) protocol_hashes_[name] = hash_of(text);
}

RunFolder::~RunFolder() = default;

io::IniFile RunFolder::settings() const {
  if (ledger_.calls().empty()) return {};
  return io::IniFile::parse(ledger_.calls().back().settings, ledger_.file());
}

std::vector<std::string> RunFolder::changed_settings() const {
  std::vector<std::string> changed;
  if (contents_.restart) return changed;
  for (const StageSettings& now : contents_.stages) {
    if (now.stage == contents_.scoring_stage || !ledger_.has_done(now.stage)) continue;
    const Call* call = ledger_.last_call_of(now.stage);
    if (!call) continue;
    const std::map<std::string, std::string> was(call->find(now.stage)->values.begin(),
                                                 call->find(now.stage)->values.end());
    for (const auto& [name, value] : now.values)
      if (const auto old = was.find(name); old != was.end() && old->second != value)
        changed.push_back(name + " was '" + old->second + "', now '" + value + "'");
  }
  return changed;
}

void RunFolder::take() {
  ledger_.take();
  if (ledger_.dropped() > 0)
    remarks_.push_back(ledger_.file().string() + ": " + counted(ledger_.dropped(), "damaged line") +
                       "; what was said there is done again");
  if (ledger_.calls().empty() && fs::exists(manifest_file()))
    remarks_.push_back(folder_.string() +
                       ": no journal says what the files there were made from; everything is done again");
  // Files besides planes may lie anywhere.
  const std::size_t swept = contents_.files ? io::sweep_temporaries(folder_, {"."})
                                            : io::sweep_temporaries(folder_, {"planes", "metrics", "report"});
  if (swept > 0)
    remarks_.push_back("removed: " + counted(swept, "half-written file") + " of a run that was killed");
  if (contents_.restart) take_back_.everything(remarks_);
}

void RunFolder::write_index_files(const FrameList& list) {
  std::vector<std::size_t> done;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto record = ledger_.find(list.scene(i), list.name(i), contents_.stages.back().stage);
    if (!record || record->status != RowStatus::kOk) continue;
    const std::vector<std::string> paths = output_paths(list[i]);
    if (std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
          return std::any_of(record->outputs.begin(), record->outputs.end(),
                             [&](const OutputFile& output) { return output.path == path; });
        }))
      done.push_back(i);
  }
  for (const auto& [path, text] : contents_.index_files(list, done)) {
    io::write_whole_file(folder_ / path, text);
    index_files_.push_back(path);
  }
}

RunFolder::Stale RunFolder::not_listed(const FrameList& list) const {
  std::unordered_set<std::uint64_t> listed;
  const auto key = [](std::string_view scene, std::string_view name) {
    return hash_of(std::string(scene) + '\0' + std::string(name));
  };
  for (std::size_t i = 0; i < list.size(); ++i) listed.insert(key(list.scene(i), list.name(i)));
  Stale others;
  ledger_.for_each([&](const FrameRecord& record) {
    if (record.status != RowStatus::kOk || listed.contains(key(record.scene, record.frame)) ||
        std::all_of(record.outputs.begin(), record.outputs.end(), is_plane))
      return;
    if (++others.frames == 1) others.example = record.id();
  });
  return others;
}

OutputFile RunFolder::move_here(const fs::path& part, const OutputFile& output) const {
  const fs::path there = part / output.path, here = folder_ / output.path;
  if (read_last_.path == output.path) return read_last_;  // frames share it
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(there.string() + ": cannot be taken over: " + why + "; 'depthmill repair " +
                             part.string() + "' makes it again");
  };
  const FileLook look = look_of(there);
  if (look.size < 0) {
    // Moved by a merge that was killed, or lost.
    if (look_of(here).size != output.look.size || content_of(here) != output.content)
      refuse("it is not there");
  } else {
    if (look != output.look && (look.size != output.look.size || content_of(there) != output.content))
      refuse("it is not what was written");
    std::error_code error;
    fs::create_directories(here.parent_path(), error);
    if (!error) fs::rename(there, here, error);
    if (error) refuse(error.message());
  }
  return {output.path, look_of(here), output.content};
}

void RunFolder::absorb(const fs::path& part) {
  const Ledger other(part, contents_.stage_order);
  for (const Call& call : other.calls())
    if (!ledger_.find_call(call.id)) ledger_.take_over(call);
  other.for_each([&](FrameRecord record) {
    for (OutputFile& output : record.outputs) {
      output = move_here(part, output);
      if (contents_.grouped) read_last_ = output;
    }
    if (record.status == RowStatus::kOk) carry_scores(record);
    supersede(record);
    ledger_.record(record);
  });
  read_last_ = {};
  sync();
}

void RunFolder::begin(Call& call) {
  if (contents_.index_files) take_back_.index_files();
  call.host = host_name();
  call.job = job_name();
  call.process = ::getpid();
  call.started = std::time(nullptr);
  call.stages = contents_.stages;
  call.protocols = contents_.protocols;
  call.id = hash_text(hash_of(call.host + "/" + std::to_string(call.process) + "/" +
                              std::to_string(call.started) + "/" + std::to_string(ledger_.calls().size())));
  call_ = call.id;
  ledger_.begin_call(call);
  crash_notes_ = std::make_unique<CrashNotes>(ledger_);
  syncer_ = std::make_unique<Syncer>([this] { sync(); });
}

void RunFolder::sync() {
  std::uint64_t to = 0;
  std::size_t done = 0, failed = 0;
  {
    std::lock_guard lock(mutex_);
    to = ledger_.end(), done = done_, failed = failed_;
  }
  sync_file_system(folder_);
  std::lock_guard lock(mutex_);
  ledger_.mark_synced(to, done, failed);
}

bool RunFolder::settings_hold(const FrameRecord& record, const std::string& stage) const {
  const Call* call = ledger_.find_call(record.call);
  const StageSettings* was = call ? call->find(stage) : nullptr;
  const auto now = std::find_if(contents_.stages.begin(), contents_.stages.end(),
                                [&](const StageSettings& s) { return s.stage == stage; });
  return was && now != contents_.stages.end() && was->values == now->values;
}

std::vector<std::string> RunFolder::output_paths(const Frame& frame) const {
  std::vector<std::string> paths;
  for (const KeptPlane& plane : contents_.planes) paths.push_back(path_below(frame, plane));
  if (contents_.files)
    for (std::string& path : contents_.files(frame)) paths.push_back(std::move(path));
  return paths;
}

std::uint64_t RunFolder::content_again(const std::string& path, const FileLook& look) const {
  if (!contents_.grouped || path.starts_with("planes/")) return content_of(folder_ / path);
  if (read_last_.path != path || read_last_.look != look)
    read_last_ = {path, look, content_of(folder_ / path)};
  return read_last_.content;
}

bool RunFolder::outputs_hold(FrameRecord& record, const Frame& frame, bool durable, bool& refreshed) const {
  for (const std::string& path : output_paths(frame)) {
    const auto kept = std::find_if(record.outputs.begin(), record.outputs.end(),
                                   [&](const OutputFile& output) { return output.path == path; });
    if (kept == record.outputs.end()) return false;
    const FileLook look = look_of(folder_ / path);
    if (look.size != kept->look.size) return false;
    if (look == kept->look && durable) continue;
    try {
      if (content_again(path, look) != kept->content) return false;
    } catch (const FrameError&) {
      return false;
    }
    refreshed = refreshed || look != kept->look;
    kept->look = look;
  }
  return true;
}

bool RunFolder::scores_hold(const FrameRecord& record) const {
  return std::all_of(contents_.protocols.begin(), contents_.protocols.end(), [&](const auto& protocol) {
    return std::any_of(record.scores.begin(), record.scores.end(), [&](const KeptScore& score) {
      return score.row.protocol == protocol.first && score.protocol == protocol_hashes_.at(protocol.first);
    });
  });
}

Standing RunFolder::standing(const Frame& frame) {
  if (contents_.stages.empty()) return Standing::kToDo;
  std::optional<FrameRecord> record;
  bool whole = true, crashed = false, suspected = false;
  for (const StageSettings& stage : contents_.stages) {
    // One line mostly tells of all of them.
    if (!record ||
        std::find(record->stages.begin(), record->stages.end(), stage.stage) == record->stages.end()) {
      auto other = ledger_.find(frame.scene, frame.name, stage.stage);
      // Stages of one run belong together: a line of another call about one of them does not fit.
      whole = whole && (!record || !other || record->call == other->call);
      if (other)
        record = std::move(other);
      else
        whole = false;
    }
    if (record && record->status == RowStatus::kFailed && record->reason == kCrashReason)
      (record->alone ? crashed : suspected) = true;
    whole = whole && record->status == RowStatus::kOk && settings_hold(*record, stage.stage);
  }
  if (!record) return Standing::kToDo;
  MadeFrom now = seen(frame, contents_.reads);
  if (crashed) return record->made_from.look == now.look ? Standing::kCrashed : Standing::kToDo;
  if (suspected) return Standing::kSuspected;
  if (!whole) return Standing::kToDo;
  const auto stale = [](Stale& kind, std::string example) {
    if (++kind.frames == 1) kind.example = std::move(example);
    return Standing::kToDo;
  };
  const std::uint64_t look_before = record->made_from.look;
  if (!same_inputs(record->made_from, now)) return stale(stale_inputs_, frame.id());
  bool refreshed = now.look != look_before;
  const bool durable = ledger_.durable(frame.scene, frame.name, contents_.stages.back().stage);
  if (!outputs_hold(*record, frame, durable, refreshed)) return stale(stale_outputs_, frame.id());
  if (!scores_hold(*record)) return Standing::kToDo;
  if (refreshed) {
    record->made_from = std::move(now);
    ledger_.record(*record);
  }
  return Standing::kDone;
}

FrameRecord RunFolder::look_at(const Frame& frame) const {
  FrameRecord record;
  record.scene = frame.scene;
  record.frame = frame.name;
  record.stages = names_of(contents_.stages);
  record.call = call_;
  record.made_from = seen(frame, contents_.reads);
  return record;
}

void RunFolder::sources_were_read(const Frame& frame, FrameRecord& record) const {
  hash_inputs(record.made_from);
  if (seen(frame, contents_.reads).look != record.made_from.look)
    throw FrameError(FailureReason::kUnreadable, frame.id() + ": its files changed while they were read");
}

OutputFile RunFolder::output(const std::string& path) const { return output_at(folder_, path); }

void RunFolder::write_planes(const Frame& frame, FrameRecord& record) const {
  for (const KeptPlane& kept : contents_.planes) {
    const auto at = frame.planes.find(kept.name);
    if (at == frame.planes.end()) continue;
    const std::string path = path_below(frame, kept);
    io::write_plane(folder_ / path, at->second, plane_kind(kept.name), {contents_.depth_scale, kept.name});
    record.outputs.push_back(output_at(folder_, path));
  }
  if (contents_.grouped) return;
  for (const auto& [path, bytes] : frame.files) {
    io::write_whole_file(folder_ / path, bytes);
    record.outputs.push_back(output_at(folder_, path));
  }
}

void RunFolder::record_skipped(const FrameList& frames) {
  for (const Frame& frame : frames) {
    FrameRecord record;
    record.scene = frame.scene, record.frame = frame.name;
    record.stages = {contents_.stages.back().stage};
    record.status = RowStatus::kSkipped;
    record.reason = std::string(reason_name(frame.failure)), record.detail = frame.failure_text;
    record.call = call_;
    std::lock_guard lock(mutex_);
    ledger_.record(record);
  }
}

// Scores under protocols that this call does not ask for stay with the frame, as long as they are of the same files and
// settings.
void RunFolder::carry_scores(FrameRecord& record) const {
  if (contents_.protocols.empty()) return;
  const auto before = ledger_.find(record.scene, record.frame, contents_.scoring_stage);
  if (!before || before->status != RowStatus::kOk || !settings_hold(*before, contents_.scoring_stage)) return;
  if (!equal_contents(before->made_from, record.made_from)) return;
  for (const KeptScore& score : before->scores) {
    const bool asked = std::any_of(contents_.protocols.begin(), contents_.protocols.end(),
                                   [&](const auto& p) { return p.first == score.row.protocol; });
    if (!asked) record.scores.push_back(score);
  }
}

// What was made of the frame before counts no more; whose files came out otherwise is kept in mind.
void RunFolder::supersede(const FrameRecord& record) {
  bool changed = false;
  if (record.status == RowStatus::kFailed) {
    // A frame that fails now leaves no plane of its better days, which would belong to nothing on record.
    changed = take_back_.earlier_results(record);
  } else if (record.status == RowStatus::kOk && (!contents_.planes.empty() || contents_.files)) {
    if (const auto before = ledger_.find(record.scene, record.frame, contents_.stages.back().stage))
      for (const OutputFile& old : before->outputs)
        for (const OutputFile& now : record.outputs)
          changed = changed || (old.path == now.path && now.content != old.content);
  }
  if (changed) changed_.emplace_back(record.scene, record.frame);
}

void RunFolder::record(const Frame& frame, FrameRecord record) {
  syncer_->check();
  if (frame.ok()) {
    for (const MetricRow& row : frame.metrics) {
      const auto protocol = std::find_if(contents_.protocols.begin(), contents_.protocols.end(),
                                         [&](const auto& p) { return p.first == row.protocol; });
      record.scores.push_back(
          {row, protocol == contents_.protocols.end() ? 0 : protocol_hashes_.at(protocol->first)});
    }
    for (const std::string& note : frame.notes) record.detail += (record.detail.empty() ? "" : "; ") + note;
  } else {
    record.stages = {frame.failed_stage};
    record.status = RowStatus::kFailed;
    record.reason = std::string(reason_name(frame.failure));
    record.detail = frame.failure_text;
    record.outputs.clear();
    // An earlier result of it does not stand among those of others.
    std::error_code ignored;
    if (contents_.files && !contents_.grouped)
      for (const std::string& path : contents_.files(frame)) fs::remove(folder_ / path, ignored);
  }
  std::lock_guard lock(mutex_);
  if (frame.ok()) carry_scores(record);
  supersede(record);
  ledger_.record(record);
  ++(frame.ok() ? done_ : failed_);
}

void RunFolder::finish(Call call, const FrameList& list, const WriteMetrics& write_metrics) {
  syncer_->stop();
  syncer_.reset();
  crash_notes_.reset();
  if (!changed_.empty()) take_back_.results_after(changed_, remarks_);
  call.ended = std::time(nullptr);
  call.done = done_, call.failed = failed_;
  if (!contents_.protocols.empty()) {
    NamedTexts protocols = contents_.protocols;
    ScoreTables rows = scores_of(list, ledger_, contents_.scoring_stage, protocols, remarks_);
    write_metrics(std::move(rows), protocols);
  }
  if (contents_.index_files) write_index_files(list);
  write_manifest(manifest_file(), ledger_);
  io::write_whole_file(folder_ / kSettingsFile, call.settings);
  ledger_.end_call(call);
  write_times(folder_, ledger_);
  put_derived(folder_, ledger_, index_files_);
  sync_file_system(folder_);
}

}  // namespace depthmill::run_folder
