#include "pipeline/sharding.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "pipeline/needs.h"
#include "pipeline/on_record.h"
#include "stages/base/counted.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > run_folder::kMostParts)
    return std::nullopt;
  return value;
}

std::optional<std::size_t> of_array(const char* name) {
  const char* text = std::getenv(name);
  return text ? number(text) : std::nullopt;
}

// What shapes the results of the job, a line each.
std::string settings_text(const run_folder::Contents& contents) {
  std::string text;
  for (const run_folder::StageSettings& stage : contents.stages)
    for (const auto& [name, value] : stage.values) text += name + " = " + value + "\n";
  for (const auto& [name, protocol] : contents.protocols)
    text += "protocol " + name + " = " + run_folder::hash_text(run_folder::hash_of(protocol)) + "\n";
  return text;
}

// The first line of `now` that is not in `was`, or of `was` that is not in `now`.
std::string difference(const std::string& was, const std::string& now) {
  const auto lines = [](const std::string& text) {
    std::map<std::string, std::string> values;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at), equals = text.find(" = ", at);
      if (equals < end) values[text.substr(at, equals - at)] = text.substr(equals + 3, end - equals - 3);
      at = end + 1;
    }
    return values;
  };
  const auto before = lines(was), after = lines(now);
  for (const auto& [name, value] : after)
    if (const auto old = before.find(name); old == before.end())
      return name + " is new";
    else if (old->second != value)
      return name + " was '" + old->second + "', now '" + value + "'";
  for (const auto& [name, value] : before)
    if (!after.contains(name)) return name + " is no longer there";
  return "the settings are others";
}

// The command without what differs from part to part.
std::vector<std::string> common_arguments(const ParsedCommand& parsed) {
  std::vector<std::string> words = command_words(parsed);
  for (std::size_t i = 0; i < words.size();) {
    const bool own = words[i] == "--shard" || words[i] == "--wait";
    if (own)
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                  words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), i + 2)));
    else if (words[i].starts_with("--shard=") || words[i].starts_with("--wait="))
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
  return words;
}

// Has this very part been merged, and all frames of today's list with it?
bool was_merged(const run_folder::Ledger& ledger, const std::vector<std::string>& words,
                const FrameList& list) {
  const bool known = std::any_of(ledger.calls().begin(), ledger.calls().end(),
                                 [&](const run_folder::Call& call) { return call.arguments == words; });
  for (std::size_t i = 0; known && i < list.size(); ++i)
    if (!ledger.knows(list.scene(i), list.name(i))) return false;
  return known;
}

std::string begin_anew(const fs::path& run) {
  return "; finish that job ('depthmill merge " + run.string() + "'), or remove " +
         run_folder::shards_folder(run).string() + " to begin anew";
}

}  // namespace

std::optional<ShardWord> parse_shard(const std::string& word) {
  ShardWord shard;
  std::string_view text = word;
  if (text.starts_with("slurm")) {
    text.remove_prefix(5);
    shard.from_array = true;
    if (text.starts_with("+")) {
      const auto slash = text.find('/');
      const auto offset = number(text.substr(1, slash == text.npos ? slash : slash - 1));
      if (!offset || slash == text.npos) return std::nullopt;
      shard.offset = *offset;
      text.remove_prefix(slash);
    }
    if (text.empty()) return shard;
    const auto parts = text.starts_with("/") ? number(text.substr(1)) : std::nullopt;
    if (!parts || *parts == 0) return std::nullopt;
    shard.parts = *parts;
    return shard;
  }
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto part = number(text.substr(0, slash)), parts = number(text.substr(slash + 1));
  if (!part || !parts || *part < 1 || *part > *parts) return std::nullopt;
  shard.part = *part, shard.parts = *parts;
  return shard;
}

std::optional<Shard> told_shard(const Config& config) {
  if (config.run.shard.empty()) return std::nullopt;
  const auto word = parse_shard(config.run.shard);
  if (!word) throw ConfigError("--shard: '" + config.run.shard + "' is no part");
  if (!word->from_array) return Shard{word->part, word->parts};
  const auto task = of_array("SLURM_ARRAY_TASK_ID"), tasks = of_array("SLURM_ARRAY_TASK_COUNT");
  if (!task || (word->parts == 0 && !tasks))
    throw ConfigError(
        "--shard " + config.run.shard +
        ": SLURM_ARRAY_TASK_ID is not set: this is no task of a job array (sbatch --array=1-N)");
  const Shard shard{*task + word->offset, word->parts > 0 ? word->parts : *tasks};
  if (shard.part < 1 || shard.part > shard.parts)
    throw ConfigError("--shard " + config.run.shard + ": task " + std::to_string(*task) + " would be part " +
                      std::to_string(shard.part) + " of " + std::to_string(shard.parts) +
                      ": array numbers begin with 1 (sbatch --array=1-" + std::to_string(shard.parts) +
                      "), and an array of some parts alone says how many there are: --shard slurm/N");
  return shard;
}

Sharding::Sharding(const Config& config) : config_(config), shard_(told_shard(config)) {
  const fs::path& run = config.run.out;
  folder_ = shard_ ? run_folder::part_folder(run, shard_->part, shard_->parts) : run;
  if (!run_folder::has_shards(run)) return;
  if (!shard_ && !config.run.merging)
    throw ConfigError(run.string() + ": holds parts of a job" + begin_anew(run));
  try {
    plan_ = std::make_unique<run_folder::ShardPlan>(run);
  } catch (const std::runtime_error& e) {
    throw ConfigError(e.what());
  }
}

void Sharding::keep_planned(StageRun& run) const {
  if (!plan_) return;
  std::size_t kept = 0;
  run.frames.edit([&](const Frame& frame) {
    const bool planned = plan_->find(frame.scene, frame.name) != nullptr;
    kept += planned;
    return planned;
  });
  if (kept < plan_->frames())
    throw ConfigError(config_.run.out.string() + ": " + counted(plan_->frames() - kept, "planned frame") +
                      " without its files: put them back, or remove " +
                      run_folder::shards_folder(config_.run.out).string() + " to begin anew");
}

void Sharding::settle(const ParsedCommand& parsed, StageRun& run, run_folder::Contents& contents) {
  if (!shard_ && !config_.run.merging) return;
  const fs::path& out = config_.run.out;
  const std::string settings = settings_text(contents);
  if (shard_) contents.index_files = {};  // lists are of all frames: the merge derives them
  try {
    if (!plan_) {
      const run_folder::RunFolder whole(out, contents);
      refuse_changed_settings(whole);
      over_ = !contents.restart && was_merged(whole.ledger(), recorded_words(parsed), run.frames);
      if (over_) return;
      if (const Stage* maker = maker_of_files(run.stages)) refuse_foreign_files(whole, run.frames, *maker);
      run_folder::ShardJob job{shard_->parts, fs::current_path(), out, common_arguments(parsed), settings};
      const Stage* maker = maker_of_files(run.stages);
      std::function<std::string(std::size_t)> group;
      if (maker && maker->groups_frames())
        group = [&](std::size_t i) { return maker->files_of(run.frames[i]).front(); };
      run_folder::make_plan(out, job, run.frames, run_folder::cut(run.frames, job.parts, group),
                            contents.reads);
      plan_ = std::make_unique<run_folder::ShardPlan>(out);  // perhaps another's, who was first
      keep_planned(run);
      for (const auto& stage : run.stages) stage->expect_frames(run.frames);
    }
  } catch (const ConfigError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw ConfigError(e.what());
  }
  const run_folder::ShardJob& job = plan_->job();
  if (shard_ && shard_->parts != job.parts)
    throw ConfigError("--shard " + shard_->text() + ": the job in " + out.string() + " is cut into " +
                      counted(job.parts, "part") + begin_anew(out));
  if (job.settings != settings)
    throw ConfigError(out.string() + ": " + difference(job.settings, settings) +
                      "; parts made with other settings do not go together" + begin_anew(out));
  if (!shard_) return;  // a merge holds every result against the contents of its files
  std::size_t others = 0;
  std::string example;
  for (std::size_t i = 0; i < run.frames.size(); ++i) {
    if (!mine(run.frames, i)) continue;
    const Frame frame = run.frames[i];
    if (run_folder::outline_of(frame, contents.reads) == plan_->find(frame.scene, frame.name)->outline)
      continue;
    if (++others == 1) example = frame.id();
  }
  if (others > 0)
    throw ConfigError(out.string() + ": the files of " + counted(others, "frame") +
                      " are not those that the job was planned with, for example of " + example +
                      begin_anew(out));
}

bool Sharding::mine(const FrameList& list, std::size_t i) const {
  if (!shard_) return true;
  const auto* place = plan_->find(list.scene(i), list.name(i));
  return place && place->part == shard_->part;
}

void Sharding::take_over(run_folder::RunFolder& folder) const {
  if (!config_.run.merging || !plan_) return;
  for (std::size_t part = 1; part <= plan_->job().parts; ++part)
    folder.absorb(run_folder::part_folder(config_.run.out, part, plan_->job().parts));
}

void Sharding::remove_parts() const {
  if (config_.run.merging) run_folder::remove_shards(config_.run.out);
}

std::string unfinished_text(const fs::path& run, std::span<const std::size_t> unfinished, std::size_t parts) {
  const std::string which = run_folder::array_expression(unfinished);
  return run.string() + ": " + (unfinished.size() == 1 ? "part " : "parts ") + which + " of " +
         std::to_string(parts) +
         (unfinished.size() == 1 ? " has not done all its frames" : " have not done all their frames") +
         "; do them again: sbatch --array=" + which + ", or the same command with --shard K/" +
         std::to_string(parts);
}

}  // namespace depthmill::pipeline
