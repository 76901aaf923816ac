// Layouts in tar archives.
//
// webdataset: shards (.tar) in which consecutive files of one key are a sample; key = path up to the first dot behind
// the last slash, field = the rest. The picture is the field jpg, jpeg, png or webp, depth one that says so
// (depth.npy, float metres; depth.png). A key has no dots of its own, so the frame's name may stand in the field
// json, as "scene" and "frame", with "depth_scale" for samples that are whole. Source: webdataset/webdataset,
// tariterators.py.
//
// fastdepth-tar: the files of fastdepth, train/<scene>/00001.h5 and val/official/00001.h5, in train-000000.tar and so
// on. Source: the copy of FastDepth's set on the data-set hub, nyu_depth_v2.py.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/tar_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> shards_of(const Tree& tree) {
  std::vector<fs::path> shards;
  if (tree.is_file() && io::find_format(tree.root()) == &io::kTarFormat) shards.push_back(tree.root());
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files)
      if (io::format_of_name(name) == &io::kTarFormat) shards.push_back(folder.folder / name);
  return shards;
}

struct KeyAndField {
  std::string key, field;
};

std::optional<KeyAndField> split_name(std::string name) {
  while (name.starts_with("./")) name.erase(0, 2);
  const std::size_t slash = name.rfind('/');
  const std::size_t from = slash == name.npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', from);
  if (dot == name.npos || dot == from || name.find("__", from) == from) return std::nullopt;
  std::string field = name.substr(dot + 1);
  for (char& c : field) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return KeyAndField{name.substr(0, dot), std::move(field)};
}

// Planes that a field may be, best first; kMaskPlane or nothing else.
std::string planes_of_field(const std::string& field) {
  const std::size_t dot = field.rfind('.');
  const std::string ending = dot == field.npos ? field : field.substr(dot + 1);
  const bool picture = ending == "jpg" || ending == "jpeg" || ending == "png" || ending == "webp";
  if (!picture && ending != "npy" && ending != "tif" && ending != "tiff" && ending != "exr") return "";
  const PlaneName name =
      parse_plane_name("frame_" + (dot == field.npos ? "" : field.substr(0, dot)) + ".png");
  if (name.mask) return kMaskPlane;
  if (name.kind == NameKind::kWord) return std::string(name.planes);
  return dot != field.npos ? "" : picture ? "rgb" : "depth gt raw_depth pred";
}

// The string or number behind a key, where it is a plain one: "key": "text". The data set's own small objects are
// read so, not any JSON there is.
std::optional<std::string> json_value(const std::string& text, const std::string& key) {
  std::size_t at = text.find("\"" + key + "\"");
  if (at == text.npos) return std::nullopt;
  at = text.find_first_not_of(" \t\r\n", at + key.size() + 2);
  if (at == text.npos || text[at] != ':') return std::nullopt;
  at = text.find_first_not_of(" \t\r\n", at + 1);
  if (at == text.npos) return std::nullopt;
  if (text[at] != '"') return text.substr(at, text.find_first_of(",} \t\r\n", at) - at);
  std::string value;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && (++at >= text.size() || (text[at] != '"' && text[at] != '\\' && text[at] != '/')))
      return std::nullopt;
    value += text[at];
  }
  return at < text.size() ? std::optional(value) : std::nullopt;
}

std::string text_of(const fs::path& shard, const io::TarMember& member) {
  constexpr std::uint64_t kMostText = std::uint64_t{1} << 20;
  std::string text(std::min(member.size, kMostText), '\0');
  if (!text.empty())
    io::OrdinaryFile(shard).read(member.at, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

// One sample: its key and what each field is.
struct Sample {
  std::string key;
  std::map<std::string, io::TarMember> fields;
};

std::vector<Sample> samples_of(const std::vector<io::TarMember>& members, std::size_t& without_field) {
  std::vector<Sample> samples;
  for (const io::TarMember& member : members) {
    auto name = split_name(member.name);
    if (!name) {
      ++without_field;
      continue;
    }
    if (samples.empty() || samples.back().key != name->key) samples.push_back({name->key, {}});
    samples.back().fields.try_emplace(std::move(name->field), member);
  }
  return samples;
}

bool is_h5(const io::TarMember& member) { return member.name.ends_with(".h5"); }

// What the first archive that can be read holds; empty when none can.
std::vector<io::TarMember> first_members(const Tree& tree) {
  for (const fs::path& shard : shards_of(tree)) {
    try {
      return io::list_tar(shard);
    } catch (const FrameError&) {  // the next one may be whole
    }
  }
  return {};
}

bool is_webdataset(const Tree& tree) {
  const auto members = first_members(tree);
  return std::any_of(members.begin(), members.end(), [](const io::TarMember& member) {
    const auto name = split_name(member.name);
    return name && !planes_of_field(name->field).empty();
  });
}

bool is_fastdepth_tar(const Tree& tree) {
  const auto members = first_members(tree);
  return !members.empty() && std::all_of(members.begin(), members.end(), is_h5);
}

// The plane of the request that planes of a file, best first, serve; "" for none.
std::string best_plane(const PlaneRequest& request, const std::string& planes) {
  std::string best;
  int least = 0;
  for (const std::string& plane : request.planes)
    if (const int place = place_in_list(planes, plane); place >= 0 && (best.empty() || place < least))
      best = plane, least = place;
  return best;
}

void name_frame(Frame& frame, const std::string& path) {
  const fs::path key(path);
  frame.scene = key.parent_path().generic_string();
  frame.name = key.filename().string();
}

// The members of every archive; one that cannot be read is a failure of the listing.
template <class Each>
void for_each_shard(const Tree& tree, Listing& listing, const Each& each) {
  for (const fs::path& shard : shards_of(tree)) {
    try {
      const std::vector<io::TarMember> members = io::list_tar(shard);
      listing.files += members.size();
      each(shard, members);
    } catch (const FrameError& e) {
      listing.failures.push_back({"", e.reason(), e.what()});
    }
  }
}

FrameList sorted(std::vector<Frame> frames) {
  std::stable_sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) {
    return std::tie(a.scene, a.name) < std::tie(b.scene, b.name);
  });
  return FrameList(std::move(frames));
}

Listing list_webdataset(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  Listing listing;
  std::vector<Frame> frames;
  for_each_shard(tree, listing, [&](const fs::path& shard, const std::vector<io::TarMember>& members) {
    std::size_t without_field = 0;
    for (const Sample& sample : samples_of(members, without_field)) {
      Frame frame;
      name_frame(frame, sample.key);
      std::optional<double> scale = request.depth_scale;
      if (const auto json = sample.fields.find("json"); json != sample.fields.end()) {
        const std::string text = text_of(shard, json->second);
        const auto scene = json_value(text, "scene"), name = json_value(text, "frame");
        if (scene && name && !name->empty()) frame.scene = *scene, frame.name = *name;
        double number = 0;
        if (const auto said = json_value(text, "depth_scale"); said && !scale) {
          const auto [end, error] = std::from_chars(said->data(), said->data() + said->size(), number);
          if (error == std::errc{} && end == said->data() + said->size() && number > 0) scale = number;
        }
      }
      std::map<std::string, std::string> taken;  // plane -> field
      for (const auto& [field, member] : sample.fields) {
        const std::string plane = best_plane(request, planes_of_field(field));
        if (plane.empty()) {
          if (field != "json") listing.left_out.push_back({shard / member.name, "of other fields"});
          continue;
        }
        // Numbers before pictures of depth: those keep their digits.
        const auto [at, is_new] = taken.try_emplace(plane, field);
        if (!is_new && field.ends_with("npy")) at->second = field;
      }
      for (const auto& [plane, field] : taken) {
        PlaneSource& source = frame.sources[plane] = source_for(request, layout, shard);
        source.name = sample.fields.at(field).name;
        if (scale) source.depth_scale = *scale, source.coding.unit_known = true;
      }
      if (!frame.sources.empty()) frames.push_back(std::move(frame));
    }
    if (without_field > 0)
      listing.left_out.push_back(
          {shard, "archive with " + std::to_string(without_field) + " files of no field"});
  });
  listing.frames = sorted(std::move(frames));
  return listing;
}

Listing list_fastdepth_tar(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  Listing listing;
  std::vector<Frame> frames;
  for_each_shard(tree, listing, [&](const fs::path& shard, const std::vector<io::TarMember>& members) {
    for (const io::TarMember& member : members) {
      if (!is_h5(member)) {
        listing.left_out.push_back({shard / member.name, "of no format that is read here"});
        continue;
      }
      Frame frame;
      std::string path = member.name.substr(0, member.name.size() - 3);
      while (path.starts_with("./")) path.erase(0, 2);
      for (const char* split : {"train/", "val/"})
        if (path.starts_with(split)) path.erase(0, std::string(split).size());
      name_frame(frame, path);
      for (const char* set : {"rgb", "depth"}) {
        const bool colour = std::string(set) == plane::kRgb;
        const std::string plane = best_plane(request, colour ? "rgb" : "depth gt raw_depth");
        if (plane.empty()) continue;
        PlaneSource& source = frame.sources[plane] = source_for(request, layout, shard);
        source.name = member.name + ":" + set;
      }
      if (!frame.sources.empty()) frames.push_back(std::move(frame));
    }
  });
  listing.frames = sorted(std::move(frames));
  return listing;
}

}  // namespace

extern const Layout kWebdatasetLayout, kFastdepthTarLayout;

const Layout kWebdatasetLayout = {
    .name = "webdataset",
    .gives = "",
    .help = "shards (.tar) of samples: <key>.jpg with <key>.depth.npy or .depth.png, <key>.json",
    .detect = is_webdataset,
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_webdataset(request, tree, kWebdatasetLayout); },
};

const Layout kFastdepthTarLayout = {
    .name = "fastdepth-tar",
    .gives = "rgb gt raw_depth depth",
    .help = "the files of fastdepth in shards (.tar)",
    .detect = is_fastdepth_tar,
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_fastdepth_tar(request, tree, kFastdepthTarLayout); },
};

}  // namespace depthmill::data
