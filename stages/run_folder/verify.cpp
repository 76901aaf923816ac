#include "stages/run_folder/verify.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "stages/io/atomic_file.h"
#include "stages/run_folder/moved.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

Ledger ledger_of(const fs::path& run, const std::vector<std::string>& stage_order) {
  Ledger ledger(run, stage_order);
  if (!ledger.exists())
    throw std::runtime_error(run.string() + ": there is no journal, so nothing is known of what lies there");
  return ledger;
}

class Verifier {
 public:
  Verifier(const fs::path& run, const std::vector<std::string>& stage_order, const VerifyOptions& options)
      : run_(run), options_(options), ledger_(ledger_of(run, stage_order)) {
    result_.damaged_lines = ledger_.dropped();
    result_.ended = ledger_.calls().empty() || ledger_.calls().back().ended > 0;
  }

  Verification run() {
    // A plane that a later call made again is that call's.
    ledger_.for_each([&](const FrameRecord& record) {
      for (const OutputFile& output : record.outputs) known_[hash_of(output.path)] = output.content;
    });
    ledger_.for_each([&](const FrameRecord& record) {
      if (record.status != RowStatus::kOk || !mine(record) || out_of_time()) return;
      look_at(record);
      ++result_.frames;
    });
    if (options_.part == 1 && !out_of_time()) {
      for (const auto& [path, content] : ledger_.tables()) {
        known_[hash_of(path)] = content;
        compare(path, -1, content, {});
      }
      for (const char* folder : {"planes", "metrics"}) walk(run_ / folder);
    }
    return std::move(result_);
  }

 private:
  bool mine(const FrameRecord& record) const {
    return options_.parts <= 1 || hash_of(record.id()) % options_.parts == options_.part - 1;
  }

  bool out_of_time() {
    if (options_.max_seconds > 0 &&
        std::chrono::steady_clock::now() - start_ > std::chrono::duration<double>(options_.max_seconds))
      result_.complete = false;
    return !result_.complete;
  }

  void find(Fault fault, const std::string& path, const FrameRecord& record) {
    result_.findings.push_back({fault, path, record.scene, record.frame, record.stages});
  }

  void compare(const std::string& path, std::int64_t size, std::uint64_t content, const FrameRecord& record) {
    ++result_.files;
    const FileLook look = look_of(run_ / path);
    if (look.size < 0) return find(Fault::kMissing, path, record);
    if ((size >= 0 && look.size != size) || content_of(run_ / path) != content)
      find(Fault::kAltered, path, record);
  }

  void look_at(const FrameRecord& record) {
    for (const OutputFile& output : record.outputs) {
      const std::uint64_t path = hash_of(output.path);
      // A file in which frames come together is read once; the first of them stands for all.
      if (known_[path] == output.content && looked_at_.insert(path).second)
        compare(output.path, output.look.size, output.content, record);
    }
    const Call* call = ledger_.find_call(record.call);
    const Moved* moved = call ? &moved_.try_emplace(call, *call, run_).first->second : nullptr;
    if (!(moved && *moved) &&
        look_again(record.made_from, call ? call->working_folder : fs::path()) == record.made_from.look)
      return;
    bool gone = false;
    for (const InputFile& input : record.made_from.inputs) {
      const fs::path file = moved ? moved->now(input.file) : input.file;
      if (look_of(file).size < 0)
        gone = true;
      else if (content_of(file) != input.content)
        return find(Fault::kStale, input.file.string(), record);
    }
    result_.gone += gone ? 1 : 0;
  }

  void walk(const fs::path& folder) {
    std::error_code absent;
    for (fs::recursive_directory_iterator at(folder, absent), end; at != end; ++at) {
      if (at->is_directory()) continue;
      const std::string path = at->path().lexically_relative(run_).string();
      if (!known_.contains(hash_of(path)))
        find(io::is_temporary(at->path()) ? Fault::kHalfWritten : Fault::kForeign, path, {});
    }
  }

  fs::path run_;
  VerifyOptions options_;
  Ledger ledger_;
  Verification result_;
  std::unordered_map<std::uint64_t, std::uint64_t> known_;  // path -> content, as hashes
  std::unordered_set<std::uint64_t> looked_at_;             // paths, as hashes
  std::map<const Call*, Moved> moved_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Verification verify(const fs::path& run, const std::vector<std::string>& stage_order,
                    const VerifyOptions& options) {
  return Verifier(run, stage_order, options).run();
}

std::vector<FrameRecord> take_off_record(const fs::path& run, const std::vector<std::string>& stage_order,
                                         const std::vector<Finding>& findings) {
  Ledger ledger = ledger_of(run, stage_order);
  ledger.take();
  if (ledger.dropped() > 0) blank_damaged_lines(ledger.file());
  std::vector<FrameRecord> taken;
  for (const Finding& finding : findings) {
    if (finding.stages.empty()) continue;
    if (auto record = ledger.find(finding.scene, finding.frame, finding.stages.front())) {
      record->stages = finding.stages;
      taken.push_back(std::move(*record));
    }
    ledger.forget_frame(finding.scene, finding.frame, finding.stages);
  }
  return taken;
}

std::size_t put_back_on_record(const fs::path& run, const std::vector<std::string>& stage_order,
                               const std::vector<FrameRecord>& taken) {
  Ledger ledger = ledger_of(run, stage_order);
  ledger.take();
  std::size_t back = 0;
  for (const FrameRecord& record : taken) {
    const bool tried = ledger.failed(record.scene, record.frame) ||
                       std::any_of(record.stages.begin(), record.stages.end(), [&](const std::string& stage) {
                         return ledger.find(record.scene, record.frame, stage).has_value();
                       });
    if (tried) continue;
    ledger.record(record);
    ++back;
  }
  return back;
}

void Progress::add(const Progress& other) {
  running = running || other.running;
  done += other.done, failed += other.failed, done_before += other.done_before;
  damaged_lines += other.damaged_lines;
  if (other.running) frames_per_second += other.frames_per_second;
  for (const auto& [stage, count] : other.stages) {
    Count& mine = stages[stage];
    mine.ok += count.ok, mine.failed += count.failed, mine.skipped += count.skipped;
  }
  for (const auto& [reason, of] : other.reasons) {
    Reason& mine = reasons[reason];
    if (mine.frames == 0) mine.example = of.example;
    mine.frames += of.frames;
  }
}

double Progress::seconds_left() const {
  const std::size_t over = done_before + done + failed;
  return running && frames_per_second > 0 && last.frames > over
             ? static_cast<double>(last.frames - over) / frames_per_second
             : 0;
}

Progress progress_of(const fs::path& run, const std::vector<std::string>& stage_order) {
  const Ledger ledger = ledger_of(run, stage_order);
  Progress progress;
  progress.damaged_lines = ledger.dropped();
  if (!ledger.calls().empty()) progress.last = ledger.calls().back();
  progress.running = progress.last.ended == 0 && in_other_hands(ledger.file());
  ledger.for_each([&](const FrameRecord& record) {
    if (record.call == progress.last.id)
      ++(record.status == RowStatus::kFailed ? progress.failed : progress.done);
    for (const std::string& stage : record.stages) {
      Progress::Count& count = progress.stages[stage];
      ++(record.status == RowStatus::kOk       ? count.ok
         : record.status == RowStatus::kFailed ? count.failed
                                               : count.skipped);
    }
    if (record.status != RowStatus::kFailed) return;
    Progress::Reason& reason = progress.reasons[record.reason];
    if (++reason.frames == 1) reason.example = record.detail;
  });
  progress.done_before = progress.last.done_before;
  const std::int64_t until = progress.last.ended > 0 ? progress.last.ended : std::time(nullptr);
  const auto seconds = static_cast<double>(until - progress.last.started);
  if (seconds > 0)
    progress.frames_per_second = static_cast<double>(progress.done + progress.failed) / seconds;
  return progress;
}

}  // namespace depthmill::run_folder
