#include "stages/base/frame_list.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace depthmill {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

// Names every member, so that one that is added cannot be forgotten here.
bool same(const PlaneSource& a, const PlaneSource& b) {
  const auto& [a_file, a_name, a_scale, a_unit, a_coding] = a;
  const auto& [b_file, b_name, b_scale, b_unit, b_coding] = b;
  const auto& [a_known, a_floats, a_rotated, a_none, a_masks] = a_coding;
  const auto& [b_known, b_floats, b_rotated, b_none, b_masks] = b_coding;
  return a_file.native() == b_file.native() && a_name == b_name && a_scale == b_scale && a_unit == b_unit &&
         a_known == b_known && a_floats == b_floats && a_rotated == b_rotated && a_none == b_none &&
         a_masks == b_masks;
}

// Everything but the last part of the path, with the slash behind it: so that putting the two together again gives the
// path to the byte.
std::size_t folder_length(const std::string& path) { return path.rfind('/') + 1; }  // npos + 1 is 0

}  // namespace

FrameList::FrameList(std::vector<Frame> frames) {
  entries_.reserve(frames.size());
  for (Frame& frame : frames) push_back(std::move(frame));
}

const char* FrameList::keep(std::string_view text) {
  if (text_.empty() || text_.back().capacity() - text_.back().size() < text.size()) {
    text_.emplace_back();
    text_.back().reserve(std::max(kBlock, text.size()));
  }
  std::vector<char>& block = text_.back();
  const std::size_t at = block.size();
  block.insert(block.end(), text.begin(), text.end());
  return block.data() + at;
}

std::uint32_t FrameList::scene_number(const std::string& scene) {
  const auto [at, is_new] = scene_numbers_.try_emplace(scene, static_cast<std::uint32_t>(scenes_.size()));
  if (is_new) scenes_.push_back(scene);
  return at->second;
}

std::uint32_t FrameList::shape_number(const std::map<std::string, PlaneSource>& sources) {
  Shape shape;
  for (const auto& [plane_name, source] : sources) {
    shape.emplace_back(plane_name, source);
    const std::string& path = source.file.native();
    shape.back().second.file = path.substr(0, folder_length(path));
  }
  std::vector<std::uint32_t>& known = shape_numbers_[shape.empty() ? "" : shape.front().second.file.native()];
  for (const std::uint32_t number : known) {
    const Shape& one = shapes_[number];
    bool equal = one.size() == shape.size();
    for (std::size_t i = 0; equal && i < shape.size(); ++i)
      equal = one[i].first == shape[i].first && same(one[i].second, shape[i].second);
    if (equal) return number;
  }
  shapes_.push_back(std::move(shape));
  known.push_back(static_cast<std::uint32_t>(shapes_.size() - 1));
  return known.back();
}

void FrameList::push_back(Frame frame) {
  if (!frame.planes.empty() || !frame.metrics.empty())
    throw std::invalid_argument(frame.id() + ": a frame is listed before anything is made of it");
  // A mask is of one frame alone.
  const bool masked = std::any_of(frame.sources.begin(), frame.sources.end(),
                                  [](const auto& source) { return !source.second.coding.masks.empty(); });
  std::string text = frame.name;
  text += '\0';
  bool plain = frame.name.find('\0') == std::string::npos;
  for (const auto& [plane_name, source] : frame.sources) {
    const std::string& path = source.file.native();
    const std::string_view name = std::string_view(path).substr(folder_length(path));
    plain = plain && name.find('\0') == std::string::npos;
    text.append(name) += '\0';
  }
  if (!plain) throw std::invalid_argument("a name holds a NUL");
  Entry entry;
  entry.scene = scene_number(frame.scene);
  entry.shape = masked ? shape_number({}) : shape_number(frame.sources);
  entry.text = keep(text);
  frame.index = entries_.size();
  entries_.push_back(entry);
  if (masked || !frame.ok() || !frame.notes.empty()) odd_.emplace(frame.index, std::move(frame));
}

std::string_view FrameList::name(std::size_t i) const { return entries_[i].text; }

Frame FrameList::operator[](std::size_t i) const {
  if (const auto odd = odd_.find(i); odd != odd_.end()) return odd->second;
  const Entry& entry = entries_[i];
  Frame frame;
  frame.index = i;
  frame.scene = scenes_[entry.scene];
  const char* text = entry.text;
  frame.name = text;
  for (const auto& [plane_name, folder] : shapes_[entry.shape]) {
    text += std::strlen(text) + 1;
    PlaneSource source = folder;
    source.file = folder.file.native() + text;
    frame.sources.emplace(plane_name, std::move(source));
  }
  return frame;
}

}  // namespace depthmill
