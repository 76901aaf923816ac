// A job cut into parts that run anywhere and at any time, each in a run folder of its own, until they are merged:
//
//   <run>/shards/plan            which frame belongs to which part, and its files with their sizes; made once, by whoever comes
//                                first, so that a file that appears meanwhile changes nothing
//   <run>/shards/shards.json     the same job for people: parts, command, settings
//   <run>/shards/3-of-16/        run folder of a part (run_folder.h)
//
// The plan is whole or not there: the folder is renamed into place, which one process alone can do, also on file systems
// without locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stages/base/frame_list.h"

namespace depthmill::run_folder {

inline constexpr std::size_t kMostParts = 1'000'000;

// What all parts agree on.
struct ShardJob {
  std::size_t parts = 0;
  std::filesystem::path working_folder, out;
  std::vector<std::string> arguments;  // the command with its options, but not which part
  std::string settings;                // that shape the results, one "name = value" a line
};

// A frame's files by plane, path and size: what a touch or a copy leaves as it is.
std::uint64_t outline_of(const Frame& frame, const std::set<std::string>& reads);

std::filesystem::path shards_folder(const std::filesystem::path& run);
std::filesystem::path part_folder(const std::filesystem::path& run, std::size_t part, std::size_t parts);
// The run folder that a part belongs to; any other folder is its own.
std::filesystem::path job_folder(const std::filesystem::path& folder);
bool has_shards(const std::filesystem::path& run);

// The part, from 1, of each frame: the list in stretches of equal length, which give or take a twentieth to end where a
// scene does. `group`, where it is given, names what must stay together and lies together in the list.
std::vector<std::uint32_t> cut(const FrameList& list, std::size_t parts,
                               const std::function<std::string(std::size_t)>& group = {});

// Makes the plan unless there is one. `reads`: planes whose files are looked at. Throws std::runtime_error.
void make_plan(const std::filesystem::path& run, const ShardJob& job, const FrameList& list,
               std::span<const std::uint32_t> part_of, const std::set<std::string>& reads);

// Removes plan and parts, the plan first of all: a removal that is cut off leaves nothing that looks like parts.
void remove_shards(const std::filesystem::path& run);

class ShardPlan {
 public:
  // Throws std::runtime_error naming the file when it cannot be read or is not whole.
  explicit ShardPlan(const std::filesystem::path& run);

  struct Place {
    std::uint32_t part = 0;
    std::uint64_t outline = 0;  // see outline_of
  };
  const ShardJob& job() const { return job_; }
  std::size_t frames() const { return places_.size(); }
  std::size_t frames_of(std::size_t part) const { return count_.at(part); }
  const Place* find(std::string_view scene, std::string_view frame) const;  // nullptr: not planned

 private:
  ShardJob job_;
  std::unordered_map<std::uint64_t, Place> places_;  // by a hash of scene and name
  std::vector<std::size_t> count_;                   // by part, from 1
};

// Parts whose frames are not all on record, in order. Reads their journals.
std::vector<std::size_t> unfinished_parts(const std::filesystem::path& run,
                                          const std::vector<std::string>& stage_order);

// "3,7,12-14", as job arrays take it.
std::string array_expression(std::span<const std::size_t> numbers);

}  // namespace depthmill::run_folder
