#include "stages/run_folder/manifest.h"

#include <algorithm>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/text_file.h"

namespace depthmill::run_folder {
namespace {

const std::vector<std::string> kHeader{"scene", "frame", "stage", "status", "reason", "detail"};

// The status's spelling, in the order of the enumeration.
constexpr std::string_view kStatusNames[] = {"ok", "failed", "skipped"};

std::string line_of(const ManifestRow& row) {
  const std::string status(kStatusNames[static_cast<std::size_t>(row.status)]);
  const std::vector<std::string> cells{row.scene, row.frame, row.stage, status, row.reason, row.detail};
  return io::csv_line(cells);
}

RowStatus status_of(const io::CsvTable& table, std::size_t row) {
  const std::string& text = table.rows[row][3];
  const auto at = std::find(std::begin(kStatusNames), std::end(kStatusNames), text);
  if (at == std::end(kStatusNames))
    throw io::TextFileError(table.file, table.lines[row],
                            "status '" + text + "' is none of ok, failed, skipped");
  return static_cast<RowStatus>(at - std::begin(kStatusNames));
}

}  // namespace

Manifest::Manifest(std::filesystem::path file, std::vector<std::string> stage_order)
    : file_(std::move(file)), stage_order_(std::move(stage_order)) {
  if (!std::filesystem::exists(file_)) return;
  std::string text = io::read_text_file(file_);
  // Every row ends with a line break; what follows the last one is a row that a kill has torn.
  text.erase(text.rfind('\n') + 1);
  if (text.empty()) return;
  const io::CsvTable table = io::parse_csv(text, file_);
  if (table.header != kHeader)
    throw std::runtime_error(file_.string() + ":1: this is not a manifest (columns " + io::csv_line(kHeader) +
                             " expected)");
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i];
    rows_[key(cells[0], cells[1], cells[2])] = {cells[0], cells[1], cells[2], status_of(table, i),
                                                cells[4], cells[5]};
  }
}

Manifest::Key Manifest::key(const std::string& scene, const std::string& frame,
                            const std::string& stage) const {
  const auto rank = std::find(stage_order_.begin(), stage_order_.end(), stage) - stage_order_.begin();
  return {scene, frame, static_cast<std::size_t>(rank), stage};
}

const ManifestRow* Manifest::find(const std::string& scene, const std::string& frame,
                                  const std::string& stage) const {
  auto it = rows_.find(key(scene, frame, stage));
  return it == rows_.end() ? nullptr : &it->second;
}

bool Manifest::all_ok(const Frame& frame, std::span<const std::string> stages) const {
  return std::all_of(stages.begin(), stages.end(), [&](const std::string& stage) {
    const ManifestRow* row = find(frame.scene, frame.name, stage);
    return row && row->status == RowStatus::kOk;
  });
}

bool Manifest::has_done(const std::string& stage) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const auto& entry) {
    return entry.second.stage == stage && entry.second.status == RowStatus::kOk;
  });
}

void Manifest::record(std::span<const ManifestRow> rows) {
  if (!append_.is_open()) {
    finish();  // the rows so far, whole, before anything is appended behind a torn line
    append_.open(file_, std::ios::binary | std::ios::app);
  }
  // What went wrong for a frame before is answered by what happened to it now.
  for (const ManifestRow& row : rows) forget_failures(row.scene, row.frame);
  for (const ManifestRow& row : rows) {
    append_ << line_of(row) << '\n';
    rows_[key(row.scene, row.frame, row.stage)] = row;
  }
  append_.flush();
  if (!append_) throw std::runtime_error(file_.string() + ": cannot be written (is the disk full?)");
}

void Manifest::forget_failures(const std::string& scene, const std::string& frame) {
  for (auto it = rows_.lower_bound({scene, frame, 0, ""});
       it != rows_.end() && it->second.scene == scene && it->second.frame == frame;)
    it = it->second.status == RowStatus::kFailed ? rows_.erase(it) : std::next(it);
}

void Manifest::forget(std::span<const std::string> stages) {
  std::erase_if(rows_, [&](const auto& entry) {
    return std::find(stages.begin(), stages.end(), entry.second.stage) != stages.end();
  });
}

void Manifest::finish() {
  append_.close();
  std::string text = io::csv_line(kHeader) + "\n";
  for (const auto& [ignored, row] : rows_) text += line_of(row) + "\n";
  io::write_whole_file(file_, text);
}

std::vector<ManifestRow> rows_of(const Frame& frame, std::span<const std::string> stages) {
  if (!frame.ok())
    return {{frame.scene, frame.name, frame.failed_stage, RowStatus::kFailed,
             std::string(reason_name(frame.failure)), frame.failure_text}};
  std::vector<ManifestRow> rows;
  for (const auto& stage : stages) rows.push_back({frame.scene, frame.name, stage, RowStatus::kOk, "", ""});
  std::string remarks;
  for (const auto& note : frame.notes) remarks += (remarks.empty() ? "" : "; ") + note;
  if (!rows.empty()) rows.front().detail = remarks;
  return rows;
}

}  // namespace depthmill::run_folder
