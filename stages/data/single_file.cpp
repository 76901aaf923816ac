// Layout file: one file is one frame.
#include "stages/data/folder.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

Listing list_file(const PlaneRequest& request, const Layout& layout) {
  Frame frame;
  frame.name = frame_name(parse_plane_name(request.where.filename().string()), request.where);
  frame.sources[request.planes.front()] = source_for(request, layout, request.where);
  Listing listing;
  listing.frames.push_back(std::move(frame));
  return listing;
}

}  // namespace

extern const Layout kFileLayout;

const Layout kFileLayout = {
    .name = "file",
    .gives = "",
    .help = "one file, FILE or FILE:NAME",
    .detect = [](const Tree& tree) { return tree.is_file(); },
    .list = [](const PlaneRequest& request, const Tree&) { return list_file(request, kFileLayout); },
    .single = true,
    .general = true,
};

}  // namespace depthmill::data
