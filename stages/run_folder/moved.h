// A run folder may be moved or copied whole. What a call named inside the folder as it lay then means the same place in
// the folder as it lies now. What it named elsewhere stays where it is, unless it is gone from there and lies beside the
// folder now as it did then: a project was moved whole.
#pragma once

#include <filesystem>

#include "stages/run_folder/ledger_lines.h"

namespace depthmill::run_folder {

class Moved {
 public:
  // `run`: the folder as it lies now, in which the call is on record; or that of a part of it (shards.h).
  Moved(const Call& call, const std::filesystem::path& run);

  // Does it lie elsewhere than when the call was given? False, too, where the call does not say where that was.
  explicit operator bool() const { return moved_; }
  // Where the folder lies now and lay then, absolute.
  const std::filesystem::path& run() const { return run_; }
  const std::filesystem::path& before() const { return before_; }
  // What `named`, told in the call's working folder, meant then and means now; absolute.
  std::filesystem::path then(const std::filesystem::path& named) const;
  std::filesystem::path now(const std::filesystem::path& named) const;

 private:
  std::filesystem::path working_folder_, before_, run_;
  bool moved_ = false;
};

}  // namespace depthmill::run_folder
