#include "stages/data/plane_names.h"

#include <cctype>
#include <filesystem>

#include "stages/base/planes.h"

namespace depthmill::data {
namespace {

// A word in a file name and the planes it may stand for, best first, separated by spaces.
struct PlaneWord {
  std::string_view word;
  std::string_view planes;
};

// Longer words before those they contain.
constexpr PlaneWord kWords[] = {
    {"sync_depth", "gt raw_depth depth"},
    {"groundtruth_depth", "gt"},
    {"velodyne_raw", "raw_depth gt"},
    {"depth_filled", "depth gt"},
    {"depth_bfx", "depth gt"},
    {"depth_raw", "raw_depth gt"},
    {"raw_depth", "raw_depth gt"},
    {"rawdepths", "raw_depth gt"},
    {"rawdepth", "raw_depth gt"},
    {"depths", "depth gt raw_depth pred"},
    {"depth", "depth gt raw_depth pred"},
    {"filled", "depth gt"},
    {"ground_truth", "gt"},
    {"groundtruth", "gt"},
    {"gt", "gt"},
    {"prediction", "pred"},
    {"predictions", "pred"},
    {"pred", "pred"},
    {"images", "rgb"},
    {"image", "rgb"},
    {"img", "rgb"},
    {"colours", "rgb"},
    {"colour", "rgb"},
    {"colors", "rgb"},
    {"color", "rgb"},
    {"rgb", "rgb"},
    {"labels", "labels"},
    {"label", "labels"},
    {"instances", "instances"},
    {"instance", "instances"},
};

// What says where readings count.
constexpr std::string_view kMaskWords[] = {"mask_invalid", "mask_transp", "masks", "mask",
                                           "confidence",   "conf",        "valid"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_separator(char c) { return c == '_' || c == '-' || c == '.' || c == ' '; }

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Position of the word with no letter on either side, or npos.
std::size_t find_word(const std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return at;
  }
  return std::string::npos;
}

// The stem without the word, the two rests joined by one separator.
std::string without(const std::string& stem, std::size_t at, std::size_t length) {
  std::string before = stem.substr(0, at);
  std::string after = stem.substr(at + length);
  while (!after.empty() && is_separator(after.front())) after.erase(0, 1);
  if (after.empty() || before.empty())
    while (!before.empty() && is_separator(before.back())) before.pop_back();
  return before + after;
}

}  // namespace

int place_in_list(std::string_view list, std::string_view plane) {
  for (int place = 0; !list.empty(); ++place) {
    const std::size_t end = list.find(' ');
    if (list.substr(0, end) == plane) return place;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return -1;
}

PlaneName parse_plane_name(const std::string& file_name) {
  const std::string stem = std::filesystem::path(file_name).stem().string();
  const std::size_t dot = stem.rfind('.');
  if (dot != std::string::npos && dot > 0) {
    const std::string suffix = stem.substr(dot + 1);
    if (const PlaneRow* row = find_plane_row(suffix))
      return {stem.substr(0, dot), NameKind::kDotted, row->name, row->name};
  }
  const std::string plain = lower(stem);
  for (const std::string_view word : kMaskWords)
    if (const std::size_t at = find_word(plain, word); at != std::string::npos) {
      const PlaneName rest = parse_plane_name(without(stem, at, word.size()) + ".png");
      return {rest.frame, NameKind::kWord, {}, word, true};
    }
  for (const PlaneWord& row : kWords)
    if (const std::size_t at = find_word(plain, row.word); at != std::string::npos)
      return {without(stem, at, row.word.size()), NameKind::kWord, row.planes, row.word};
  return {stem, NameKind::kBare, {}};
}

}  // namespace depthmill::data
