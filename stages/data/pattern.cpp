// Layout pattern: whatever lies where the user's own patterns say, in place of a layout's name (path_pattern.h):
// --layout 'scene/{frame}_rgb.png,scene/{frame}_depth.png'. Which planes a
// pattern's files are is told by its words, as folder.h reads them: 'scene/{frame}_rgb.png', 'depth/{frame}.npy'. One
// without a word stands for the pictures where another one speaks of depth, else for whatever is asked for.
#include <algorithm>
#include <deque>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "stages/data/folder.h"
#include "stages/data/layout.h"
#include "stages/data/path_pattern.h"
#include "stages/data/plane_names.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

// The pattern with its braces and stars taken out: what is left are words.
std::string words_of(const std::string& pattern) {
  std::string words;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '{') inside = true;
    if (!inside && c != '*') words += c;
    if (c == '}') inside = false;
  }
  return words;
}

PlaneName name_of_files(const std::string& pattern) {
  const fs::path words(words_of(pattern));
  const PlaneName name = parse_plane_name("x_" + words.filename().string() + ".png");
  if (name.kind != NameKind::kBare) return name;
  PlaneName role = {{}, NameKind::kBare, {}};
  for (const fs::path& part : words.parent_path())
    if (const PlaneName of_folder = folder_role(part.string()); of_folder.kind == NameKind::kWord)
      role = of_folder;
  return role;
}

std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

Listing list_patterns(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  if (request.layout.find('{') == std::string::npos)
    throw std::runtime_error(
        request.where.string() +
        ": a pattern stands in place of its layout's name: --layout '{scene}/{frame}_rgb.png'");
  if (!tree.is_folder()) throw std::runtime_error(request.where.string() + ": is not a folder");
  std::deque<std::string> texts;  // rules only look at them
  std::vector<PathRule> rules, bare;
  const auto kept = [&](std::string text) -> std::string_view { return texts.emplace_back(std::move(text)); };
  for (std::string pattern : comma_separated(request.layout)) {
    while (pattern.starts_with("./")) pattern.erase(0, 2);
    std::string ending;
    if (const std::size_t dot = pattern.rfind('.'); dot != pattern.npos && dot + 1 < pattern.size() &&
                                                    pattern.find_first_of("{}*/", dot) == pattern.npos) {
      ending = pattern.substr(dot + 1);
      for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      pattern.erase(dot);
    }
    try {
      const PathPattern readable(pattern);
    } catch (const std::invalid_argument& e) {
      throw std::runtime_error(e.what());
    }
    const PlaneName name = name_of_files(pattern);
    PathRule rule{.pattern = kept(pattern), .endings = kept(ending), .planes = {}};
    if (name.mask) rule.planes = kMaskPlane;
    if (name.kind != NameKind::kBare && !name.mask) rule.planes = kept(std::string(name.planes));
    (rule.planes.empty() ? bare : rules).push_back(rule);
  }
  const bool of_depth = std::any_of(rules.begin(), rules.end(), [](const PathRule& rule) {
    const std::string first(rule.planes.substr(0, rule.planes.find(' ')));
    return plane_kind(first) == PlaneKind::kDepth;
  });
  std::string asked;
  for (const std::string& plane : request.planes) asked += (asked.empty() ? "" : " ") + plane;
  for (PathRule& rule : bare) rule.planes = of_depth ? std::string_view(plane::kRgb) : kept(asked);
  rules.insert(rules.end(), bare.begin(), bare.end());
  // A file that two patterns fit is that of the one which says more: {frame}_filled_depth before {frame}_depth.
  std::stable_sort(rules.begin(), rules.end(), [](const PathRule& a, const PathRule& b) {
    return words_of(std::string(a.pattern)).size() > words_of(std::string(b.pattern)).size();
  });
  return list_by_rules(request, tree, layout, rules);
}

}  // namespace

extern const Layout kPatternLayout;

const Layout kPatternLayout = {
    .name = "pattern",
    .gives = "",
    .help = "a path pattern in place of the name: 'scene/{frame}_rgb.png,scene/{frame}_depth.png'",
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_patterns(request, tree, kPatternLayout); },
};

}  // namespace depthmill::data
