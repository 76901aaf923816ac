#include "stages/run_folder/shards.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/json_text.h"
#include "stages/run_folder/host.h"
#include "stages/run_folder/journal.h"
#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlanFile = "plan";
// A part may have this share of itself more or less for the sake of whole scenes.
constexpr std::size_t kTolerance = 20;

std::uint64_t key(std::string_view scene, std::string_view frame) {
  std::string text(scene);  // a name holds no NUL
  text.push_back('\0');
  return hash_of(text.append(frame));
}

std::string json_of(const ShardJob& job, std::size_t frames) {
  std::string text = "{\n  \"parts\": " + std::to_string(job.parts) +
                     ",\n  \"frames\": " + std::to_string(frames) +
                     ",\n  \"folder\": " + io::json_text(job.working_folder.string()) + ",\n  \"command\": [";
  for (std::size_t i = 0; i < job.arguments.size(); ++i)
    text += (i > 0 ? ", " : "") + io::json_text(job.arguments[i]);
  return text + "],\n  \"settings\": " + io::json_text(job.settings) + "\n}\n";
}

// A folder beside the one it is to become, removed unless it does.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& folder)
      : folder_(folder.parent_path() / (".shards.new-" + host_name() + "-" + std::to_string(::getpid()))) {
    std::error_code error;
    fs::remove_all(folder_, error);
    fs::create_directories(folder_, error);
    if (error) throw std::runtime_error(folder.string() + ": the folder cannot be made: " + error.message());
  }
  ~NewFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  const fs::path& path() const { return folder_; }

 private:
  fs::path folder_;
};

}  // namespace

std::uint64_t outline_of(const Frame& frame, const std::set<std::string>& reads) {
  std::string text;
  for (const InputFile& input : seen(frame, reads).inputs)
    text += input.plane + '\0' + input.file.string() + '\0' + std::to_string(look_of(input.file).size) + '\0';
  return hash_of(text);
}

fs::path shards_folder(const fs::path& run) { return run / "shards"; }

fs::path part_folder(const fs::path& run, std::size_t part, std::size_t parts) {
  return shards_folder(run) / (std::to_string(part) + "-of-" + std::to_string(parts));
}

fs::path job_folder(const fs::path& folder) {
  const fs::path parent = folder.parent_path();
  return parent.filename() == "shards" && fs::exists(parent / kPlanFile) ? parent.parent_path() : folder;
}

bool has_shards(const fs::path& run) {
  std::error_code absent;
  return fs::exists(shards_folder(run) / kPlanFile, absent);
}

std::vector<std::uint32_t> cut(const FrameList& list, std::size_t parts,
                               const std::function<std::string(std::size_t)>& group) {
  const std::size_t frames = list.size();
  // Where a scene or group begins, and the end.
  std::vector<std::size_t> seams{0};
  std::string before;
  for (std::size_t i = 0; i < frames; ++i) {
    std::string now = group ? group(i) : std::string(list.scene(i));
    if (i > 0 && now != before) seams.push_back(i);
    before = std::move(now);
  }
  seams.push_back(frames);
  std::vector<std::uint32_t> part_of(frames);
  for (std::size_t part = 1, from = 0; part <= parts; ++part) {
    const std::size_t even = frames * part / parts;
    const auto behind = std::lower_bound(seams.begin(), seams.end(), even);
    std::size_t seam = *behind;
    if (behind != seams.begin() && even - *std::prev(behind) < seam - even) seam = *std::prev(behind);
    const std::size_t off = seam > even ? seam - even : even - seam;
    const std::size_t to = std::max(from, group || off * parts * kTolerance <= frames ? seam : even);
    for (; from < to; ++from) part_of[from] = static_cast<std::uint32_t>(part);
  }
  return part_of;
}

void make_plan(const fs::path& run, const ShardJob& job, const FrameList& list,
               std::span<const std::uint32_t> part_of, const std::set<std::string>& reads) {
  const fs::path folder = shards_folder(run);
  if (has_shards(run)) return;
  std::error_code ignored;
  fs::remove_all(run / ".shards.over", ignored);
  const NewFolder made(folder);
  {
    io::GrowingFile plan(made.path() / kPlanFile);
    JournalCells head{"job", std::to_string(job.parts), job.working_folder.string(), job.out.string(),
                      job.settings};
    head.insert(head.end(), job.arguments.begin(), job.arguments.end());
    plan.write(journal_line(head));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Frame frame = list[i];
      plan.write(journal_line(JournalCells{"frame", std::to_string(part_of[i]), frame.scene, frame.name,
                                           hash_text(outline_of(frame, reads))}));
    }
    plan.write(journal_line(JournalCells{"end", std::to_string(list.size())}));
    plan.close();
  }
  io::write_whole_file(made.path() / "shards.json", json_of(job, list.size()));
  std::error_code error;
  fs::rename(made.path(), folder, error);
  if (!error || has_shards(run)) return;
  const bool lost = error == std::errc::directory_not_empty || error == std::errc::file_exists;
  throw std::runtime_error(
      folder.string() + (lost
                             ? ": has lost its plan, without which nobody knows which part has which frames; "
                               "remove it and begin anew"
                             : ": cannot be made: " + error.message()));
}

void remove_shards(const fs::path& run) {
  const fs::path over = run / ".shards.over";
  std::error_code ignored;
  fs::remove_all(over, ignored);
  fs::rename(shards_folder(run), over, ignored);
  fs::remove_all(over, ignored);
}

ShardPlan::ShardPlan(const fs::path& run) {
  const fs::path file = shards_folder(run) / kPlanFile;
  bool whole = false;
  const auto take = [&](const JournalCells& cells) {
    if (cells.at(0) == "job") {
      job_ = {
          std::stoul(cells.at(1)), cells.at(2), cells.at(3), {cells.begin() + 5, cells.end()}, cells.at(4)};
      if (job_.parts > kMostParts) throw std::out_of_range("parts");
      count_.assign(job_.parts + 1, 0);
    } else if (cells[0] == "frame") {
      const Place place{static_cast<std::uint32_t>(std::stoul(cells.at(1))), parse_hash(cells.at(4))};
      ++count_.at(place.part);
      places_.emplace(key(cells.at(2), cells.at(3)), place);
    } else if (cells[0] == "end") {
      whole = std::stoul(cells.at(1)) == places_.size();
    }
  };
  try {
    const JournalReading reading = read_journal(file, [&](auto, const JournalCells& cells) { take(cells); });
    whole = whole && reading.dropped == 0 && job_.parts > 0;
  } catch (const std::logic_error&) {  // cells that are no such line
    whole = false;
  }
  if (!whole)
    throw std::runtime_error(file.string() +
                             ": is damaged; without it nobody knows which part has which frames: remove " +
                             file.parent_path().string() + " and begin anew");
}

const ShardPlan::Place* ShardPlan::find(std::string_view scene, std::string_view frame) const {
  const auto at = places_.find(key(scene, frame));
  return at == places_.end() ? nullptr : &at->second;
}

std::vector<std::size_t> unfinished_parts(const fs::path& run, const std::vector<std::string>& stage_order) {
  const ShardPlan plan(run);
  const std::size_t parts = plan.job().parts;
  std::vector<std::size_t> on_record(parts + 1, 0);
  std::vector<bool> begun(parts + 1, false);
  std::vector<Ledger> ledgers;
  ledgers.reserve(parts + 1);
  for (std::size_t part = 0; part <= parts; ++part) {
    ledgers.emplace_back(part_folder(run, part, parts), stage_order);
    begun[part] = !ledgers.back().calls().empty();
  }
  read_journal(
      shards_folder(run) / kPlanFile,
      [&](std::uint64_t, const JournalCells& cells) {
        const std::size_t part = std::stoul(cells.at(1));
        if (ledgers.at(part).knows(cells.at(2), cells.at(3))) ++on_record[part];
      },
      0, "frame");
  std::vector<std::size_t> unfinished;
  for (std::size_t part = 1; part <= parts; ++part)
    if (!begun[part] || on_record[part] < plan.frames_of(part)) unfinished.push_back(part);
  return unfinished;
}

std::string array_expression(std::span<const std::size_t> numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += (last == i + 1 ? "," : "-") + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace depthmill::run_folder
