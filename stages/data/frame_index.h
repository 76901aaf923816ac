// Frames of a list by a text that each of them has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/frame_list.h"

namespace depthmill::data {

// Takes 16 bytes a frame: the hash of its text, and its place; what the text is exactly is asked again. The list must
// live longer, and stay as it is.
class FrameIndex {
 public:
  using KeyOf = std::function<std::string(std::string_view scene, std::string_view name)>;
  FrameIndex(const FrameList& frames, KeyOf key_of);
  // By id.
  explicit FrameIndex(const FrameList& frames) : FrameIndex(frames, frame_id) {}

  // The places of the frames with this key, rising.
  std::vector<std::size_t> find(std::string_view key) const;
  bool contains(std::string_view key) const { return !find(key).empty(); }
  // The place of the frame with this key, where there is one and no other.
  std::optional<std::size_t> only(std::string_view key) const;
  std::string key(std::size_t place) const { return key_of_(frames_->scene(place), frames_->name(place)); }

 private:
  const FrameList* frames_;
  KeyOf key_of_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> places_;  // hash, place; sorted
};

}  // namespace depthmill::data
