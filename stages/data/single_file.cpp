// Layout file: one file is one frame; a stack of maps, or FILE:* with every array in it, a frame each.
#include <algorithm>

#include "stages/data/folder.h"
#include "stages/io/stack.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

// Names that sort as their numbers do. They say that the number is a place in the file: as names alone they must
// not meet frames that are numbered by something else.
std::string name_of_map(const std::string& inside, bool by_name) {
  constexpr std::size_t kDigits = 5;
  if (by_name) return inside;
  const std::string number = inside.substr(inside.rfind(':') + 1);
  return "map_" + std::string(kDigits - std::min(kDigits, number.size()), '0') + number;
}

Listing list_file(const PlaneRequest& request, const Layout& layout) {
  Listing listing;
  const std::string& plane = request.planes.front();
  const PlaneSource source = source_for(request, layout, request.where);
  for (const std::string& inside : io::planes_inside(source, plane_kind(plane))) {
    Frame frame;
    frame.name = name_of_map(inside, source.name == "*");
    PlaneSource& map = frame.sources[plane] = source;
    map.name = inside;
    listing.frames.push_back(std::move(frame));
    listing.how = "maps of one file";
  }
  if (!listing.frames.empty()) return listing;
  Frame frame;
  frame.name = frame_name(parse_plane_name(request.where.filename().string()), request.where);
  frame.sources[plane] = source;
  listing.frames.push_back(std::move(frame));
  return listing;
}

}  // namespace

extern const Layout kFileLayout;

const Layout kFileLayout = {
    .name = "file",
    .gives = "",
    .help = "one file, FILE or FILE:NAME; stacks of maps and FILE:* are a frame each",
    .detect = [](const Tree& tree) { return tree.is_file(); },
    .list = [](const PlaneRequest& request, const Tree&) { return list_file(request, kFileLayout); },
    .single = true,
    .general = true,
};

}  // namespace depthmill::data
