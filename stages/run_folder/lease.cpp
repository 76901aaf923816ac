#include "stages/run_folder/lease.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <exception>

#include "stages/run_folder/host.h"

namespace depthmill::run_folder {

bool locks_reach_everyone(const std::filesystem::path& file) {
  // ext2 to 4, XFS, Btrfs, tmpfs, overlay, ZFS, F2FS, JFS, bcachefs, ramfs: linux/magic.h, statfs(2).
  constexpr std::array<std::uint32_t, 10> kOfOneMachine{0xef53,     0x58465342, 0x9123683e, 0x01021994,
                                                        0x794c7630, 0x2fc12fc1, 0xf2f52010, 0x3153464a,
                                                        0xca451a4e, 0x858458f6};
  struct statfs about {};
  return ::statfs(file.c_str(), &about) == 0 &&
         std::count(kOfOneMachine.begin(), kOfOneMachine.end(), static_cast<std::uint32_t>(about.f_type)) > 0;
}

JournalCells lease_cells(const std::string& own, const std::string& instead_of) {
  return {"lease", own, instead_of};
}

std::optional<std::string> who_began_before(const std::filesystem::path& journal, std::uint64_t from,
                                            const std::string& own) {
  std::optional<Call> first;
  bool own_call = false, own_lease = false;
  read_journal(
      journal,
      [&](std::uint64_t, const JournalCells& cells) {
        own_lease = own_lease || (cells.at(0) == "lease" && cells.size() == 3 && cells[1] == own);
        if (first || own_call || cells[0] != "call") return;
        try {
          Call call = call_of(cells);
          own_call = call.id == own;
          if (!own_call && call.ended == 0) first = std::move(call);
        } catch (const std::exception&) {  // another version's
        }
      },
      from);
  if (first) return who_text(*first);
  if (own_call && own_lease) return std::nullopt;
  return "another process";
}

std::optional<Call> taken_over(const std::filesystem::path& journal, std::uint64_t from,
                               const std::string& own) {
  std::optional<Call> last, taken;
  read_journal(
      journal,
      [&](std::uint64_t, const JournalCells& cells) {
        try {
          if (cells.at(0) == "call") last = call_of(cells);
        } catch (const std::exception&) {  // another version's
        }
        // Its call stands before it.
        if (last && cells.at(0) == "lease" && cells.size() == 3 && cells[2] == own && cells[1] == last->id)
          taken = last;
      },
      from);
  return taken;
}

std::string who_text(const Call& call) {
  return "process " + std::to_string(call.process) + " on " + call.host +
         (call.job.empty() ? "" : " (" + call.job + ")") + ", since " + time_text(call.started) + " (" +
         call.command_line() + ")";
}

}  // namespace depthmill::run_folder
