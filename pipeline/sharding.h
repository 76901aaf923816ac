// --shard: one part of a job, in a run folder of its own below --out (run_folder/shards.h), and the merge of all parts.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/options.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/run_folder.h"
#include "stages/run_folder/shards.h"

namespace depthmill::pipeline {

// What --shard says. `parts` 0: as many as the array has tasks.
struct ShardWord {
  bool from_array = false;  // the part is the number of this task in the job array, plus `offset`
  std::size_t part = 0, parts = 0, offset = 0;
};
std::optional<ShardWord> parse_shard(const std::string& word);  // nullopt: it is none

struct Shard {
  std::size_t part = 1, parts = 1;
  std::string text() const { return std::to_string(part) + "/" + std::to_string(parts); }
};
// The part that this process is to do, with the numbers of the job array where --shard asks for them; nullopt: no part.
// Throws ConfigError.
std::optional<Shard> told_shard(const Config& config);

// A run as far as it is a part of a job, or merges one; of any other run it says that the folder is free for it.
class Sharding {
 public:
  // Throws ConfigError.
  explicit Sharding(const Config& config);

  // Leaves the frames that are planned, where there is a plan. Throws ConfigError when others are gone.
  void keep_planned(StageRun& run) const;
  // Before the folder is opened: makes the plan where there is none, and holds what this run would do against it.
  // Frames may leave the list. Throws ConfigError that says what is otherwise.
  void settle(const ParsedCommand& parsed, StageRun& run, run_folder::Contents& contents);

  // A part that comes after the merge of its job has nothing to do.
  bool over() const { return over_; }
  bool is_part() const { return shard_.has_value(); }
  const std::filesystem::path& folder() const { return folder_; }
  // Is the frame this run's to do?
  bool mine(const FrameList& list, std::size_t i) const;

  // Of a merge: takes over what the parts made, and removes their folders once all of it is derived. Throws ConfigError
  // when a part has not done all its frames.
  void take_over(run_folder::RunFolder& folder) const;
  void remove_parts() const;

 private:
  const Config& config_;
  std::optional<Shard> shard_;
  bool over_ = false;
  std::filesystem::path folder_;
  std::unique_ptr<run_folder::ShardPlan> plan_;
};

// "parts 3,7,12-14 of 16 have not done all their frames", and how to do them.
std::string unfinished_text(const std::filesystem::path& run, std::span<const std::size_t> unfinished,
                            std::size_t parts);

}  // namespace depthmill::pipeline
