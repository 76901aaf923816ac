#include "stages/data/join_frames.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "stages/data/frame_index.h"

namespace depthmill::data {
namespace {

using KeyOf = FrameIndex::KeyOf;

bool without_scenes(const FrameList& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (!frames.scene(i).empty()) return false;
  return true;
}

std::string underscored(std::string text) {
  std::replace(text.begin(), text.end(), '/', '_');
  std::string single;  // "S__rgb" of AdaBins
  for (const char c : text)
    if (c != '_' || single.empty() || single.back() != '_') single += c;
  return single;
}

// Added by test scripts to the name of the picture, longest first.
constexpr std::string_view kBefore[] = {"pred_", "depth_", "disp_", "rgb_"};
constexpr std::string_view kAfter[] = {
    "_raw_depth_meter", "_depth_pred", "_results", "_depth", "_pred",         "_disp", "_rgb",
    "-depth",           "depth",       ".tonemap", ".color", ".depth_meters", ".depth"};

std::string without_additions(std::string_view full_name) {
  std::string name(full_name);
  for (const std::string_view word : kBefore)
    if (name.size() > word.size() && name.starts_with(word)) {
      name.erase(0, word.size());
      break;
    }
  for (const std::string_view word : kAfter)
    if (name.size() > word.size() && name.ends_with(word)) {
      name.erase(name.size() - word.size());
      break;
    }
  return name;
}

// Leading zeros dropped from every number: "00045" and "45" are one.
std::string with_plain_numbers(std::string_view name) {
  std::string plain;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool first = i == 0 || !digit(name[i - 1]);
    if (first && name[i] == '0') {
      while (i + 1 < name.size() && name[i] == '0' && digit(name[i + 1])) ++i;
    }
    plain += name[i];
  }
  return plain;
}

// True when any frame has found its partner: the names that are unique on both sides.
bool join_by(const FrameList& lead, FrameList& other, const KeyOf& key_of_lead, const KeyOf& key_of_other) {
  const FrameIndex leads(lead, key_of_lead), others(other, key_of_other);
  std::vector<std::optional<std::size_t>> partners(other.size());
  bool any = false;
  for (std::size_t i = 0; i < other.size(); ++i) {
    const std::string key = others.key(i);
    if (others.only(key)) partners[i] = leads.only(key);
    any = any || partners[i];
  }
  if (!any) return false;
  other.edit([&](Frame& frame) {
    if (const auto partner = partners[frame.index]) {
      frame.scene = lead.scene(*partner);
      frame.name = lead.name(*partner);
    }
    return true;
  });
  return true;
}

bool join_by(const FrameList& lead, FrameList& other, const KeyOf& key_of) {
  return join_by(lead, other, key_of, key_of);
}

// The folders that every frame lies in, "result/raw"; "" where there are none.
std::string shared_folders(const FrameList& frames) {
  if (frames.empty()) return "";
  std::string shared(frames.scene(0));
  for (std::size_t i = 1; i < frames.size() && !shared.empty(); ++i) {
    const std::string scene(frames.scene(i));
    while (!shared.empty() && scene != shared && !scene.starts_with(shared + "/"))
      shared.erase(shared.rfind('/') == shared.npos ? 0 : shared.rfind('/'));
  }
  return shared;
}

bool share_an_id(const FrameList& lead, const FrameList& other) {
  const FrameIndex leads(lead);
  for (std::size_t i = 0; i < other.size(); ++i)
    if (leads.contains(other.id(i))) return true;
  return false;
}

using View = std::string_view;

std::string name_alone(View, View name) { return std::string(name); }
std::string joined_id(View scene, View name) { return underscored(frame_id(scene, name)); }
std::string plain_id(View scene, View name) { return frame_id(scene, without_additions(name)); }
std::string plain_name(View, View name) { return without_additions(name); }
std::string number_id(View scene, View name) { return with_plain_numbers(plain_id(scene, name)); }
std::string number_name(View scene, View name) { return with_plain_numbers(plain_name(scene, name)); }

// joined_id below folders that the scene begins with.
KeyOf joined_id_below(const std::string& folders) {
  return [skip = folders.size()](View scene, View name) {
    return joined_id(scene.substr(std::min(scene.size(), skip + 1)), name);
  };
}

}  // namespace

std::string join_frames(const FrameList& lead, FrameList& other) {
  if (share_an_id(lead, other)) return "";
  const bool one_has_no_scenes = without_scenes(lead) != without_scenes(other);
  if (one_has_no_scenes && join_by(lead, other, name_alone))
    return "file name alone, one of them has no scene folders";
  if (one_has_no_scenes && join_by(lead, other, joined_id)) return "scene and name written as one word";
  if (join_by(lead, other, plain_id)) return "names without what was added to them";
  if (one_has_no_scenes && join_by(lead, other, plain_name))
    return "names without what was added to them, one of them has no scene folders";
  if (join_by(lead, other, number_id)) return "names whose numbers are compared as numbers";
  if (one_has_no_scenes && join_by(lead, other, number_name))
    return "names whose numbers are compared as numbers, one of them has no scene folders";
  // Only ever one side's: without both, kitchen/1 and bathroom/1 would be one frame.
  if (const std::string below = shared_folders(other);
      !below.empty() && join_by(lead, other, joined_id, joined_id_below(below)))
    return "scene and name written as one word, below " + below;
  if (const std::string below = shared_folders(lead);
      !below.empty() && join_by(lead, other, joined_id_below(below), joined_id))
    return "scene and name written as one word, below " + below;
  return "";
}

}  // namespace depthmill::data
