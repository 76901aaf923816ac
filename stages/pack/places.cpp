#include "stages/pack/places.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>

#include "stages/io/safe_name.h"

namespace depthmill::pack {
namespace {

constexpr std::size_t kNumbers = 100'000;  // that five digits count
constexpr std::size_t kDigits = 5;

// The number that a frame is called by; kNumbers when it is no such name.
std::size_t own_number(std::string_view name) {
  if (name.empty() || name.size() > kDigits) return kNumbers;
  std::size_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return kNumbers;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number;
}

struct Scene {
  std::vector<std::size_t> frames;  // places in the list
  std::set<std::size_t> numbers;
  bool numbered = true;  // every frame is called by a number of its own
};

}  // namespace

std::string packed_scene(std::string_view scene) {
  if (scene.empty()) return "scene";
  std::string name(scene);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c == '/' || std::isspace(c); }, '_');
  name = io::file_name(name).string();
  std::replace(name.begin(), name.end(), '/', '_');  // a name too long for one level
  return name;
}

Places::Places(const FrameList& frames, const Split& split, std::size_t first_number) {
  std::map<std::string, Scene> scenes;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Scene& scene = scenes[std::string(frames.scene(i))];
    scene.frames.push_back(i);
    const std::size_t number = own_number(frames.name(i));
    scene.numbered = scene.numbered && number < kNumbers && scene.numbers.insert(number).second;
  }
  entries_.resize(frames.size());
  std::map<std::string, std::string> packed;
  for (const auto& [name, scene] : scenes) {
    const auto [at, fresh] = packed.try_emplace(packed_scene(name), name);
    if (!fresh)
      throw std::runtime_error("scenes '" + at->second + "' and '" + name + "' would both become '" +
                               at->first + "': rename one");
    if (!scene.numbered && scene.frames.size() + first_number > kNumbers)
      throw std::runtime_error("scene '" + name + "' has more frames than the layout's five digits count: " +
                               std::to_string(scene.frames.size()) + "; --every takes fewer");
    for (std::size_t k = 0; k < scene.frames.size(); ++k) {
      const std::size_t i = scene.frames[k];
      const Part part = split.part_of(name, std::string(frames.name(i)));
      const std::size_t number = scene.numbered ? own_number(frames.name(i)) : first_number + k;
      entries_[i] = {static_cast<std::uint32_t>(number), 0, part};
    }
  }
  for (Entry& entry : entries_)
    entry.in_part = static_cast<std::uint32_t>(parts_[static_cast<std::size_t>(entry.part)]++);
}

Place Places::of(const Frame& frame) const {
  const Entry& entry = entries_.at(frame.index);
  return {packed_scene(frame.scene), frame.name, frame.id(), entry.part, entry.number, entry.in_part};
}

}  // namespace depthmill::pack
