// One writer where no lock tells: on file systems without them, and on those that several machines share, whose locks may
// be each machine's own. There the journal says who writes: the last call that has not ended, as long as it gives a sign
// of life every few seconds (the line "synced"). A call that takes a silent one's place says so in a line
//
//   lease   its own id, and the id of the call whose place it takes
//
// so that the silent one, should it only have slept, ends with its next line; what it may still write behind that line,
// because it fell asleep just before it wrote, counts for nothing (Ledger). Two that begin at once find each other's
// call: the one that stands later gives way, and so does one whose own lines are not there, since over NFS two that append
// in the same instant may write to the same place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "stages/run_folder/journal.h"
#include "stages/run_folder/ledger_lines.h"

namespace depthmill::run_folder {

// Seconds after which a call without a word is dead.
inline constexpr std::int64_t kSilence = 60;
// Seconds until what one machine has written into a shared folder is seen by the others (NFS looks again on opening).
inline constexpr std::int64_t kSettling = 1;

// Do locks on this file exclude every process that can reach it? Of file systems that one machine has for itself.
bool locks_reach_everyone(const std::filesystem::path& file);

JournalCells lease_cells(const std::string& own, const std::string& instead_of);

// Who began behind this byte of the journal and stands before the call and the lease of `own`, in words; "another process"
// where these are not there whole. Nothing: the folder is in own hands. Throws as read_journal.
std::optional<std::string> who_began_before(const std::filesystem::path& journal, std::uint64_t from,
                                            const std::string& own);

// The call that has taken the place of `own` in a line behind this byte. Throws as read_journal.
std::optional<Call> taken_over(const std::filesystem::path& journal, std::uint64_t from,
                               const std::string& own);

// "process 12 on host (Slurm job 3), since 2026-11-27 19:05:12 UTC (depthmill run ...)"
std::string who_text(const Call& call);

}  // namespace depthmill::run_folder
