#include "stages/data/folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "stages/data/folders.h"
#include "stages/data/list_file.h"
#include "stages/data/plane_names.h"
#include "stages/io/plane_file.h"
#include "stages/nyu/timestamps.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

using Key = std::pair<std::string, std::string>;  // scene, frame

// How well a file fits: kind of name, place among the planes its word may mean, format, name. Less is better.
using Rank = std::tuple<int, int, int, std::string>;
constexpr int kBorrowedName = 3;  // first part of Rank: named like another plane

struct Found {
  Rank rank;
  PlaneSource source;
};
using Planes = std::map<std::string, Found>;  // plane name -> best file so far

// What one request gave.
struct Input {
  const PlaneRequest* request;
  std::map<Key, Planes> frames;
  std::vector<Key> order;  // of a list file; otherwise the map's own
  bool single = false;     // one file
};

bool is_colour(const std::string& plane) { return plane_kind(plane) == PlaneKind::kRgb; }

int format_rank(const fs::path& file, bool colour) {
  static const std::vector<std::string> depth{".h5", ".npy", ".mat", ".pfm", ".png"};
  static const std::vector<std::string> rgb{".png", ".ppm"};
  const auto& order = colour ? rgb : depth;
  const auto at = std::find(order.begin(), order.end(), file.extension().string());
  return static_cast<int>(at - order.begin());
}

// Can a file of this name hold the plane at all?
bool readable_as(const fs::path& file, const std::string& plane) {
  const io::Format* format = io::find_format(file);
  return format && place_in_list(format->reads, kind_name(plane_kind(plane))) >= 0;
}

// The plane of the request that the file serves, and how well; nullopt when none.
std::optional<std::pair<std::string, Rank>> match(const PlaneRequest& request, const fs::path& file,
                                                  const PlaneName& name, bool run_folder) {
  const std::string file_name = file.filename().string();
  const auto ranked = [&](int kind, int place, const std::string& plane) {
    return std::pair(plane, Rank{kind, place, format_rank(file, is_colour(plane)), file_name});
  };
  if (run_folder && name.kind != NameKind::kDotted) return std::nullopt;
  // Raw Kinect codes are no plane of metres, and no image; list_nyu_raw takes them.
  if (const auto raw = nyu::parse_raw_name(file_name); raw && raw->kind != 'r') return std::nullopt;
  std::optional<std::pair<std::string, Rank>> best;
  for (const std::string& plane : request.planes) {
    const int place = place_in_list(name.planes, plane);
    if (place < 0 || !readable_as(file, plane)) continue;
    auto candidate = ranked(name.kind == NameKind::kDotted ? 0 : 1, place, plane);
    if (!best || candidate.second < best->second) best = std::move(candidate);
  }
  if (best || name.kind == NameKind::kDotted) return best;
  const std::string& first = request.planes.front();
  if (!readable_as(file, first)) return std::nullopt;
  if (name.kind == NameKind::kBare) return ranked(2, 0, first);
  // Predictions, and maps that go with them, are often stored under the name of their image.
  if (const PlaneRow* row = find_plane_row(first); row && row->traits.named_like_image)
    return ranked(kBorrowedName, 0, first);
  return std::nullopt;
}

PlaneSource source_for(const PlaneRequest& request, const fs::path& file) {
  PlaneSource source;
  source.file = file;
  source.name = request.variable;
  source.depth_scale = request.depth_scale;
  return source;
}

// A name made of nothing but its plane's word ("depth.png") takes its folder's.
std::string frame_name(const PlaneName& name, const fs::path& file) {
  if (!name.frame.empty()) return name.frame;
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  return folder.empty() ? "frame" : folder;
}

void add(Input& input, const Key& key, const std::string& plane, Rank rank, const fs::path& file) {
  auto& planes = input.frames[key];
  const auto at = planes.find(plane);
  if (at != planes.end() && at->second.rank <= rank) return;
  planes[plane] = {std::move(rank), source_for(*input.request, file)};
}

void read_tree(Input& input, const fs::path& root, bool run_folder) {
  for (const FolderListing& listing : list_folders(root))
    for (const std::string& file_name : listing.files) {
      const fs::path file = listing.folder / file_name;
      const PlaneName name = parse_plane_name(file_name);
      if (auto found = match(*input.request, file, name, run_folder))
        add(input, {listing.below_root, frame_name(name, file)}, found->first, found->second, file);
    }
  // Borrowed names only serve where there is nothing better in the whole tree.
  const auto borrowed = [](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(),
                       [](const auto& found) { return std::get<0>(found.second.rank) == kBorrowedName; });
  };
  if (!std::all_of(input.frames.begin(), input.frames.end(), borrowed)) std::erase_if(input.frames, borrowed);
}

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

void read_list_file(Input& input) {
  const PlaneRequest& request = *input.request;
  const std::string& plane = request.planes.front();
  const bool first_column = is_colour(plane) || plane == plane::kPred;
  for (const auto& row : read_list(request.where)) {
    const std::string& word = row[first_column || row.size() < 2 ? 0 : 1];
    const Key key = key_of_listed(row[0]);
    if (!input.frames.count(key)) input.order.push_back(key);
    if (word == "None")
      input.frames[key];  // the frame is listed, its plane is not
    else
      add(input, key, plane, {}, resolve_listed(request.where, word));
  }
}

Input read_input(const PlaneRequest& request) {
  if (request.planes.empty()) throw std::invalid_argument("list_planes: a request names no plane");
  Input input{&request, {}, {}, false};
  std::error_code ignored;
  if (fs::is_directory(request.where / "planes", ignored)) {
    read_tree(input, request.where / "planes", true);
  } else if (fs::is_directory(request.where, ignored)) {
    read_tree(input, request.where, false);
  } else if (!fs::exists(request.where, ignored)) {
    throw std::runtime_error(request.where.string() + ": is not there");
  } else if (request.where.extension() == ".txt") {
    read_list_file(input);
  } else {
    input.single = true;
    const PlaneName name = parse_plane_name(request.where.filename().string());
    add(input, {"", frame_name(name, request.where)}, request.planes.front(), {}, request.where);
  }
  if (input.order.empty())
    for (const auto& [key, planes] : input.frames) input.order.push_back(key);
  return input;
}

std::string any_of_planes(const PlaneRequest& request) {
  std::string text;
  for (const std::string& plane : request.planes) text += (text.empty() ? "" : " or ") + plane;
  return text;
}

std::string id_of(const Key& key) { return key.first.empty() ? key.second : key.first + "/" + key.second; }

bool without_scenes(const Input& input) {
  return std::all_of(input.order.begin(), input.order.end(), [](const Key& k) { return k.first.empty(); });
}

bool unique_names(const Input& input) {
  std::set<std::string> names;
  return std::all_of(input.order.begin(), input.order.end(),
                     [&](const Key& k) { return names.insert(k.second).second; });
}

// Gives the frames of `other` the keys of `lead` where names alone can decide.
bool join_by_name(const Input& lead, Input& other) {
  if (without_scenes(lead) == without_scenes(other) || !unique_names(lead) || !unique_names(other))
    return false;
  std::map<std::string, Key> key_of;
  for (const Key& key : lead.order) key_of[key.second] = key;
  Input renamed{other.request, {}, {}, other.single};
  for (const Key& key : other.order) {
    const auto at = key_of.find(key.second);
    const Key& new_key = at == key_of.end() ? key : at->second;
    renamed.order.push_back(new_key);
    renamed.frames[new_key] = std::move(other.frames[key]);
  }
  other = std::move(renamed);
  return true;
}

// "3 raw_depth files in DIR have no rgb: a, b, c"
std::string extra_text(const Input& lead, const Input& other, const std::vector<Key>& extra) {
  constexpr std::size_t kShown = 3;
  std::string text = std::to_string(extra.size()) + " frames with " + any_of_planes(*other.request) + " in " +
                     other.request->where.string() + " have no " + any_of_planes(*lead.request) + ": ";
  for (std::size_t i = 0; i < std::min(kShown, extra.size()); ++i) text += (i ? ", " : "") + id_of(extra[i]);
  return text + (extra.size() > kShown ? ", ..." : "");
}

void take_planes(Frame& frame, const Input& input, const Key& key) {
  const auto at = input.frames.find(key);
  if (at == input.frames.end() || at->second.empty()) {
    if (input.request->required)
      frame.fail(
          kListStage, FailureReason::kNoPartner,
          frame.id() + ": no " + any_of_planes(*input.request) + " in " + input.request->where.string());
    return;
  }
  std::error_code ignored;
  for (const auto& [plane, found] : at->second) {
    if (frame.sources.count(plane)) continue;  // an earlier request has it
    frame.sources[plane] = found.source;
    if (!fs::exists(found.source.file, ignored))
      frame.fail(kListStage, FailureReason::kMissingFile,
                 frame.id() + ": " + found.source.file.string() + " is not there");
  }
}

}  // namespace

Listing list_planes(std::span<const PlaneRequest> requests) {
  if (requests.empty()) throw std::invalid_argument("list_planes: nothing is asked for");
  std::vector<Input> inputs;
  for (const PlaneRequest& request : requests) inputs.push_back(read_input(request));
  Input& lead = inputs.front();
  if (lead.order.empty())
    throw std::runtime_error(lead.request->where.string() + ": holds no file that could be " +
                             any_of_planes(*lead.request));

  Listing listing;
  const bool one_frame = std::all_of(inputs.begin(), inputs.end(), [](const Input& i) { return i.single; });
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Input& other = inputs[i];
    if (one_frame) {
      auto planes = std::move(other.frames.begin()->second);
      other.frames.clear();
      other.frames[lead.order[0]] = std::move(planes);
      other.order = lead.order;
    } else if (join_by_name(lead, other)) {
      listing.notes.push_back({"", FailureReason::kNone,
                               lead.request->where.string() + " and " + other.request->where.string() +
                                   " are joined by file name alone, one of them has no scene folders"});
    }
    std::vector<Key> extra;
    for (const Key& key : other.order)
      if (!lead.frames.count(key)) extra.push_back(key);
    if (!extra.empty())
      listing.notes.push_back({"", FailureReason::kNoPartner, extra_text(lead, other, extra)});
  }

  for (const Key& key : lead.order) {
    Frame frame;
    std::tie(frame.scene, frame.name) = key;
    for (const Input& input : inputs) take_planes(frame, input, key);
    listing.frames.push_back(std::move(frame));
  }
  number_frames(listing.frames);
  return listing;
}

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

}  // namespace depthmill::data
