#include "stages/pack/split.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "stages/base/quote.h"
#include "stages/io/key_table.h"
#include "stages/io/text_file.h"

namespace depthmill::pack {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// FNV-1a and a last stirring (splitmix64): the same on every machine.
std::uint64_t hash_of(std::uint64_t seed, std::string_view text) {
  std::uint64_t hash = 14695981039346656037ull ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ull;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebull;
  return hash ^ (hash >> 31);
}

// Ratio and seed of the text; false when it is no such thing.
bool read_ratio(std::string_view text, double& ratio, std::uint64_t& seed) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  try {
    io::read_value(std::string(text.substr(0, colon)), ratio);
    io::read_value(std::string(text.substr(colon + 1)), seed);
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

}  // namespace

bool is_ratio(std::string_view text) {
  double ratio = 0;
  std::uint64_t seed = 0;
  return read_ratio(text, ratio, seed);
}

std::string room_of(const std::string& scene) {
  const std::size_t n = scene.size();
  const bool part = n > 1 && scene[n - 1] >= 'a' && scene[n - 1] <= 'z' && is_digit(scene[n - 2]);
  return part ? scene.substr(0, n - 1) : scene;
}

std::map<std::string, Part> parse_split(const std::string& text, const std::string& file) {
  std::map<std::string, Part> parts;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string scene, part, more;
    if (!(words >> scene) || scene.starts_with('#')) continue;
    words >> part;
    if (words >> more || (part != "train" && part != "test"))
      throw io::TextFileError(file, number, in_quotes(line) + " is not 'SCENE train' or 'SCENE test'");
    const Part said = part == "train" ? Part::kTrain : Part::kTest;
    if (const auto [at, fresh] = parts.try_emplace(scene, said); !fresh && at->second != said)
      throw io::TextFileError(file, number, "scene " + in_quotes(scene) + " is for training and for testing");
  }
  return parts;
}

Split::Split(const std::string& text, const std::set<std::string>& scenes) {
  if (text.empty()) return;
  all_train_ = false;
  double ratio = 0;
  std::uint64_t seed = 0;
  if (read_ratio(text, ratio, seed)) {
    if (!(ratio > 0 && ratio < 1))
      throw std::runtime_error("split " + text + ": the ratio must lie between 0 and 1");
    std::set<std::string> rooms;
    for (const std::string& scene : scenes) rooms.insert(room_of(scene));
    if (rooms.size() < 2)
      throw std::runtime_error("split " + text +
                               ": by scene, and there is only one, so nothing can be split off");
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const std::string& room : rooms) order.emplace_back(hash_of(seed, room), room);
    std::sort(order.begin(), order.end());
    // At least one on either side.
    const auto train = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(ratio * static_cast<double>(order.size()))), 1,
        order.size() - 1);
    std::set<std::string> trained;
    for (std::size_t i = 0; i < train; ++i) trained.insert(order[i].second);
    for (const std::string& scene : scenes)
      parts_[scene] = trained.contains(room_of(scene)) ? Part::kTrain : Part::kTest;
    return;
  }
  file_ = text;
  parts_ = parse_split(io::read_text_file(text), text);
  for (const auto& [scene, part] : parts_)
    if (!scenes.contains(scene)) not_there_.push_back(scene);
}

Part Split::part_of(const std::string& scene, const std::string& frame) const {
  if (frames_) {
    const auto own = frames_->find(scene.empty() ? frame : scene + "/" + frame);
    if (own == frames_->end())
      throw std::runtime_error("frame '" + scene + "/" + frame + "' is neither for training nor for testing");
    return own->second;
  }
  if (all_train_) return Part::kTrain;
  const auto at = parts_.find(scene);
  if (at == parts_.end())
    throw std::runtime_error(file_ + ": does not say which part scene '" + scene + "' is of");
  return at->second;
}

}  // namespace depthmill::pack
