#include "stages/data/join_frames.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace depthmill::data {
namespace {

using Frames = std::vector<Frame>;
using KeyOf = std::function<std::string(const Frame&)>;

bool without_scenes(const Frames& frames) {
  return std::all_of(frames.begin(), frames.end(), [](const Frame& f) { return f.scene.empty(); });
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

std::string without_additions(std::string name) {
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
std::string with_plain_numbers(const std::string& name) {
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

// Places by key; npos where several frames have it.
std::unordered_map<std::string, std::size_t> unique_keys(const Frames& frames, const KeyOf& key) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto [at, is_new] = places.emplace(key(frames[i]), i);
    if (!is_new) at->second = std::string::npos;
  }
  return places;
}

// True when any frame has found its partner.
bool join_by(const Frames& lead, Frames& other, const KeyOf& key_of_lead, const KeyOf& key_of_other) {
  const auto leads = unique_keys(lead, key_of_lead), others = unique_keys(other, key_of_other);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const auto& [key, place] : others)
    if (const auto found = leads.find(key);
        place != std::string::npos && found != leads.end() && found->second != std::string::npos)
      pairs.emplace_back(place, found->second);
  for (const auto& [mine, theirs] : pairs) {
    other[mine].scene = lead[theirs].scene;
    other[mine].name = lead[theirs].name;
  }
  return !pairs.empty();
}

std::string name_of(const Frame& frame) { return frame.name; }
std::string joined_id(const Frame& frame) { return underscored(frame.id()); }

}  // namespace

std::string join_frames(const Frames& lead, Frames& other) {
  const auto id = [](const Frame& frame) { return frame.id(); };
  {
    const auto leads = unique_keys(lead, id);
    if (std::any_of(other.begin(), other.end(), [&](const Frame& f) { return leads.contains(f.id()); }))
      return "";
  }
  const bool one_has_no_scenes = without_scenes(lead) != without_scenes(other);
  if (one_has_no_scenes && join_by(lead, other, name_of, name_of))
    return "file name alone, one of them has no scene folders";
  if (one_has_no_scenes && join_by(lead, other, joined_id, joined_id))
    return "scene and name written as one word";
  const auto plain_id = [&](const Frame& frame) {
    return (frame.scene.empty() ? "" : frame.scene + "/") + without_additions(frame.name);
  };
  if (join_by(lead, other, plain_id, plain_id)) return "names without what was added to them";
  const auto plain_name = [](const Frame& frame) { return without_additions(frame.name); };
  if (one_has_no_scenes && join_by(lead, other, plain_name, plain_name))
    return "names without what was added to them, one of them has no scene folders";
  const auto number_id = [&](const Frame& frame) { return with_plain_numbers(plain_id(frame)); };
  if (join_by(lead, other, number_id, number_id)) return "names whose numbers are compared as numbers";
  const auto number_name = [&](const Frame& frame) { return with_plain_numbers(plain_name(frame)); };
  if (one_has_no_scenes && join_by(lead, other, number_name, number_name))
    return "names whose numbers are compared as numbers, one of them has no scene folders";
  return "";
}

}  // namespace depthmill::data
