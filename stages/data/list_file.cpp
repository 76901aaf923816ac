// Layout list: text files with one frame a line; and thinning out a listing by such a list.
#include "stages/data/list_file.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "stages/data/folder.h"
#include "stages/data/frame_index.h"
#include "stages/data/list_planes.h"
#include "stages/data/list_text.h"
#include "stages/data/plane_names.h"
#include "stages/data/rules.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/plane_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;

bool is_list_name(const fs::path& file) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".txt" || ending == ".csv" || ending == ".tsv" || ending == ".lst";
}

fs::path resolve_listed(const fs::path& list, const std::string& word) {
  const fs::path path(word);
  std::error_code ignored;
  if (path.is_absolute() && fs::exists(path, ignored)) return path;
  // Lists often lie in a folder of their own beside the data: then one of the folders above leads there.
  constexpr int kMostAbove = 2;
  const fs::path beside = list.parent_path() / path.relative_path();
  fs::path folder = fs::absolute(list, ignored).lexically_normal().parent_path();
  for (int above = 0; above < kMostAbove && !fs::exists(beside, ignored) && folder.has_relative_path();
       ++above) {
    folder = folder.parent_path();
    if (fs::exists(folder / path.relative_path(), ignored)) return folder / path.relative_path();
  }
  return beside;
}

namespace {

bool is_there(const fs::path& list, const std::string& word) {
  std::error_code ignored;
  return fs::is_regular_file(resolve_listed(list, word), ignored);
}

bool is_number(const std::string& word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size();
}

bool is_digits(const std::string& word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
}

// Windows' separator, where no file has it in its name.
std::string with_slashes(const fs::path& list, std::string word) {
  if (word.find('\\') == std::string::npos || is_there(list, word)) return word;
  std::replace(word.begin(), word.end(), '\\', '/');
  return word;
}

// Paths that hold blanks have come apart: the most words that are a file together are one. Nothing is joined
// that is no file.
std::vector<std::string> joined_where_files(const fs::path& list, const std::vector<std::string>& words) {
  constexpr std::size_t kMostJoined = 12;
  std::vector<std::string> joined;
  for (std::size_t at = 0; at < words.size();) {
    std::size_t taken = 1;
    std::string text = words[at], best = text;
    for (std::size_t next = at + 1; next < words.size() && next < at + kMostJoined; ++next) {
      text += " " + words[next];
      if (is_there(list, with_slashes(list, text))) best = text, taken = next + 1 - at;
    }
    joined.push_back(best);
    at += taken;
  }
  return joined;
}

// A first line that names its columns.
bool is_header(const std::vector<std::string>& words) {
  static const std::set<std::string> kNames{
      "rgb",  "image", "images", "color",     "colour", "img",        "depth",
      "gt",   "pred",  "time",   "timestamp", "focal",  "filename",   "file",
      "path", "scene", "frame",  "raw_depth", "mask",   "image_path", "depth_path"};
  return std::all_of(words.begin(), words.end(), [](std::string word) {
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return kNames.contains(word);
  });
}

}  // namespace

std::vector<ListedFrame> read_list(const fs::path& list) {
  if (const auto refusal = io::refusal_of(list))
    throw std::runtime_error(list.string() + ": " + refusal->why);
  std::ifstream in(list, std::ios::binary);
  if (!in) throw std::runtime_error(list.string() + ": cannot be opened");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<ListedFrame> listed;
  for (const ListLine& line : parse_list(bytes, list.string())) {
    if (listed.empty() && is_header(line.words)) continue;
    ListedFrame frame{line.number, {}};
    // "<date>/<drive>_sync 69 l", as monodepth2's lists name frames of KITTI's left and right colour camera.
    if (line.words.size() == 3 && (line.words[2] == "l" || line.words[2] == "r") &&
        is_digits(line.words[1])) {
      const std::string number(10 - std::min<std::size_t>(10, line.words[1].size()), '0');
      frame.paths.push_back(line.words[0] + (line.words[2] == "l" ? "/image_02" : "/image_03") + "/data/" +
                            number + line.words[1] + ".png");
      listed.push_back(std::move(frame));
      continue;
    }
    const bool apart = line.by_blanks && line.words.size() > 1 && !is_there(list, line.words[0]);
    for (const std::string& word : apart ? joined_where_files(list, line.words) : line.words) {
      if (word.empty()) continue;
      // A number can be a frame's name, where the line says nothing else.
      if (line.words.size() > 1 && is_number(word) && !is_there(list, word)) {
        frame.timed |= frame.paths.empty();
        continue;
      }
      frame.paths.push_back(with_slashes(list, word));
    }
    if (frame.paths.empty()) frame.paths.push_back(line.words[0]), frame.timed = false;
    listed.push_back(std::move(frame));
  }
  return listed;
}

namespace {

// The plane that folders and names of a path speak of, deepest first; "" where none does.
std::string_view planes_in(const std::string& path) {
  const fs::path file(path);
  const PlaneName name = parse_plane_name(file.filename().string());
  if (name.kind != NameKind::kBare) return name.planes;
  std::string_view planes;
  for (const fs::path& part : file.parent_path())
    if (const PlaneName role = folder_role(part.string()); role.kind == NameKind::kWord) planes = role.planes;
  return planes;
}

using Key = std::pair<std::string, std::string>;  // scene, frame

// Scene and frame that a path in a list stands for. `worded`: a word for a plane in the file's name is no part of the
// frame's.
Key key_of_listed(const std::string& word, bool worded) {
  const fs::path path = fs::path(word).lexically_normal();
  std::error_code ignored;
  const bool as_it_stands = path.is_absolute() && fs::exists(path, ignored);
  const fs::path parent = path.parent_path();
  std::string scene = (as_it_stands ? parent.filename() : parent.relative_path()).generic_string();
  if (scene == ".") scene.clear();
  if (!worded) return {scene, path.stem().string()};
  return {scene, frame_name(parse_plane_name(path.filename().string()), path)};
}

bool holds(const fs::path& file, std::string_view plane) {
  const io::FileFormat* format = io::find_format(io::parse_plane_argument(file.string()).file);
  return format && format->reads.has(plane_kind(std::string(plane)));
}

// Does the word for a plane in the name of a listed file say what it is? In a column of its own where it is what is asked
// for; beside a partner where the file can be that plane ("depth-of-field.jpg" is no depth).
bool word_counts(const std::string& word, const PlaneRequest& request, bool paired) {
  const PlaneName name = parse_plane_name(fs::path(word).filename().string());
  if (name.kind == NameKind::kBare) return false;
  if (name.mask) return true;
  if (paired) return holds(word, name.planes.substr(0, name.planes.find(' ')));
  return std::any_of(request.planes.begin(), request.planes.end(),
                     [&](const std::string& plane) { return place_in_list(name.planes, plane) >= 0; });
}

// As key_of_listed; a last folder that only says which plane its files are ("rgb/1.5.png" beside
// "depth/1.6.png") is no scene.
Key key_of_frame(const PlaneRequest& request, const ListedFrame& listed, const ListedPair& pair) {
  const std::string& word = pair.first.empty() ? pair.second : pair.first;
  Key key = key_of_listed(word, word_counts(word, request, listed.paths.size() > 1));
  const fs::path scene(key.first);
  const PlaneName role = folder_role(scene.filename().string());
  if (role.kind != NameKind::kWord) return key;
  const bool told_apart =
      listed.timed || (!pair.first.empty() && !pair.second.empty() &&
                       fs::path(pair.first).parent_path() != fs::path(pair.second).parent_path());
  if (told_apart) key.first = scene.parent_path().generic_string();
  return key;
}

// Lists of known sets name files whose unit their paths tell ("proj_depth/groundtruth" of KITTI): reads them so, and
// returns the name of the layout; "" where it is not told, or somebody has said otherwise.
std::string read_as_known(const PlaneRequest& request, const Layout& layout, const std::string& plane,
                          PlaneSource& source) {
  if (!layout.general || request.depth_scale || plane_kind(plane) != PlaneKind::kDepth) return "";
  const KnownFile known = known_by_path(source.file);
  if (!known.layout) return "";
  PlaneSource as_known = source_for(request, *known.layout, source.file);
  if (known.rule->depth_scale > 0) as_known.depth_scale = known.rule->depth_scale;
  as_known.name = source.name.empty() ? std::string(known.rule->variable) : source.name;
  const bool same = as_known.depth_scale == source.depth_scale && as_known.name == source.name &&
                    as_known.coding.rotated_bits == source.coding.rotated_bits &&
                    as_known.coding.no_reading == source.coding.no_reading;
  source = std::move(as_known);
  return same ? "" : std::string(known.layout->name);
}

}  // namespace

// Lines that name different files under one frame's name keep
// their files' whole names, so that each has an output of its own.
Listing list_lines(const PlaneRequest& request, const Layout& layout) {
  const std::string& plane = request.planes.front();
  const bool first_column = plane_kind(plane) == PlaneKind::kRgb || plane == plane::kPred;
  struct Line {
    Key key;
    std::string first, word;
  };
  std::vector<Line> lines;
  std::map<Key, std::set<std::string>> files_of;
  const std::vector<ListedFrame> all = read_list(request.where);
  if (all.empty()) throw std::runtime_error(request.where.string() + ": is a list without a line");
  for (const ListedFrame& listed : all) {
    const ListedPair pair = pair_of(listed);
    const bool alone = pair.first.empty() || pair.second.empty();
    // A single column is whatever is asked for.
    const std::string& word = alone && listed.paths.size() == 1 ? listed.paths[0]
                              : first_column                    ? pair.first
                                                                : pair.second;
    const Key key = key_of_frame(request, listed, pair);
    const std::string& first = pair.first.empty() ? pair.second : pair.first;
    files_of[key].insert(first);
    lines.push_back({key, first, word});
  }
  std::map<Key, Line*> of_frame;  // its first line, with the first word that is there
  for (Line& line : lines) {
    if (files_of[line.key].size() > 1) line.key.second = fs::path(line.first).filename().string();
    Line& first = *of_frame.emplace(line.key, &line).first->second;
    if (first.word.empty()) first.word = line.word;
  }
  Listing listing;
  std::set<std::string> known;  // layouts whose files are listed
  for (const Line& line : lines) {
    if (of_frame.at(line.key) != &line) continue;
    Frame frame;
    std::tie(frame.scene, frame.name) = line.key;
    if (!line.word.empty()) {
      PlaneSource& source = frame.sources[plane] =
          source_for(request, layout, resolve_listed(request.where, line.word));
      std::error_code ignored;
      if (const PlaneSource inside = io::parse_plane_argument(line.word);  // FILE:NAME, a map of a stack
          !inside.name.empty() && !fs::exists(source.file, ignored)) {
        source.file = resolve_listed(request.where, inside.file.string());
        source.name = inside.name;
      }
      if (!fs::exists(source.file, ignored))
        frame.fail(kListStage, FailureReason::kMissingFile,
                   frame.id() + ": " + source.text() + " is not there");
      if (const std::string name = read_as_known(request, layout, plane, source); !name.empty())
        known.insert(name);
    }
    listing.frames.push_back(std::move(frame));
  }
  for (const std::string& name : known)
    listing.how += (listing.how.empty() ? "depth by its paths as that of layout " : ", ") + name;
  return listing;
}

bool names_times_and_pairs(const fs::path& list) try {
  const std::vector<ListedFrame> all = read_list(list);
  return !all.empty() && std::all_of(all.begin(), all.end(), [](const ListedFrame& listed) {
    if (!listed.timed || listed.paths.size() < 2) return false;
    const ListedPair pair = pair_of(listed);
    const auto depth = planes_in(pair.second);
    return planes_in(pair.first) == plane::kRgb && !depth.empty() &&
           plane_kind(std::string(depth.substr(0, depth.find(' ')))) == PlaneKind::kDepth;
  });
} catch (const std::runtime_error&) {
  return false;  // who reads it will say why
}

ListedPair pair_of(const ListedFrame& listed) {
  const auto there = [](const std::string& word) { return word == "None" ? std::string() : word; };
  ListedPair pair{there(listed.paths[0]), listed.paths.size() > 1 ? there(listed.paths[1]) : ""};
  if (listed.paths.size() < 2) return pair;
  const bool colour_second = place_in_list(planes_in(listed.paths[1]), plane::kRgb) == 0;
  const bool depth_first =
      plane_kind(std::string(planes_in(listed.paths[0]).substr(0, planes_in(listed.paths[0]).find(' ')))) ==
          PlaneKind::kDepth &&
      !planes_in(listed.paths[0]).empty();
  if (colour_second && depth_first) std::swap(pair.first, pair.second);
  return pair;
}

namespace {

// The scenes that the folders of a listed path may mean, the likeliest first. A path may carry folders above the scene,
// and folders below it that only say what lies in them ("<drive>_sync/image_02/data" of KITTI).
std::vector<std::string> possible_scenes(const std::string& folders) {
  std::vector<std::string> scenes;
  const auto add_ends_of = [&](std::string path) {
    for (;;) {
      scenes.push_back(path);
      const std::size_t slash = path.find('/');
      if (slash == path.npos) return;
      path.erase(0, slash + 1);
    }
  };
  add_ends_of(folders);
  std::string above = folders;
  for (std::size_t slash = above.rfind('/'); slash != above.npos; slash = above.rfind('/')) {
    const std::string last = above.substr(slash + 1);
    if (last != "data" && last != "image_02" && folder_role(last).kind != NameKind::kWord) break;
    above.erase(slash);
    add_ends_of(above);
  }
  return scenes;
}

// By place: is the frame named in the list? Lines that name none become failures.
std::vector<bool> named_in(const fs::path& list, const FrameList& frames, std::vector<Remark>& failures) {
  const FrameIndex by_id(frames);
  const FrameIndex by_name(frames, [](std::string_view, std::string_view name) { return std::string(name); });
  std::vector<bool> named(frames.size());
  for (const ListedFrame& row : read_list(list)) {
    const std::string& word = row.paths[0];
    const Key key = key_of_listed(word, true);
    const std::string whole = key_of_listed(word, false).second;
    const std::string as_it_stands = fs::path(word).lexically_normal().generic_string();
    std::vector<std::size_t> found = by_id.find(as_it_stands);
    for (const std::string& name : {whole, key.second})
      for (const std::string& scene : possible_scenes(key.first))
        if (found.empty()) found = by_id.find(frame_id(scene, name));
    // A name alone decides only where the line or the frame has no scene to contradict it.
    for (const std::string& name : {as_it_stands, whole, key.second})
      if (const auto at = by_name.only(name); found.empty() && at)
        if (key.first.empty() || frames.scene(*at).empty()) found = {*at};
    for (const std::size_t place : found) named[place] = true;
    const bool without_truth = row.paths.size() > 1 && row.paths[1] == "None";
    if (found.empty() && !without_truth)
      failures.push_back({key.first, FailureReason::kMissingFile,
                          list.string() + ", line " + std::to_string(row.line) + " lists " + word +
                              ", which is none of the frames"});
  }
  return named;
}

}  // namespace

void keep_listed(Listing& listing, const fs::path& list) {
  const std::vector<bool> named = named_in(list, listing.frames, listing.failures);
  listing.frames.edit([&](const Frame& frame) { return named[frame.index]; });
}

void leave_out_listed(Listing& listing, const fs::path& list) {
  std::vector<Remark> not_there;
  const std::vector<bool> named = named_in(list, listing.frames, not_there);
  listing.frames.edit([&](const Frame& frame) { return !named[frame.index]; });
}

extern const Layout kListLayout;

const Layout kListLayout = {
    .name = "list",
    .gives = "",
    .help =
        "a list (.txt .csv .lst), one frame a line: path of the image, then optionally of its depth, focal "
        "length",
    .detect = [](const Tree& tree) { return tree.is_file() && is_list_name(tree.root()); },
    .list = [](const PlaneRequest& request, const Tree&) { return list_lines(request, kListLayout); },
    .general = true,
};

}  // namespace depthmill::data
