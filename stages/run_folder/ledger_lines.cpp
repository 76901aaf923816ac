#include "stages/run_folder/ledger_lines.h"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "stages/io/csv.h"

namespace depthmill::run_folder {
namespace {

using Cells = std::vector<std::string>;

std::int64_t whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("no whole number");
  return value;
}

std::size_t count_in(const std::string& text) {
  const std::int64_t value = whole(text);
  if (value < 0) throw std::invalid_argument("no number of things");
  return static_cast<std::size_t>(value);
}

// Cells behind the fixed ones: "tag:value", in any order, so that old journals stay readable.
void add_tagged(JournalCells& cells, const char* tag, const Cells& values) {
  cells.push_back(std::string(tag) + ":" + io::csv_line(values));
}
void add_text(JournalCells& cells, const char* tag, const std::string& text) {
  if (!text.empty()) cells.push_back(std::string(tag) + ":" + text);
}

struct Tagged {
  std::string_view tag, text;  // of the cell
  Cells values() const { return io::split_csv_line(text); }
};

Tagged tagged(std::string_view cell) {
  const auto colon = cell.find(':');
  if (colon == std::string_view::npos) throw std::invalid_argument("no tag");
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
  if (!values[1].empty()) {
    score.row.range = DepthRange{io::parse_number(values[1]), io::parse_number(values[2])};
    // Written again, what is no number would be nothing, and the scores of a range those of the whole image.
    if (std::isnan(score.row.range->from) || std::isnan(score.row.range->to))
      throw std::invalid_argument("no range of depth");
  }
  score.protocol = parse_hash(values[3]);
  score.row.valid_pixels = count_in(values[4]);
  score.row.note = values[5];
  for (std::size_t i = 6; i < values.size(); i += 2)
    score.row.values.emplace_back(values[i], io::parse_number(values[i + 1]));
  return score;
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

namespace {

std::optional<FrameRecord> read_record(const JournalCells& cells, bool whole) try {
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
    if (cell.tag == "reason") record.reason = cell.text;
    if (cell.tag == "detail") record.detail = cell.text;
    if (cell.tag == "in") record.made_from.inputs.push_back(input_of(cell.values(), record.made_from.inputs));
    if (!whole) continue;
    if (cell.tag == "out") record.outputs.push_back(output_of(cell.values()));
    if (cell.tag == "score") record.scores.push_back(score_of(cell.values()));
  }
  return record;
} catch (const std::exception&) {  // a line with a right checksum by another version of the program
  return std::nullopt;
}

}  // namespace

std::optional<FrameRecord> record_of(const JournalCells& cells) { return read_record(cells, true); }
std::optional<FrameRecord> heading_of(const JournalCells& cells) { return read_record(cells, false); }

JournalCells cells_of(const Call& call) {
  JournalCells cells{"call", call.id};
  add_text(cells, "program", call.program);
  add_text(cells, "host", call.host);
  add_text(cells, "job", call.job);
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
    if (cell.tag == "job") call.job = cell.text;
    if (cell.tag == "folder") call.working_folder = std::string(cell.text);
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
      const auto number = [&](std::size_t k) { return count_in(v.at(k)); };
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

JournalCells cells_of(const SyncMark& mark) {
  return {"synced", std::to_string(mark.to), std::to_string(mark.done), std::to_string(mark.failed),
          std::to_string(mark.time)};
}

SyncMark mark_of(const JournalCells& cells) {
  return {count_in(cells.at(1)), count_in(cells.at(2)), count_in(cells.at(3)), whole(cells.at(4))};
}

JournalCells cells_of_tables(std::span<const OutputFile> tables) {
  JournalCells cells{"tables"};
  for (const OutputFile& table : tables) cells.push_back(io::csv_line(values_of(table)));
  return cells;
}

std::vector<OutputFile> tables_of(const JournalCells& cells) {
  std::vector<OutputFile> tables;
  for (std::size_t i = 1; i < cells.size(); ++i) tables.push_back(output_of(io::split_csv_line(cells[i])));
  return tables;
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

Bound bound_of(std::span<const StepTime> times) {
  constexpr double kSerial = 0.8;  // of the wall time
  struct Group {
    const char* by;
    double seconds = 0, longest = -1;
    std::string step = {};
  };
  Group reading{"reading"}, computing{"computing"}, writing{"writing"}, recording{"recording"};
  double all = 0, wall = 0;
  for (const StepTime& time : times) {
    if (time.name == "wall") {
      wall = time.seconds;
      continue;
    }
    Group& group = time.name == "read"     ? reading
                   : time.name == "write"  ? writing
                   : time.name == "record" ? recording
                                           : computing;
    all += time.seconds;
    group.seconds += time.seconds;
    if (time.seconds > group.longest) group.longest = time.seconds, group.step = time.name;
  }
  if (!(all > 0)) return {};
  const Group* most = &computing;
  for (const Group* group : {&reading, &writing})
    if (group->seconds > most->seconds) most = group;
  if (recording.seconds >= kSerial * wall && wall > 0) most = &recording;
  return {most->by, most->step, most->seconds / all};
}

}  // namespace depthmill::run_folder
