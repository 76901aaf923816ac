#include "stages/run_folder/manifest.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/text_file.h"
#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kHeader{"scene", "frame", "stage", "status", "reason", "detail", "inputs"};
const std::vector<std::string> kEarlierHeader(kHeader.begin(), kHeader.end() - 1);
constexpr std::string_view kStatusNames[] = {"ok", "failed", "skipped"};

// A row is a line, for tools that go by lines.
std::string line_of(const std::vector<std::string>& cells) {
  std::string line = io::csv_line(cells);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

// The files that it was made from, each once, in the order of their planes.
std::string inputs_of(const FrameRecord& record) {
  std::vector<std::string> files;
  for (const InputFile& input : record.made_from.inputs)
    if (const std::string file = input.file.string();
        std::find(files.begin(), files.end(), file) == files.end())
      files.push_back(file);
  std::string text;
  for (const std::string& file : files) text += (text.empty() ? "" : "; ") + file;
  return text;
}

}  // namespace

std::string_view status_name(RowStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::optional<RowStatus> find_status(std::string_view name) {
  const auto at = std::find(std::begin(kStatusNames), std::end(kStatusNames), name);
  if (at == std::end(kStatusNames)) return std::nullopt;
  return static_cast<RowStatus>(at - std::begin(kStatusNames));
}

void write_manifest(const fs::path& file, const Ledger& ledger) {
  io::write_atomically(file, [&](const fs::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out << io::csv_line(kHeader) << '\n';
    ledger.for_each_in_order([&](const FrameRecord& record) {
      for (const std::string& stage : record.stages) {
        // Remarks on a frame, and what it was made from, stand once.
        const bool first = &stage == &record.stages.front();
        out << line_of({record.scene, record.frame, stage, std::string(status_name(record.status)),
                        record.reason, first ? record.detail : "", first ? inputs_of(record) : ""})
            << '\n';
      }
    });
    out.close();
    if (!out) throw std::runtime_error(file.string() + ": cannot be written (is the disk full?)");
  });
}

void read_manifest(const fs::path& file, const std::function<void(ManifestRow)>& visit) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  std::string line;
  bool has_inputs = true;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    try {
      std::vector<std::string> cells = io::split_csv_line(line);
      if (number == 1) {
        has_inputs = cells == kHeader;
        if (!has_inputs && cells != kEarlierHeader)
          throw std::invalid_argument("this is not a manifest (columns " + io::csv_line(kHeader) +
                                      " expected)");
        continue;
      }
      if (cells.size() != (has_inputs ? kHeader : kEarlierHeader).size())
        throw std::invalid_argument("a row of " + std::to_string(cells.size()) + " cells");
      const auto status = find_status(cells[3]);
      if (!status) throw std::invalid_argument("status '" + cells[3] + "' is none of ok, failed, skipped");
      visit({cells[0], cells[1], cells[2], *status, cells[4], cells[5], has_inputs ? cells[6] : ""});
    } catch (const std::invalid_argument& e) {
      throw io::TextFileError(file, number, e.what());
    }
  }
}

}  // namespace depthmill::run_folder
