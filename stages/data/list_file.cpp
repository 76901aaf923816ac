// Layout list: text files with one frame a line; and thinning out a listing by such a list.

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "stages/data/folder.h"
#include "stages/data/list_planes.h"
#include "stages/data/plane_names.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/plane_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

// The file a word of the list means: as it stands when absolute and there, else below the list's folder.
fs::path resolve_listed(const fs::path& list, const std::string& word) {
  const fs::path path(word);
  std::error_code ignored;
  if (path.is_absolute() && fs::exists(path, ignored)) return path;
  return list.parent_path() / path.relative_path();
}

// The words of each line that has any; comments ('#' at the start of a line) and a byte-order mark are
// dropped. A line that names an existing file as a whole, spaces and all, is one word.
std::vector<std::vector<std::string>> read_list(const fs::path& list) {
  if (const auto refusal = io::refusal_of(list))
    throw std::runtime_error(list.string() + ": " + refusal->why);
  std::ifstream in(list);
  if (!in) throw std::runtime_error(list.string() + ": cannot be opened");
  std::vector<std::vector<std::string>> rows;
  bool first = true;
  for (std::string line; std::getline(in, line); first = false) {
    if (first && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (row.empty()) continue;
    std::error_code ignored;
    if (row.size() > 1 && fs::is_regular_file(resolve_listed(list, line), ignored)) row = {line};
    rows.push_back(std::move(row));
  }
  return rows;
}

using Key = std::pair<std::string, std::string>;  // scene, frame

std::string id_of(const Key& key) { return key.first.empty() ? key.second : key.first + "/" + key.second; }

// Scene and frame that a path in a list stands for.
Key key_of_listed(const std::string& word) {
  const fs::path path = fs::path(word).lexically_normal();
  std::error_code ignored;
  const bool as_it_stands = path.is_absolute() && fs::exists(path, ignored);
  const fs::path parent = path.parent_path();
  std::string scene = (as_it_stands ? parent.filename() : parent.relative_path()).generic_string();
  if (scene == ".") scene.clear();
  return {scene, frame_name(parse_plane_name(path.filename().string()), path)};
}

bool is_list(const fs::path& where) {
  std::error_code ignored;
  return where.extension() == ".txt" && !fs::is_directory(where, ignored);
}

// In the order of the list, each frame once.
Listing list_listed(const PlaneRequest& request) {
  const std::string& plane = request.planes.front();
  const bool first_column = plane_kind(plane) == PlaneKind::kRgb || plane == plane::kPred;
  Listing listing;
  std::map<Key, std::size_t> places;
  for (const auto& row : read_list(request.where)) {
    const std::string& word = row[first_column || row.size() < 2 ? 0 : 1];
    const Key key = key_of_listed(row[0]);
    const auto [at, is_new] = places.emplace(key, listing.frames.size());
    if (is_new) {
      Frame& frame = listing.frames.emplace_back();
      std::tie(frame.scene, frame.name) = key;
    }
    Frame& frame = listing.frames[at->second];
    if (word == "None" || frame.sources.contains(plane)) continue;
    const fs::path file = resolve_listed(request.where, word);
    frame.sources[plane] = source_for(request, file);
    std::error_code ignored;
    if (!fs::exists(file, ignored))
      frame.fail(kListStage, FailureReason::kMissingFile,
                 frame.id() + ": " + file.string() + " is not there");
  }
  return listing;
}

}  // namespace

void keep_listed(Listing& listing, const fs::path& list) {
  std::map<std::string, std::vector<std::size_t>> by_id, by_name;
  for (std::size_t i = 0; i < listing.frames.size(); ++i) {
    by_id[listing.frames[i].id()].push_back(i);
    by_name[listing.frames[i].name].push_back(i);
  }
  std::set<std::size_t> kept;
  for (const auto& row : read_list(list)) {
    const Key key = key_of_listed(row[0]);
    const std::string as_it_stands = fs::path(row[0]).lexically_normal().generic_string();
    // A path may carry folders above the scene, so its last folder alone may be the scene.
    const std::string last_folder = fs::path(key.first).filename().string();
    const std::vector<std::size_t>* found = nullptr;
    for (const std::string& id : {as_it_stands, id_of(key), id_of({last_folder, key.second})})
      if (const auto at = by_id.find(id); !found && at != by_id.end()) found = &at->second;
    // A name alone decides only where the line or the frame has no scene to contradict it.
    for (const std::string& name : {as_it_stands, key.second})
      if (const auto at = by_name.find(name); !found && at != by_name.end() && at->second.size() == 1)
        if (key.first.empty() || listing.frames[at->second[0]].scene.empty()) found = &at->second;
    if (found)
      kept.insert(found->begin(), found->end());
    else
      listing.failures.push_back({key.first, FailureReason::kMissingFile,
                                  list.string() + " lists " + row[0] + ", which is none of the frames"});
  }
  std::vector<Frame> frames;
  for (std::size_t i : kept) frames.push_back(std::move(listing.frames[i]));
  listing.frames = std::move(frames);
  number_frames(listing.frames);
}

extern const Layout kListLayout;

const Layout kListLayout = {
    .name = "list",
    .gives = "",
    .help = "a list (.txt), one frame a line: path of the image, then optionally of its depth, focal length",
    .detect = is_list,
    .list = list_listed,
};

}  // namespace depthmill::data
