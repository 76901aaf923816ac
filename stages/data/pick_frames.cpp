#include "stages/data/pick_frames.h"

#include <cerrno>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "stages/data/list_planes.h"

namespace depthmill::data {

bool matches_glob(std::string_view glob, std::string_view text) {
  // Where a '*' was met last, and the text it has taken so far: only that one ever needs to take more.
  std::size_t g = 0, t = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g, ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

namespace {

void keep_scenes(Listing& listing, const std::vector<std::string>& globs) {
  std::set<std::string> used;
  listing.frames.edit([&](const Frame& frame) {
    // The scene's own folder may be named without those above it.
    const std::string last = std::filesystem::path(frame.scene).filename().string();
    bool wanted = false;
    for (const std::string& glob : globs)
      if (matches_glob(glob, frame.scene) || matches_glob(glob, last)) wanted = true, used.insert(glob);
    return wanted;
  });
  for (const std::string& glob : globs)
    if (!used.contains(glob))
      listing.failures.push_back({glob, FailureReason::kMissingFile, "no scene matches '" + glob + "'"});
}

void keep_every(Listing& listing, int every) {
  std::map<std::string, int> seen;
  listing.frames.edit([&](const Frame& frame) { return seen[frame.scene]++ % every == 0; });
}

}  // namespace

void pick_frames(Listing& listing, const Pick& pick) {
  if (!pick.scenes.empty()) keep_scenes(listing, pick.scenes);
  if (!pick.list.empty()) keep_listed(listing, pick.list);
  if (!pick.skip_list.empty()) leave_out_listed(listing, pick.skip_list);
  if (pick.every > 1) keep_every(listing, pick.every);
  if (pick.limit > 0 && listing.frames.size() > static_cast<std::size_t>(pick.limit))
    listing.frames.edit(
        [&](const Frame& frame) { return frame.index < static_cast<std::size_t>(pick.limit); });
}

std::optional<double> sample_value(const std::string& word) {
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || end != word.c_str() + word.size() || errno == ERANGE) return std::nullopt;
  return value;
}

}  // namespace depthmill::data
