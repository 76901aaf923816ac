// Layout file: one file is one frame.
#include "stages/data/folder.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

bool is_file(const fs::path& where) {
  std::error_code ignored;
  return fs::exists(where, ignored) && !fs::is_directory(where, ignored);
}

Listing list_file(const PlaneRequest& request) {
  Listing listing;
  Frame& frame = listing.frames.emplace_back();
  frame.name = frame_name(parse_plane_name(request.where.filename().string()), request.where);
  frame.sources[request.planes.front()] = source_for(request, request.where);
  return listing;
}

}  // namespace

extern const Layout kFileLayout;

const Layout kFileLayout = {
    .name = "file",
    .gives = "",
    .help = "one file, FILE or FILE:NAME",
    .detect = is_file,
    .list = list_file,
    .single = true,
};

}  // namespace depthmill::data
