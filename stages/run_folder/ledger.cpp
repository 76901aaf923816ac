#include "stages/run_folder/ledger.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <stdexcept>

#include "stages/io/csv.h"
#include "stages/run_folder/host.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNoStage = static_cast<std::size_t>(-1);
// A file system without locks: a call whose last word is older than this is dead.
constexpr std::int64_t kSilence = 60;

using Cells = std::vector<std::string>;

std::int64_t whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("no whole number");
  return value;
}

// Cells behind the fixed ones: "tag:value", in any order, so that old journals stay readable.
void add_tagged(JournalCells& cells, const char* tag, const Cells& values) {
  cells.push_back(std::string(tag) + ":" + io::csv_line(values));
}
void add_text(JournalCells& cells, const char* tag, const std::string& text) {
  if (!text.empty()) cells.push_back(std::string(tag) + ":" + text);
}

struct Tagged {
  std::string tag, text;
  Cells values() const { return io::split_csv_line(text); }
};

Tagged tagged(const std::string& cell) {
  const auto colon = cell.find(':');
  if (colon == std::string::npos) throw std::invalid_argument("no tag");
  return {cell.substr(0, colon), cell.substr(colon + 1)};
}

Cells split(const std::string& text, char at) {
  Cells parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string joined(const Cells& parts, char with) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(1, with)) + part;
  return text;
}

// An input lies mostly in the folder of the one before it, which is not said again. Paths come back to the byte.
void add_inputs(JournalCells& cells, const std::vector<InputFile>& inputs) {
  std::string before;
  for (const InputFile& input : inputs) {
    const std::string& path = input.file.native();
    const std::size_t length = path.rfind('/') + 1;  // npos + 1 is 0
    const std::string folder = path.substr(0, length);
    const bool same = &input != &inputs.front() && folder == before;
    add_tagged(cells, "in",
               {input.plane, same ? "=" : folder, path.substr(length), hash_text(input.content)});
    before = folder;
  }
}

InputFile input_of(const Cells& values, const std::vector<InputFile>& before) {
  if (values.size() != 4 || (values[1] == "=" && before.empty())) throw std::invalid_argument("no input");
  std::string folder = values[1];
  if (folder == "=") {
    const std::string& path = before.back().file.native();
    folder = path.substr(0, path.rfind('/') + 1);
  }
  return {values[0], folder + values[2], parse_hash(values[3])};
}

OutputFile output_of(const Cells& values) {
  if (values.size() != 5) throw std::invalid_argument("no output");
  return {values[0], {whole(values[1]), whole(values[2]), whole(values[3])}, parse_hash(values[4])};
}

Cells values_of(const OutputFile& output) {
  return {output.path, std::to_string(output.look.size), std::to_string(output.look.time),
          std::to_string(output.look.changed), hash_text(output.content)};
}

Cells values_of(const KeptScore& score) {
  const auto& range = score.row.range;
  Cells values{score.row.protocol,
               range ? io::format_number(range->from) : "",
               range ? io::format_number(range->to) : "",
               hash_text(score.protocol),
               std::to_string(score.row.valid_pixels),
               score.row.note};
  for (const auto& [name, value] : score.row.values) {
    values.push_back(name);
    values.push_back(io::format_number(value));
  }
  return values;
}

KeptScore score_of(const Cells& values) {
  if (values.size() < 6 || values.size() % 2 != 0) throw std::invalid_argument("no score");
  KeptScore score;
  score.row.protocol = values[0];
  if (!values[1].empty())
    score.row.range = DepthRange{io::parse_number(values[1]), io::parse_number(values[2])};
  score.protocol = parse_hash(values[3]);
  score.row.valid_pixels = static_cast<std::size_t>(whole(values[4]));
  score.row.note = values[5];
  for (std::size_t i = 6; i < values.size(); i += 2)
    score.row.values.emplace_back(values[i], io::parse_number(values[i + 1]));
  return score;
}

JournalCells cells_of(const Call& call) {
  JournalCells cells{"call", call.id};
  add_text(cells, "program", call.program);
  add_text(cells, "host", call.host);
  add_tagged(cells, "when",
             {std::to_string(call.process), std::to_string(call.started), std::to_string(call.ended)});
  add_text(cells, "folder", call.working_folder.string());
  add_tagged(cells, "arguments", call.arguments);
  for (const StageSettings& stage : call.stages) {
    add_tagged(cells, "stage", {stage.stage, joined(stage.reads, ' '), joined(stage.adds, ' ')});
    for (const auto& [name, value] : stage.values) add_tagged(cells, "set", {name, value});
  }
  for (const auto& [name, text] : call.protocols) add_tagged(cells, "protocol", {name, text});
  add_tagged(cells, "frames",
             {std::to_string(call.frames), std::to_string(call.done_before), std::to_string(call.done),
              std::to_string(call.failed)});
  for (const auto& [step, seconds] : call.times)
    add_tagged(cells, "time", {step, io::format_number(seconds)});
  add_text(cells, "settings", call.settings);
  return cells;
}

Call call_of(const JournalCells& cells) {
  Call call;
  call.id = cells.at(1);
  for (std::size_t i = 2; i < cells.size(); ++i) {
    const Tagged cell = tagged(cells[i]);
    if (cell.tag == "program") call.program = cell.text;
    if (cell.tag == "host") call.host = cell.text;
    if (cell.tag == "folder") call.working_folder = cell.text;
    if (cell.tag == "settings") call.settings = cell.text;
    if (cell.tag == "arguments") call.arguments = cell.values();
    if (cell.tag == "protocol") {
      const Cells v = cell.values();
      call.protocols.emplace_back(v.at(0), v.at(1));
    }
    if (cell.tag == "when") {
      const Cells v = cell.values();
      call.process = whole(v.at(0)), call.started = whole(v.at(1)), call.ended = whole(v.at(2));
    }
    if (cell.tag == "frames") {
      const Cells v = cell.values();
      const auto number = [&](std::size_t k) { return static_cast<std::size_t>(whole(v.at(k))); };
      call.frames = number(0), call.done_before = number(1), call.done = number(2), call.failed = number(3);
    }
    if (cell.tag == "stage") {
      const Cells v = cell.values();
      call.stages.push_back({v.at(0), {}, split(v.at(1), ' '), split(v.at(2), ' ')});
    }
    if (cell.tag == "set" && !call.stages.empty()) {
      const Cells v = cell.values();
      call.stages.back().values.emplace_back(v.at(0), v.at(1));
    }
    if (cell.tag == "time") {
      const Cells v = cell.values();
      call.times.push_back({v.at(0), io::parse_number(v.at(1))});
    }
  }
  return call;
}

FrameRecord crash_of(const JournalCells& cells) {
  FrameRecord record;
  record.scene = cells.at(1), record.frame = cells.at(2), record.stages = {cells.at(3)},
  record.call = cells.at(4);
  record.made_from.look = parse_hash(cells.at(5));
  record.alone = cells.at(6) == "alone";
  record.status = RowStatus::kFailed;
  record.reason = kCrashReason;
  record.detail = record.id() + ": the program crashed in " + cells.at(3) +
                  (record.alone ? " while it worked on this frame"
                                : " while it worked on this frame and others; it is tried alone next time");
  return record;
}

}  // namespace

JournalCells cells_of(const FrameRecord& record) {
  JournalCells cells{"frame",
                     record.scene,
                     record.frame,
                     std::string(status_name(record.status)),
                     joined(record.stages, ' '),
                     record.call,
                     hash_text(record.made_from.look),
                     hash_text(record.made_from.meaning)};
  add_inputs(cells, record.made_from.inputs);
  for (const OutputFile& output : record.outputs) add_tagged(cells, "out", values_of(output));
  for (const KeptScore& score : record.scores) add_tagged(cells, "score", values_of(score));
  add_text(cells, "reason", record.reason);
  add_text(cells, "detail", record.detail);
  return cells;
}

std::optional<FrameRecord> record_of(const JournalCells& cells) try {
  if (cells.empty()) return std::nullopt;
  if (cells[0] == "crashed") return crash_of(cells);
  if (cells[0] != "frame") return std::nullopt;
  FrameRecord record;
  record.scene = cells.at(1);
  record.frame = cells.at(2);
  const auto status = find_status(cells.at(3));
  if (!status) return std::nullopt;
  record.status = *status;
  record.stages = split(cells.at(4), ' ');
  record.call = cells.at(5);
  record.made_from.look = parse_hash(cells.at(6));
  record.made_from.meaning = parse_hash(cells.at(7));
  for (std::size_t i = 8; i < cells.size(); ++i) {
    const Tagged cell = tagged(cells[i]);
    if (cell.tag == "in") record.made_from.inputs.push_back(input_of(cell.values(), record.made_from.inputs));
    if (cell.tag == "out") record.outputs.push_back(output_of(cell.values()));
    if (cell.tag == "score") record.scores.push_back(score_of(cell.values()));
    if (cell.tag == "reason") record.reason = cell.text;
    if (cell.tag == "detail") record.detail = cell.text;
  }
  return record;
} catch (const std::exception&) {  // a line with a right checksum by another version of the program
  return std::nullopt;
}

const StageSettings* Call::find(std::string_view stage) const {
  for (const StageSettings& one : stages)
    if (one.stage == stage) return &one;
  return nullptr;
}

std::string Call::command_line() const {
  std::string line = "depthmill";
  for (const std::string& word : arguments) {
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#!~") == std::string::npos;
    line += ' ';
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

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
  reading_ = {};
  synced_to_ = 0;
  mark_ = {};
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
  // What went wrong for the frame before is answered by what happened to it now.
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    const auto old = entries_.find(key(record.scene, record.frame, stage));
    if (old != entries_.end() && old->second.is(RowStatus::kFailed)) entries_.erase(old);
  }
  // A failure leaves nothing done of what the call was to do.
  if (record.status == RowStatus::kFailed)
    if (const Call* call = find_call(record.call))
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
    if (const auto record = record_of(cells))
      index(*record, at);
    else
      ++reading_.dropped;
  } else if (kind == "call") {
    Call call = call_of(cells);
    const auto known =
        std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.id == call.id; });
    mark_ = {call.done, call.failed, std::max(call.started, call.ended)};
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
    synced_to_ = static_cast<std::uint64_t>(whole(cells.at(1)));
    mark_ = {static_cast<std::size_t>(whole(cells.at(2))), static_cast<std::size_t>(whole(cells.at(3))),
             whole(cells.at(4))};
  } else if (kind == "tables") {
    tables_.clear();
    for (std::size_t i = 1; i < cells.size(); ++i) {
      const OutputFile table = output_of(io::split_csv_line(cells[i]));
      tables_[table.path] = table.content;
    }
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

bool Ledger::has_done(std::string_view stage) const {
  const std::size_t number = stage_number(stage);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& e) { return e.second.stage == number && e.second.is(RowStatus::kOk); });
}

std::optional<FrameRecord> Ledger::counted(std::uint64_t at, const JournalCells& cells) const {
  auto record = record_of(cells);
  if (!record) return std::nullopt;
  std::erase_if(record->stages, [&](const std::string& stage) {
    const Entry* one = entry(record->scene, record->frame, stage);
    return !one || one->at != at;
  });
  if (record->stages.empty()) return std::nullopt;
  return record;
}

void Ledger::for_each(const std::function<void(const FrameRecord&)>& visit) const {
  if (!journal_) return;
  read_journal(file(), [&](std::uint64_t at, const JournalCells& cells) {
    if (const auto record = counted(at, cells)) visit(*record);
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
    if (const auto record = counted(at, cells))
      places.push_back({record->scene + '\0' + record->frame, stage_number(record->stages.front()), at});
  });
  std::sort(places.begin(), places.end());
  for (const Place& place : places)
    if (const auto record = counted(place.at, journal_->at(place.at))) visit(*record);
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

void Ledger::take() {
  fs::create_directories(run_);
  auto journal = std::make_unique<Journal>(file(), Journal::Open::kWrite);
  const Journal::Lock lock = journal->lock();
  const Call* last = calls_.empty() ? nullptr : &calls_.back();
  bool busy = lock == Journal::Lock::kBusy;
  if (lock == Journal::Lock::kNoLocks && last && last->ended == 0) {
    const bool here = last->host == host_name();
    busy = here ? process_lives(last->process) : std::time(nullptr) - mark_.time < kSilence;
  }
  if (busy) {
    std::string who = "another process";
    if (last && last->ended == 0)
      who = "process " + std::to_string(last->process) + " on " + last->host + ", since " +
            time_text(last->started) + " (" + last->command_line() + ")";
    throw BusyError(run_.string() + ": " + who +
                    " works on this folder; wait until it has ended, or take another --out");
  }
  // Another call may have worked on it between the reading and the lock.
  journal_ = std::move(journal);
  if (fs::file_size(file()) != read_to_) read();
}

void Ledger::append(const JournalCells& cells) {
  const std::uint64_t at = journal_->append(cells);
  take_line(at, cells);
}

void Ledger::begin_call(const Call& call) { append(cells_of(call)); }

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

void Ledger::put_tables(std::span<const OutputFile> tables) {
  JournalCells cells{"tables"};
  for (const OutputFile& table : tables) cells.push_back(io::csv_line(values_of(table)));
  append(cells);
}

void Ledger::mark_synced(std::uint64_t to, std::size_t done, std::size_t failed) {
  append({"synced", std::to_string(to), std::to_string(done), std::to_string(failed),
          std::to_string(std::time(nullptr))});
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
