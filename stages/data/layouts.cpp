#include <algorithm>
#include <stdexcept>

#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/io/suggest.h"

namespace depthmill::data {

// Each is defined in the file that reads and writes it. A new layout is such a file and its name here.
extern const Layout kPlanesLayout, kNyuRawLayout, kNyuLabeledLayout, kSdConvtransLayout, kFastdepthLayout,
    kListLayout, kFolderLayout, kFileLayout;

namespace {

constexpr const Layout* kLayouts[] = {
    &kPlanesLayout, &kNyuRawLayout, &kNyuLabeledLayout, &kSdConvtransLayout, &kFastdepthLayout,
    &kListLayout,   &kFolderLayout, &kFileLayout,  // the last three take whatever is there
};

bool gives_any(const Layout& layout, const std::vector<std::string>& planes) {
  return layout.gives.empty() || std::any_of(planes.begin(), planes.end(), [&](const std::string& plane) {
           return place_in_list(layout.gives, plane) >= 0;
         });
}

}  // namespace

std::string PlaneRequest::problem() const {
  if (planes.empty()) return "planes is empty: which planes are wanted?";
  if (every < 1) return "every must be 1 or more";
  if (!(max_time_gap >= 0)) return "max_time_gap must be 0 seconds or more";
  return "";
}

std::span<const Layout* const> layouts() { return kLayouts; }

const Layout& find_layout(std::string_view name) {
  std::vector<std::string> names;
  for (const Layout* row : kLayouts) {
    if (row->name == name) return *row;
    names.emplace_back(row->name);
  }
  throw std::invalid_argument("layout '" + std::string(name) + "' is not one of " + io::name_list(names) +
                              io::did_you_mean(name, names));
}

const Layout& layout_of(const PlaneRequest& request) {
  if (!request.layout.empty()) return find_layout(request.layout);
  std::error_code ignored;
  if (!std::filesystem::exists(request.where, ignored))
    throw std::runtime_error(request.where.string() + ": is not there");
  for (const Layout* row : kLayouts)
    if (row->detect && gives_any(*row, request.planes) && row->detect(request.where)) return *row;
  throw std::runtime_error(request.where.string() + ": is laid out in no way that is known");
}

const Layout* writable_layout(std::string_view name) {
  std::vector<std::string> names;
  for (const Layout* row : kLayouts) {
    if (!row->write) continue;
    if (row->name == name) return row;
    names.emplace_back(row->name);
  }
  throw std::invalid_argument("layout '" + std::string(name) + "' is not one of " + io::name_list(names));
}

}  // namespace depthmill::data
