#include "stages/data/rules.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "stages/data/list_file.h"
#include "stages/data/path_pattern.h"
#include "stages/data/plane_names.h"
#include "stages/io/plane_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

struct Rule {
  const PathRule* row;
  PathPattern pattern;
};

std::vector<Rule> compiled(std::span<const PathRule> rows) {
  std::vector<Rule> rules;
  for (const PathRule& row : rows) rules.push_back({&row, PathPattern(row.pattern)});
  return rules;
}

// The path without its ending, as fs::path::extension() has it; asked of every file by every layout.
std::string_view without_ending(std::string_view path) {
  const std::size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  const std::size_t dot = path.rfind('.');
  return dot == path.npos || dot <= name ? path : path.substr(0, dot);
}

std::string ending_of(std::string_view path) {
  std::string ending(path.substr(without_ending(path).size()));
  if (!ending.empty()) ending.erase(0, 1);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

// A file with the rule it follows.
struct Ruled {
  const Rule* rule = nullptr;
  PathPattern::Match key;
};

// `above`: the name of the root's own folder with a '/', or nothing.
Ruled rule_for(const std::vector<Rule>& rules, const std::string& above, const std::string& path,
               bool any_ending) {
  const std::string ending = ending_of(path);
  std::string joined;
  std::string_view stem = without_ending(path);
  if (!above.empty()) stem = joined.append(above).append(stem);
  for (const Rule& rule : rules) {
    if (!any_ending && !rule.row->endings.empty() && place_in_list(rule.row->endings, ending) < 0) continue;
    if (auto key = rule.pattern.match(stem)) return {&rule, std::move(*key)};
  }
  return {};
}

std::string own_name(const Tree& tree) {
  const std::string name =
      fs::absolute(tree.root() / "x").lexically_normal().parent_path().filename().string();
  return name.empty() ? "" : name + "/";
}

struct Count {
  std::size_t files = 0, ruled = 0, telling = 0;
};

// Is over when more than `most_others` files follow no rule.
Count count(const Tree& tree, const std::vector<Rule>& rules, const std::string& above, bool any_ending,
            std::size_t most_others = std::numeric_limits<std::size_t>::max()) {
  Count count;
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files) {
      if (!io::format_of_name(name)) continue;
      ++count.files;
      const Ruled ruled = rule_for(rules, above, folder.below(name), any_ending);
      if (!ruled.rule) {
        if (count.files - count.ruled > most_others) return count;
        continue;
      }
      ++count.ruled;
      count.telling += ruled.rule->row->telling ? 1 : 0;
    }
  return count;
}

bool has_mark(const Tree& tree, std::string_view mark) {
  const bool wants_folder = mark.ends_with('/');
  const std::string name(mark.substr(0, mark.size() - (wants_folder ? 1 : 0)));
  for (const FolderListing& folder : tree.folders()) {
    const std::string last = fs::path(folder.below_root).filename().string();
    if (wants_folder ? last == name : std::binary_search(folder.files.begin(), folder.files.end(), name))
      return true;
  }
  return false;
}

using Key = std::pair<std::string, std::string>;

// The plane of the request that a file of this rule serves best; "" when none.
std::string best_plane(const PlaneRequest& request, const PathRule& rule, bool borrows) {
  std::string best;
  int least = 0;
  for (const std::string& plane : request.planes)
    if (const int place = place_in_list(rule.planes, plane); place >= 0 && (best.empty() || place < least))
      best = plane, least = place;
  return best.empty() && borrows && place_in_list(rule.planes, plane::kRgb) == 0 ? request.planes.front()
                                                                                 : best;
}

// Rules that know a file of depth by its path alone, of every layout.
struct KnownRules {
  const Layout* layout;
  std::vector<Rule> rules;
};
std::vector<KnownRules> known_rules() {
  std::vector<KnownRules> known;
  for (const Layout* layout : layouts()) {
    KnownRules& row = known.emplace_back(KnownRules{layout, {}});
    for (const PathRule& rule : layout->rules) {
      const std::string first(rule.planes.substr(0, rule.planes.find(' ')));
      if (rule.telling && plane_kind(first) == PlaneKind::kDepth && first != kMaskPlane)
        row.rules.push_back({&rule, PathPattern(rule.pattern)});
    }
  }
  return known;
}

}  // namespace

KnownFile known_by_path(const fs::path& file) {
  static const std::vector<KnownRules> known = known_rules();
  const std::string path = fs::path(file).relative_path().generic_string();
  for (const KnownRules& row : known)
    if (const Ruled ruled = rule_for(row.rules, "", path, false); ruled.rule)
      return {row.layout, ruled.rule->row};
  return {};
}

bool follows(const Tree& tree, std::span<const PathRule> rows, std::span<const std::string_view> marks) {
  const std::vector<Rule> rules = compiled(rows);
  std::size_t files = 0;
  for (const FolderListing& folder : tree.folders()) files += folder.files.size();
  for (const std::string& above : {std::string(), own_name(tree)}) {
    const Count found = count(tree, rules, above, false, files / 2);
    if (found.ruled == 0 || 2 * found.ruled < found.files) continue;
    const bool marked =
        std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) { return has_mark(tree, mark); });
    if (found.telling > 0 || marked) return true;
  }
  return false;
}

Listing list_by_rules(const PlaneRequest& request, const Tree& tree, const Layout& layout,
                      std::span<const PathRule> rows) {
  const std::vector<Rule> rules = compiled(rows);
  const bool rows_are_the_users = layout.rules.empty() && !layout.detect;  // not a data set's
  const PlaneRow* first = find_plane_row(request.planes.front());
  const bool borrows = first && first->traits.named_like_image;
  std::string above;
  if (count(tree, rules, above, borrows).ruled == 0) above = own_name(tree);

  // Of several files for one plane the earlier rule wins, and its earlier ending.
  struct Found {
    std::ptrdiff_t place;
    int ending;
    fs::path file;
    const PathRule* row;
    bool before(const Found& other) const {
      return std::tie(place, ending) < std::tie(other.place, other.ending);
    }
  };
  std::map<Key, std::map<std::string, Found>> frames;
  std::map<Key, std::vector<fs::path>> masks;
  Listing listing;
  listing.failures = unread_folders(tree.folders());
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files) {
      ++listing.files;
      const fs::path file = folder.folder / name;
      const auto leave_out = [&](std::string why) { listing.left_out.push_back({file, std::move(why)}); };
      const Ruled ruled = rule_for(rules, above, folder.below(name), borrows);
      if (!ruled.rule) {
        leave_out(is_list_name(name)         ? "lists"
                  : io::format_of_name(name) ? "of other names than the layout has"
                                             : "of no format that is read");
        continue;
      }
      const PathRule& row = *ruled.rule->row;
      const Key key{ruled.key.scene, ruled.key.frame};
      if (row.planes == kMaskPlane && request.planes.front() != kMaskPlane) {
        masks[key].push_back(file);
        continue;
      }
      // One file may be colour and depth: then a rule of the same pattern follows for each.
      bool taken = false;
      for (const PathRule& other : rows) {
        if (other.pattern != row.pattern || other.endings != row.endings) continue;
        const std::string plane = best_plane(request, other, borrows);
        if (plane.empty()) continue;
        taken = true;
        Found found{&other - rows.data(), place_in_list(other.endings, ending_of(name)), file, &other};
        const auto [at, is_new] = frames[key].try_emplace(plane, found);
        if (is_new) continue;
        if (found.before(at->second)) std::swap(found, at->second);
        const bool alike = found.row == at->second.row && found.ending == at->second.ending;
        if (alike && rows_are_the_users)
          throw std::runtime_error(request.layout + ": " + at->second.file.string() + " and " +
                                   found.file.string() + " are both " + plane + " of frame " + key.second +
                                   (key.first.empty() ? "" : " of " + key.first) +
                                   "; let {scene/} or another {frame} tell them apart");
        listing.left_out.push_back({found.file, "of a frame that has another file"});
      }
      if (!taken) leave_out("of plane " + std::string(row.planes.substr(0, row.planes.find(' '))));
    }
  listing.how = layout.remark;
  for (auto& [key, planes] : frames) {
    Frame frame;
    std::tie(frame.scene, frame.name) = key;
    for (auto& [plane, found] : planes) {
      PlaneSource& source = frame.sources[plane] = source_for(request, layout, found.file);
      if (source.name.empty()) source.name = found.row->variable;
      if (found.row->depth_scale > 0 && !request.depth_scale) source.depth_scale = found.row->depth_scale;
      const PlaneRow* row = find_plane_row(plane);
      if (const auto at = masks.find(key); at != masks.end() && row && row->traits.holes)
        source.coding.masks = at->second;
    }
    listing.frames.push_back(std::move(frame));
  }
  return listing;
}

}  // namespace depthmill::data
