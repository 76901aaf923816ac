#include "stages/data/frame_index.h"

#include <algorithm>

namespace depthmill::data {
namespace {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace

FrameIndex::FrameIndex(const FrameList& frames, KeyOf key_of) : frames_(&frames), key_of_(std::move(key_of)) {
  places_.reserve(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i)
    places_.emplace_back(hash_of(key(i)), static_cast<std::uint32_t>(i));
  std::sort(places_.begin(), places_.end());
}

std::vector<std::size_t> FrameIndex::find(std::string_view wanted) const {
  std::vector<std::size_t> found;
  const std::uint64_t hash = hash_of(wanted);
  for (auto at = std::lower_bound(places_.begin(), places_.end(), std::pair(hash, std::uint32_t{0}));
       at != places_.end() && at->first == hash; ++at)
    if (key(at->second) == wanted) found.push_back(at->second);
  return found;
}

std::optional<std::size_t> FrameIndex::only(std::string_view wanted) const {
  const auto found = find(wanted);
  if (found.size() != 1) return std::nullopt;
  return found.front();
}

}  // namespace depthmill::data
