// What is derived from the ledger when a call ends.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stages/base/frame_list.h"
#include "stages/run_folder/ledger.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill::run_folder {

// Protocols: name and text.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// The scores of this list's frames, in its order, under the call's `protocols` and under those of earlier calls if every
// frame that is scored has a score under them; `protocols` then holds all that have rows. What is left out is said in
// `remarks`.
ScoreTables scores_of(const FrameList& list, const Ledger& ledger, const std::string& scoring_stage,
                      NamedTexts& protocols, std::vector<std::string>& remarks);

// <run>/timing.csv: the steps of every call; in the row of the longest step of what bounded it, by what that was.
void write_times(const std::filesystem::path& run, const Ledger& ledger);

// A file below the folder as it goes on record.
OutputFile output_at(const std::filesystem::path& run, const std::string& path);

// Puts everything derived on record with its content, so that a change to it is noticed: settings, manifest, times, the
// tables below metrics/, and `others`.
void put_derived(const std::filesystem::path& run, Ledger& ledger, std::span<const std::string> others);

}  // namespace depthmill::run_folder
