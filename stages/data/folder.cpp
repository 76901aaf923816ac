#include "stages/data/folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "stages/data/folders.h"
#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/io/exr.h"
#include "stages/io/peek.h"
#include "stages/io/picture_file.h"
#include "stages/io/plane_file.h"
#include "stages/io/tar_file.h"
#include "stages/nyu/timestamps.h"

namespace depthmill::data {
namespace fs = std::filesystem;

std::string frame_name(const PlaneName& name, const fs::path& file) {
  if (!name.frame.empty()) return name.frame;
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  return folder.empty() ? "frame" : folder;
}

PlaneName folder_role(const std::string& folder_name) {
  const PlaneName name = parse_plane_name(folder_name + ".png");
  return name.kind == NameKind::kWord && name.frame.empty() ? name
                                                            : PlaneName{folder_name, NameKind::kBare, {}};
}

int format_rank(const fs::path& file, const std::string& plane) {
  const auto formats = io::formats_for(plane_kind(plane));
  const auto at = std::find(formats.begin(), formats.end(), io::find_format(file));
  return at == formats.end() ? -1 : static_cast<int>(at - formats.begin());
}

namespace {

using Key = std::pair<std::string, std::string>;  // scene, frame

// How well a file fits: kind of name, place among the planes its word may mean, format, name. Less is better.
using Rank = std::tuple<int, int, int, std::string_view>;
constexpr int kBareName = 2, kBorrowedName = 3;  // first part of Rank; borrowed: named like another plane

// A file that could be a plane.
struct Entry {
  const FolderListing* folder;
  std::string_view file_name;
  PlaneName name;
  std::string scene;
  bool by_folder = false;  // its folder says what it is
  bool settled = false;    // it is a source of a frame, or left out already

  fs::path path() const { return folder->folder / file_name; }
  std::string stem() const { return fs::path(file_name).stem().string(); }
  Key key() const { return {scene, name.frame.empty() ? frame_name(name, path()) : name.frame}; }
};

struct Found {
  Rank rank;
  Entry* entry;
};

bool readable_as(const fs::path& file, const std::string& plane) { return format_rank(file, plane) >= 0; }

// Can a file of this format be the plane that its word names? A .jpg is no depth, whatever it is called.
bool may_be_its_word(const Entry& entry) {
  if (entry.name.mask) return true;
  std::string_view planes = entry.name.planes;
  return readable_as(entry.file_name, std::string(planes.substr(0, planes.find(' '))));
}

// What the folders between the root and a file say about it.
struct Branch {
  const FolderListing* folder;
  PlaneName role;                       // of the deepest folder whose name is a plane's word; bare: none
  std::string trunk;                    // the path without that folder
  std::set<std::string> stems, frames;  // of files in a folder with a role
};

Branch branch_of(const FolderListing& listing) {
  Branch branch{&listing, {}, listing.below_root, {}, {}};
  branch.role.kind = NameKind::kBare;
  fs::path before;
  for (const fs::path& part : fs::path(listing.below_root)) {
    if (const PlaneName role = folder_role(part.string()); role.kind == NameKind::kWord) {
      branch.role = role;
      branch.trunk = before.generic_string();
    } else if (branch.role.kind == NameKind::kWord) {
      branch.trunk += (branch.trunk.empty() ? "" : "/") + part.string();
    }
    before /= part;
  }
  if (branch.role.kind != NameKind::kWord) return branch;
  for (const std::string& file : listing.files) {
    if (!io::format_of_name(file)) continue;
    branch.stems.insert(fs::path(file).stem().string());
    branch.frames.insert(parse_plane_name(file).frame);
  }
  return branch;
}

bool share_one(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& x) { return !x.empty() && b.contains(x); });
}

enum class Siblings { kNone, kSameStems, kSameFrames };

// Do folders of different roles on this trunk hold files of the same name?
Siblings siblings_of(const std::vector<const Branch*>& branches) {
  Siblings found = Siblings::kNone;
  for (std::size_t i = 0; i < branches.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (branches[i]->role.planes == branches[j]->role.planes) continue;
      if (share_one(branches[i]->stems, branches[j]->stems)) return Siblings::kSameStems;
      if (share_one(branches[i]->frames, branches[j]->frames)) found = Siblings::kSameFrames;
    }
  return found;
}

// The picture beside "img_1_depth.png" is called "img_1.png": a word of the picture's name is then a part of the frame's,
// here and in all files of the folder that begin or end with it.
void keep_words_of_names(std::vector<Entry>& entries) {
  std::map<std::string_view, std::map<std::string, const Entry*>> by_stem;  // folder -> stem -> its file
  for (const Entry& entry : entries)
    if (entry.name.kind == NameKind::kWord && !entry.by_folder && !entry.name.frame.empty())
      by_stem[entry.folder->below_root].emplace(entry.stem(), &entry);
  std::set<std::pair<std::string_view, std::string_view>> kept;  // folder, word
  for (const Entry& entry : entries) {
    const auto folder = by_stem.find(entry.folder->below_root);
    if (folder == by_stem.end() || entry.name.kind == NameKind::kBare || entry.by_folder) continue;
    const auto whole = folder->second.find(entry.name.frame);
    if (whole != folder->second.end() && whole->second->name.planes != entry.name.planes)
      kept.emplace(entry.folder->below_root, whole->second->name.word);
  }
  for (Entry& entry : entries)
    if (entry.name.kind == NameKind::kWord && !entry.by_folder &&
        kept.contains({entry.folder->below_root, entry.name.word}))
      entry.name.frame = entry.stem();
}

// Everything in the tree that has a format; what has none is left out of `listing`.
std::vector<Entry> entries_of(const std::vector<FolderListing>& folders, Listing& listing) {
  std::vector<Branch> branches;
  branches.reserve(folders.size());
  for (const FolderListing& folder : folders) branches.push_back(branch_of(folder));
  std::map<std::string, std::vector<const Branch*>> trunks;
  for (const Branch& branch : branches)
    if (branch.role.kind == NameKind::kWord && !branch.stems.empty()) trunks[branch.trunk].push_back(&branch);
  std::map<std::string, Siblings> siblings;
  for (const auto& [trunk, of_trunk] : trunks) siblings[trunk] = siblings_of(of_trunk);

  std::vector<Entry> entries;
  std::size_t files = 0;
  for (const FolderListing& folder : folders) files += folder.files.size();
  entries.reserve(files);
  for (const Branch& branch : branches)
    for (const std::string& file_name : branch.folder->files) {
      ++listing.files;
      const auto file = [&] { return branch.folder->folder / file_name; };
      const io::FileFormat* format = io::format_of_name(file_name);
      if (format == &io::kTarFormat) {
        listing.left_out.push_back({file(), "archives (layout webdataset)"});
        continue;
      }
      if (!format) {
        const std::string ending = fs::path(file_name).extension().string();
        listing.left_out.push_back(
            {file(), ending.empty() ? "without an ending" : ending + " (no format that is read)"});
        continue;
      }
      // Raw Kinect codes are no plane of metres, and no image; layout nyu-raw takes them.
      if (const auto raw = nyu::parse_raw_name(file_name); raw && raw->kind != 'r') {
        listing.left_out.push_back({file(), "raw Kinect files (layout nyu-raw)"});
        continue;
      }
      Entry entry{branch.folder, file_name, parse_plane_name(file_name), branch.folder->below_root};
      // Outside run folders "depth" is what there is of depth, with holes or without.
      if (entry.name.kind == NameKind::kDotted && entry.name.planes == plane::kDepth)
        entry.name.planes = "depth gt raw_depth";
      const auto at = branch.role.kind == NameKind::kWord ? siblings.find(branch.trunk) : siblings.end();
      if (at != siblings.end() && at->second != Siblings::kNone) {
        const std::string frame = at->second == Siblings::kSameStems ? entry.stem() : entry.name.frame;
        entry.name = branch.role;
        entry.name.frame = frame;
        entry.scene = branch.trunk;
        entry.by_folder = true;
      }
      entries.push_back(std::move(entry));
    }
  keep_words_of_names(entries);
  return entries;
}

// What the files of a tree say about one another.
struct Context {
  std::set<std::string_view> confirmed;          // words that tell one plane of a frame from another
  std::set<const FolderListing*> bare_is_other;  // folders in which bare names are not the plane asked for
};

// Is the plane of the kind for which bare names are taken?
bool like_first(const std::string& plane, const PlaneRequest& request) {
  return plane_kind(plane) == plane_kind(request.planes.front());
}

// Does the word name a plane that the request would else take a bare name for?
bool in_place_of_bare(const PlaneName& name, const PlaneRequest& request) {
  return std::any_of(request.planes.begin(), request.planes.end(), [&](const std::string& plane) {
    return like_first(plane, request) && place_in_list(name.planes, plane) >= 0;
  });
}

Context context_of(const std::vector<Entry>& entries, const PlaneRequest& request) {
  std::map<Key, std::vector<const Entry*>> by_key;
  for (const Entry& entry : entries) by_key[entry.key()].push_back(&entry);
  Context context;
  for (const auto& [key, of_frame] : by_key)
    for (const Entry* one : of_frame)
      for (const Entry* other : of_frame) {
        if (one->name.kind == NameKind::kBare || one->name.planes == other->name.planes) continue;
        if (!may_be_its_word(*one)) continue;
        context.confirmed.insert(one->name.word);
        if (other->name.kind == NameKind::kBare && in_place_of_bare(one->name, request))
          context.bare_is_other.insert(other->folder);
      }
  return context;
}

// Files of these formats are looked at by people.
bool is_picture(std::string_view file) {
  const io::FileFormat* format = io::format_of_name(file);
  return format && format->reads.has(PlaneKind::kRgb) &&
         (format->depth_bits <= 16 || format == &io::kTiffFormat || format == &io::kExrFormat);
}

using Match = std::pair<std::string, Rank>;  // the plane of the request that a file serves, and how well

// What a file is to the request; nullopt and the reason in `why` when it serves none of its planes.
std::optional<Match> match(const PlaneRequest& request, Entry& entry, const Context& context,
                           std::string& why) {
  const fs::path file = entry.path();
  const PlaneName& name = entry.name;
  const auto ranked = [&](int kind, int place, const std::string& plane) {
    return Match(plane, Rank{kind, place, format_rank(file, plane), entry.file_name});
  };
  std::optional<Match> best;
  for (const std::string& plane : request.planes) {
    const int place = name.mask && plane == kMaskPlane ? 0 : place_in_list(name.planes, plane);
    if (place < 0 || !readable_as(file, plane)) continue;
    Match candidate = ranked(name.kind == NameKind::kDotted ? 0 : 1, place, plane);
    if (!best || candidate.second < best->second) best = std::move(candidate);
  }
  if (best) return best;
  const std::string& first = request.planes.front();
  why = name.mask ? "masks"
        : name.kind == NameKind::kBare
            ? "of other planes"
            : "of plane " + std::string(name.planes.substr(0, name.planes.find(' ')));
  if (!readable_as(file, first)) return std::nullopt;

  // Predictions, and maps that go with them, are often stored under the name of their image.
  const PlaneRow* row = find_plane_row(first);
  if (name.kind == NameKind::kWord && !name.mask && row && row->traits.named_like_image)
    return ranked(kBorrowedName, 0, first);

  const bool colour = plane_kind(first) == PlaneKind::kRgb;
  if (name.kind != NameKind::kBare) {
    if (!colour || entry.by_folder || (context.confirmed.contains(name.word) && may_be_its_word(entry)))
      return std::nullopt;
    entry.name = {entry.stem(), NameKind::kBare, {}};  // a word that names nothing here
  } else if (context.bare_is_other.contains(entry.folder) && !request.every_picture) {
    return std::nullopt;
  }
  if (colour && io::looks_like_depth(file)) {
    why = "16-bit grey or single-channel (depth, no picture)";
    return std::nullopt;
  }
  return ranked(kBareName, 0, first);
}

struct Frames {
  std::map<Key, std::map<std::string, std::vector<Found>>> planes;  // key -> plane -> files, the best first
};

// Files of one frame that hold the same picture, or several pictures of which each is a frame? In a folder of
// pictures nobody can tell, so none is dropped; arrays beside a picture are not pictures.
void keep_every_picture(Frames& frames, const std::string& plane) {
  std::vector<Key> shared;                      // by several pictures
  std::vector<std::pair<Key, Found>> pictures;  // theirs, each under a name of its own
  for (const auto& [key, planes] : frames.planes) {
    const auto of_plane = planes.find(plane);
    if (of_plane == planes.end() || of_plane->second.size() < 2) continue;
    std::map<std::string, std::vector<const Found*>> by_stem;
    std::size_t count = 0;
    for (const Found& found : of_plane->second)
      if (is_picture(found.entry->file_name)) by_stem[found.entry->stem()].push_back(&found), ++count;
    if (count < 2) continue;
    shared.push_back(key);
    for (const auto& [stem, of_stem] : by_stem) {
      const bool told_apart =
          of_stem.size() == 1 && (stem == key.second || !frames.planes.contains({key.first, stem}));
      for (const Found* found : of_stem)
        pictures.push_back({{key.first, told_apart ? stem : std::string(found->entry->file_name)}, *found});
    }
  }
  for (const Key& key : shared) frames.planes.erase(key);
  for (const auto& [key, found] : pictures) frames.planes[key][plane].push_back(found);
}

Listing list_tree(const PlaneRequest& request, const Layout& layout,
                  const std::vector<FolderListing>& folders) {
  Listing listing;
  listing.failures = unread_folders(folders);
  std::vector<Entry> entries = entries_of(folders, listing);
  const Context context = context_of(entries, request);
  Frames frames;
  for (Entry& entry : entries) {
    std::string why;
    if (auto found = match(request, entry, context, why))
      frames.planes[entry.key()][found->first].push_back({std::move(found->second), &entry});
    else
      listing.left_out.push_back({entry.path(), why}), entry.settled = true;
  }
  for (auto& [key, planes] : frames.planes)
    for (auto& [plane, found] : planes)
      std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.rank < b.rank; });
  if (request.every_picture) keep_every_picture(frames, request.planes.front());

  // Where words tell the planes of a frame, a bare name beside them is something else: the grey picture.
  const auto worst = [](const auto& entry) {
    int kind = 0;
    for (const auto& [plane, found] : entry.second) kind = std::max(kind, std::get<0>(found.front().rank));
    return kind;
  };
  for (auto& entry : frames.planes) {
    auto& planes = entry.second;
    const auto bare = [](const auto& plane) { return std::get<0>(plane.second.front().rank) == kBareName; };
    const auto worded = [&](const auto& plane) { return !bare(plane) && like_first(plane.first, request); };
    if (std::any_of(planes.begin(), planes.end(), worded)) std::erase_if(planes, bare);
  }
  // Borrowed names only serve where there is nothing better in the whole tree.
  const auto borrowed = [&](const auto& entry) { return worst(entry) == kBorrowedName; };
  if (!std::all_of(frames.planes.begin(), frames.planes.end(), borrowed))
    std::erase_if(frames.planes, borrowed);

  while (!frames.planes.empty()) {  // what is listed goes, to hold nothing twice
    const auto one = frames.planes.extract(frames.planes.begin());
    Frame frame;
    std::tie(frame.scene, frame.name) = one.key();
    for (const auto& [plane, found] : one.mapped()) {
      frame.sources[plane] = source_for(request, layout, found.front().entry->path());
      found.front().entry->settled = true;
    }
    listing.frames.push_back(std::move(frame));
  }
  // Whatever was matched and is no source of a frame has lost against a better file.
  for (const Entry& entry : entries)
    if (!entry.settled) listing.left_out.push_back({entry.path(), "beside a better file of the frame"});
  return listing;
}

}  // namespace

Listing list_folder(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  return list_tree(request, layout, tree.folders());
}

extern const Layout kFolderLayout;

const Layout kFolderLayout = {
    .name = "folder",
    .gives = "",
    .help = "any tree of images, planes told by their names: rgb_N + sync_depth_N, N_image, ...",
    .detect = [](const Tree& tree) { return tree.is_folder(); },
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_folder(request, tree, kFolderLayout); },
    .general = true,
};

}  // namespace depthmill::data
