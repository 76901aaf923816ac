// The frames of a run, listed but not begun: 407,024 of them in the whole raw set. What frames have in common (scenes,
// folders, planes and their scales) is held once, so that one takes some 200 bytes instead of 2,000; a Frame is put
// together when it is asked for.
//
//   for (const Frame& frame : list) ...                                    // each a copy
//   list.edit([](Frame& frame) { frame.notes.clear(); return frame.ok(); });
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
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
  // Gives each frame in turn, to be changed or, where the answer is false, left out.
  void edit(const std::function<bool(Frame&)>& change);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Frame operator[](std::size_t i) const;
  // As Frame::scene, Frame::name (both as long as the list lives), Frame::id() and Frame::ok().
  std::string_view scene(std::size_t i) const { return scenes_[entries_[i].scene]; }
  std::string_view name(std::size_t i) const { return entries_[i].text; }
  std::string id(std::size_t i) const { return frame_id(scene(i), name(i)); }
  bool ok(std::size_t i) const;

  class Iterator {
   public:
    Iterator(const FrameList& list, std::size_t at) : list_(&list), at_(at) {}
    Frame operator*() const { return (*list_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const FrameList* list_;
    std::size_t at_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  struct Entry {
    std::uint32_t scene = 0, shape = 0;
    const char* text =
        nullptr;  // name NUL; for each plane of the shape the file's name NUL, and those of its masks
  };
  // The sources of frames that differ in the files' names alone: every path in it is a folder's.
  using Shape = std::vector<std::pair<std::string, PlaneSource>>;
  // What befell a frame while it was listed.
  struct Fate {
    FailureReason failure = FailureReason::kNone;
    std::string failed_stage, failure_text;
    std::vector<std::string> notes;
  };
  std::uint32_t scene_number(const std::string& scene);
  std::uint32_t shape_number(const std::map<std::string, PlaneSource>& sources);
  const char* keep(std::string_view text);

  std::deque<std::string> scenes_;
  std::unordered_map<std::string, std::uint32_t> scene_numbers_;
  std::deque<Shape> shapes_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> shape_numbers_;  // by folder of the first plane
  std::vector<Entry> entries_;
  std::deque<std::vector<char>> text_;
  std::map<std::size_t, Fate> fates_;  // of those that have failed already or have remarks
};

}  // namespace depthmill
