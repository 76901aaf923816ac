#include "stages/run_folder/ledger.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "stages/run_folder/host.h"
#include "stages/run_folder/lease.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNoStage = static_cast<std::size_t>(-1);
bool share_a_stage(const Call& a, const Call& b) {
  return std::any_of(a.stages.begin(), a.stages.end(),
                     [&](const StageSettings& stage) { return b.find(stage.stage) != nullptr; });
}

}  // namespace

Ledger::Ledger(fs::path run, std::vector<std::string> stage_order)
    : run_(std::move(run)), stages_(std::move(stage_order)) {
  std::error_code ignored;
  if (!fs::exists(file(), ignored)) return;
  journal_ = std::make_unique<Journal>(file(), Journal::Open::kRead);
  read();
}

void Ledger::read() {
  entries_.clear();
  calls_.clear();
  tables_.clear();
  replaced_.clear();
  reading_ = {};
  synced_to_ = 0;
  last_sign_ = 0;
  std::size_t unknown = 0;
  const JournalReading reading = read_journal(file(), [&](std::uint64_t at, const JournalCells& cells) {
    const std::size_t before = reading_.dropped;
    take_line(at, cells);
    unknown += reading_.dropped - before;
  });
  reading_ = reading;
  reading_.dropped += unknown;
  read_to_ = reading.bytes;
}

Ledger::~Ledger() = default;

std::uint64_t Ledger::key(std::string_view scene, std::string_view frame, std::size_t stage) const {
  // A name holds no NUL.
  std::string text;
  text.reserve(scene.size() + frame.size() + 2);
  text.append(scene).push_back('\0');
  text.append(frame).push_back(static_cast<char>(stage));
  return hash_of(text);
}

std::size_t Ledger::stage_number(std::string_view stage) const {
  const auto at = std::find(stages_.begin(), stages_.end(), stage);
  return at == stages_.end() ? kNoStage : static_cast<std::size_t>(at - stages_.begin());
}

std::size_t Ledger::add_stage(std::string_view stage) {
  const std::size_t number = stage_number(stage);
  if (number != kNoStage) return number;
  stages_.emplace_back(stage);
  return stages_.size() - 1;
}

void Ledger::index(const FrameRecord& record, std::uint64_t at) {
  const Call* call = find_call(record.call);
  // What went wrong for the frame before is answered by what a call with the same work makes of it now.
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    const auto old = entries_.find(key(record.scene, record.frame, stage));
    if (old == entries_.end() || !old->second.is(RowStatus::kFailed)) continue;
    const auto failed = heading_of(journal_->at(old->second.at));
    if (const Call* before = failed ? find_call(failed->call) : nullptr;
        !before || !call || before == call || share_a_stage(*before, *call))
      entries_.erase(old);
  }
  // A failure leaves nothing done of what the call was to do.
  if (record.status == RowStatus::kFailed)
    if (call)
      for (const StageSettings& stage : call->stages)
        entries_.erase(key(record.scene, record.frame, add_stage(stage.stage)));
  for (const std::string& stage : record.stages) {
    const std::size_t number = add_stage(stage);
    entries_[key(record.scene, record.frame, number)] = {at, number,
                                                         static_cast<std::uint64_t>(record.status)};
  }
}

void Ledger::take_line(std::uint64_t at, const JournalCells& cells) try {
  const std::string& kind = cells.at(0);
  if (kind == "frame" || kind == "crashed") {
    const auto record = heading_of(cells);
    if (!record)
      ++reading_.dropped;
    else if (!replaced_.contains(record->call))
      index(*record, at);
  } else if (kind == "call") {
    Call call = call_of(cells);
    const auto known =
        std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.id == call.id; });
    last_sign_ = std::max(call.started, call.ended);
    if (call.ended > 0) synced_to_ = at;
    if (known == calls_.end())
      calls_.push_back(std::move(call));
    else
      *known = std::move(call);
  } else if (kind == "forget" && cells.size() > 3) {
    for (std::size_t i = 3; i < cells.size(); ++i)
      entries_.erase(key(cells[1], cells[2], add_stage(cells[i])));
  } else if (kind == "forget-all") {
    for (std::size_t i = 1; i < cells.size(); ++i)
      std::erase_if(entries_,
                    [stage = add_stage(cells[i])](const auto& e) { return e.second.stage == stage; });
  } else if (kind == "synced") {
    const SyncMark mark = mark_of(cells);
    synced_to_ = mark.to;
    last_sign_ = mark.time;
  } else if (kind == "lease" && cells.size() == 3 && !cells[2].empty()) {
    replaced_.insert(cells[2]);
  } else if (kind == "tables") {
    tables_.clear();
    for (const OutputFile& table : tables_of(cells)) tables_[table.path] = table.content;
  }
} catch (const std::exception&) {
  ++reading_.dropped;
}

const Ledger::Entry* Ledger::entry(std::string_view scene, std::string_view frame,
                                   std::string_view stage) const {
  const std::size_t number = stage_number(stage);
  const auto at = number == kNoStage ? entries_.end() : entries_.find(key(scene, frame, number));
  return at == entries_.end() ? nullptr : &at->second;
}

std::optional<FrameRecord> Ledger::find(std::string_view scene, std::string_view frame,
                                        std::string_view stage) const {
  const Entry* one = entry(scene, frame, stage);
  if (!one) return std::nullopt;
  auto record = record_of(journal_->at(one->at));
  // Two names may have one hash.
  if (record && (record->scene != scene || record->frame != frame)) record.reset();
  return record;
}

bool Ledger::durable(std::string_view scene, std::string_view frame, std::string_view stage) const {
  const Entry* one = entry(scene, frame, stage);
  return one && one->at < synced_to_;
}

bool Ledger::knows(std::string_view scene, std::string_view frame) const {
  return std::any_of(stages_.begin(), stages_.end(),
                     [&](const std::string& stage) { return entry(scene, frame, stage) != nullptr; });
}

bool Ledger::failed(std::string_view scene, std::string_view frame) const {
  return std::any_of(stages_.begin(), stages_.end(), [&](const std::string& stage) {
    const Entry* one = entry(scene, frame, stage);
    return one && one->is(RowStatus::kFailed);
  });
}

bool Ledger::has_done(std::string_view stage) const {
  const std::size_t number = stage_number(stage);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& e) { return e.second.stage == number && e.second.is(RowStatus::kOk); });
}

// Leaves the stages for which the line counts; false when there is none.
bool Ledger::count(FrameRecord& record, std::uint64_t at) const {
  std::erase_if(record.stages, [&](const std::string& stage) {
    const Entry* one = entry(record.scene, record.frame, stage);
    return !one || one->at != at;
  });
  return !record.stages.empty();
}

void Ledger::for_each(const std::function<void(const FrameRecord&)>& visit) const {
  if (!journal_) return;
  read_journal(file(), [&](std::uint64_t at, const JournalCells& cells) {
    if (auto record = record_of(cells); record && count(*record, at)) visit(*record);
  });
}

void Ledger::for_each_in_order(const std::function<void(const FrameRecord&)>& visit) const {
  if (!journal_) return;
  struct Place {
    std::string name;  // scene and frame with a NUL between: sorts as the pair does
    std::size_t rank;  // of its first stage
    std::uint64_t at;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  places.reserve(entries_.size());
  read_journal(file(), [&](std::uint64_t at, const JournalCells& cells) {
    if (auto record = heading_of(cells); record && count(*record, at))
      places.push_back({record->scene + '\0' + record->frame, stage_number(record->stages.front()), at});
  });
  std::sort(places.begin(), places.end());
  for (const Place& place : places)
    if (auto record = heading_of(journal_->at(place.at)); record && count(*record, place.at)) visit(*record);
}

const Call* Ledger::find_call(std::string_view id) const {
  // Nearly always the last one.
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call)
    if (call->id == id) return &*call;
  return nullptr;
}

const Call* Ledger::last_call_of(std::string_view stage) const {
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call)
    if (call->find(stage)) return &*call;
  return nullptr;
}

// One that gave way has ended when it began, and says nothing about the one before it.
const Call* Ledger::last_at_work() const {
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call)
    if (call->ended != call->started) return &*call;
  return nullptr;
}

void Ledger::take() {
  std::error_code error;
  fs::create_directories(run_, error);
  if (error) throw std::runtime_error(run_.string() + ": the folder cannot be made: " + error.message());
  auto journal = std::make_unique<Journal>(file(), Journal::Open::kWrite);
  const Journal::Lock lock = journal->lock();
  journal_ = std::move(journal);
  // Another call may have begun between the reading and the lock; it counts for what follows.
  if (fs::file_size(file()) != read_to_) read();
  const Call* last = last_at_work();
  bool busy = lock == Journal::Lock::kBusy;
  leased_ = lock == Journal::Lock::kNoLocks || !locks_reach_everyone(file());
  if (!busy && leased_ && last && last->ended == 0) {
    const bool here = last->host == host_name();
    // A lock of this machine's own has told already of processes here.
    busy = here ? lock == Journal::Lock::kNoLocks && process_lives(last->process)
                : std::time(nullptr) - last_sign_ < kSilence;
  }
  if (busy) {
    const std::string who = last && last->ended == 0 ? who_text(*last) : "another process";
    journal_ = std::make_unique<Journal>(file(), Journal::Open::kRead);  // and the lock goes
    throw BusyError(run_.string() + ": " + who +
                    " works on this folder; wait until it has ended, or take another --out");
  }
}

std::uint64_t Ledger::append(const JournalCells& cells) {
  // What has grown is in other hands, too.
  if (leased_ && !own_call_.empty() && fs::file_size(file()) != journal_->end())
    if (const auto taker = taken_over(file(), journal_->end(), own_call_))
      throw std::runtime_error(run_.string() + ": was taken over by " + who_text(*taker) +
                               ", as this process had given no sign of life for " + std::to_string(kSilence) +
                               " s; it leaves the folder to that one");
  const std::uint64_t at = journal_->append(cells);
  take_line(at, cells);
  return at;
}

void Ledger::take_over(const Call& call) { append(cells_of(call)); }

void Ledger::begin_call(const Call& call) {
  if (!leased_) {
    append(cells_of(call));
    return;
  }
  const Call* before = last_at_work();
  const std::string instead_of = !before || before->ended > 0 ? "" : before->id;
  const std::uint64_t seen = read_to_;
  append(cells_of(call));
  append(lease_cells(call.id, instead_of));
  own_call_ = call.id;
  journal_->sync();
  // Did another one begin at the same time, and stand before?
  std::this_thread::sleep_for(std::chrono::seconds(kSettling));
  if (const auto other = who_began_before(file(), seen, call.id)) {
    Call given_up = call;
    given_up.ended = given_up.started;
    append(cells_of(given_up));
    throw BusyError(run_.string() + ": " + *other + " works on this folder; it began at the same time");
  }
}

void Ledger::end_call(const Call& call) {
  append(cells_of(call));
  journal_->sync();
}

void Ledger::record(const FrameRecord& record) { append(cells_of(record)); }

void Ledger::forget(std::span<const std::string> stages) {
  JournalCells cells{"forget-all"};
  cells.insert(cells.end(), stages.begin(), stages.end());
  append(cells);
}

void Ledger::forget_frame(const std::string& scene, const std::string& frame,
                          std::span<const std::string> stages) {
  JournalCells cells{"forget", scene, frame};
  cells.insert(cells.end(), stages.begin(), stages.end());
  append(cells);
}

void Ledger::put_tables(std::span<const OutputFile> tables) { append(cells_of_tables(tables)); }

void Ledger::mark_synced(std::uint64_t to, std::size_t done, std::size_t failed) {
  append(cells_of(SyncMark{to, done, failed, std::time(nullptr)}));
  journal_->sync();
}

std::optional<Call> last_call(const fs::path& run) {
  const fs::path file = run / kJournalFile;
  std::error_code absent;
  const std::uintmax_t size = fs::file_size(file, absent);
  if (absent) return std::nullopt;
  std::optional<Call> last;
  const auto take = [&](std::uint64_t, const JournalCells& cells) {
    try {
      if (cells.at(0) == "call") last = call_of(cells);
    } catch (const std::exception&) {  // another version's
    }
  };
  // A call that has ended stands at the end.
  constexpr std::uintmax_t kTail = std::uintmax_t{1} << 18;
  read_journal(file, take, size > kTail ? size - kTail : 0);
  if (!last && size > kTail) read_journal(file, take);
  return last;
}

}  // namespace depthmill::run_folder
