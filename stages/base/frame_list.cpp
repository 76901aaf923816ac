#include "stages/base/frame_list.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace depthmill {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

// Everything but the last part of the path, with the slash behind it: so that putting the two together again gives the
// path to the byte.
std::string_view folder_of(const std::filesystem::path& file) {
  const std::string_view path = file.native();
  return path.substr(0, path.rfind('/') + 1);  // npos + 1 is 0
}
std::string_view name_in_folder(const std::filesystem::path& file) {
  return std::string_view(file.native()).substr(folder_of(file).size());
}

// Is the source this one of a shape, but for the names of files and of what is taken from them? Names every member, so that one that is added cannot be
// forgotten here.
bool fits(const PlaneSource& folders, const PlaneSource& source) {
  const auto& [a_file, a_name, a_scale, a_unit, a_coding] = folders;
  const auto& [b_file, b_name, b_scale, b_unit, b_coding] = source;
  const auto& [a_known, a_floats, a_rotated, a_none, a_masks, a_calibration] = a_coding;
  const auto& [b_known, b_floats, b_rotated, b_none, b_masks, b_calibration] = b_coding;
  static_cast<void>(b_name);
  const auto same_folder = [](const auto& folder, const auto& file) {
    return folder.native() == folder_of(file);
  };
  return same_folder(a_file, b_file) && a_name.empty() && a_scale == b_scale && a_unit == b_unit &&
         a_known == b_known && a_floats == b_floats && a_rotated == b_rotated && a_none == b_none &&
         a_calibration == b_calibration &&
         std::equal(a_masks.begin(), a_masks.end(), b_masks.begin(), b_masks.end(), same_folder);
}

template <class Shape>
bool fits(const Shape& shape, const std::map<std::string, PlaneSource>& sources) {
  return std::equal(
      shape.begin(), shape.end(), sources.begin(), sources.end(),
      [](const auto& a, const auto& b) { return a.first == b.first && fits(a.second, b.second); });
}

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
  // Mostly that of the frame before.
  if (!entries_.empty() && fits(shapes_[entries_.back().shape], sources)) return entries_.back().shape;
  std::vector<std::uint32_t>& known =
      shape_numbers_[sources.empty() ? "" : std::string(folder_of(sources.begin()->second.file))];
  for (const std::uint32_t number : known)
    if (fits(shapes_[number], sources)) return number;
  Shape& shape = shapes_.emplace_back(sources.begin(), sources.end());
  for (auto& [plane_name, source] : shape) {
    source.file = std::string(folder_of(source.file));
    source.name.clear();
    for (std::filesystem::path& mask : source.coding.masks) mask = std::string(folder_of(mask));
  }
  known.push_back(static_cast<std::uint32_t>(shapes_.size() - 1));
  return known.back();
}

void FrameList::push_back(Frame frame) {
  if (!frame.planes.empty() || !frame.metrics.empty())
    throw std::invalid_argument(frame.id() + ": a frame is listed before anything is made of it");
  std::string text;
  const auto add = [&](std::string_view name) {
    if (name.find('\0') != std::string_view::npos) throw std::invalid_argument("a name holds a NUL");
    text.append(name) += '\0';
  };
  add(frame.name);
  for (const auto& [plane_name, source] : frame.sources) {
    add(name_in_folder(source.file));
    add(source.name);
    for (const std::filesystem::path& mask : source.coding.masks) add(name_in_folder(mask));
  }
  Entry entry;
  entry.scene = scene_number(frame.scene);
  entry.shape = shape_number(frame.sources);
  entry.text = keep(text);
  if (!frame.ok() || !frame.notes.empty())
    fates_.emplace(size(), Fate{frame.failure, std::move(frame.failed_stage), std::move(frame.failure_text),
                                std::move(frame.notes)});
  entries_.push_back(entry);
}

void FrameList::edit(const std::function<bool(Frame&)>& change) {
  FrameList changed;
  changed.entries_.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    Frame frame = (*this)[i];
    if (change(frame)) changed.push_back(std::move(frame));
  }
  *this = std::move(changed);
}

bool FrameList::ok(std::size_t i) const {
  const auto fate = fates_.find(i);
  return fate == fates_.end() || fate->second.failure == FailureReason::kNone;
}

Frame FrameList::operator[](std::size_t i) const {
  const Entry& entry = entries_[i];
  Frame frame;
  frame.index = i;
  frame.scene = scenes_[entry.scene];
  const char* text = entry.text;
  frame.name = text;
  const auto next_in = [&](std::filesystem::path& folder) {
    text += std::strlen(text) + 1;
    folder = folder.native() + text;
  };
  for (const auto& [plane_name, folders] : shapes_[entry.shape]) {
    PlaneSource& source = frame.sources.emplace_hint(frame.sources.end(), plane_name, folders)->second;
    next_in(source.file);
    text += std::strlen(text) + 1;
    source.name = text;
    for (std::filesystem::path& mask : source.coding.masks) next_in(mask);
  }
  if (const auto fate = fates_.find(i); fate != fates_.end()) {
    frame.failure = fate->second.failure;
    frame.failed_stage = fate->second.failed_stage;
    frame.failure_text = fate->second.failure_text;
    frame.notes = fate->second.notes;
  }
  return frame;
}

}  // namespace depthmill
