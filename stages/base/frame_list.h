// The frames of a run, listed but not begun: 407,024 of them in the whole raw set. What frames have in common (scenes,
// folders, planes and their scales) is held once, so that one takes some 200 bytes instead of 2,000; a Frame is put
// together when its turn comes.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill {

class FrameList {
 public:
  FrameList() = default;
  FrameList(std::vector<Frame> frames);
  FrameList(const FrameList&) = delete;
  FrameList& operator=(const FrameList&) = delete;
  FrameList(FrameList&&) = default;
  FrameList& operator=(FrameList&&) = default;

  // The frame's index is its place in the list. A frame that holds planes or scores is refused
  // (std::invalid_argument): those come later.
  void push_back(Frame frame);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Frame operator[](std::size_t i) const;
  // As Frame::scene and Frame::name; as long as the list lives.
  std::string_view scene(std::size_t i) const { return scenes_[entries_[i].scene]; }
  std::string_view name(std::size_t i) const;

 private:
  struct Entry {
    std::uint32_t scene = 0, shape = 0;
    const char* text = nullptr;  // name NUL, then the file's name NUL for each plane of the shape
  };
  // The sources of frames that differ in the files' names alone.
  using Shape = std::vector<std::pair<std::string, PlaneSource>>;  // plane -> source whose file is the folder
  std::uint32_t scene_number(const std::string& scene);
  std::uint32_t shape_number(const std::map<std::string, PlaneSource>& sources);
  const char* keep(std::string_view text);

  std::deque<std::string> scenes_;
  std::unordered_map<std::string, std::uint32_t> scene_numbers_;
  std::deque<Shape> shapes_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> shape_numbers_;  // by folder of the first plane
  std::vector<Entry> entries_;
  std::deque<std::vector<char>> text_;
  std::map<std::size_t, Frame> odd_;  // those that have failed already, have remarks or masks
};

}  // namespace depthmill
