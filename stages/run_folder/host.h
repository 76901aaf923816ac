// Which machine and process this is, for who finds a run folder in somebody's hands.
#pragma once

#include <cstdint>
#include <string>

namespace depthmill::run_folder {

std::string host_name();
// Which job of a scheduler this process belongs to: "Slurm job 12_3, restart 1"; "" when none.
std::string job_name();
// Does a process of this number run on this machine?
bool process_lives(std::int64_t process);
// Seconds since 1970 as "2026-11-27 19:05:12 UTC".
std::string time_text(std::int64_t seconds);

}  // namespace depthmill::run_folder
