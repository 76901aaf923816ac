#include <algorithm>
#include <stdexcept>

#include "stages/data/folder.h"
#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/data/rules.h"
#include "stages/io/plane_file.h"
#include "stages/io/suggest.h"
#include "stages/run_folder/inputs.h"

namespace depthmill::data {

// Each is defined in the file that reads and writes it. A new layout is such a file and its name here.
extern const Layout kPlanesLayout, kNyuRawLayout, kNyuLabeledLayout, kSdConvtransLayout, kFastdepthLayout,
    kBtsLayout, kDensedepthLayout, kVdaNyuLayout, kTumLayout, kKittiLayout, kVkitti2Layout, kScannetLayout,
    kSunRgbdLayout, kSevenScenesLayout, kTaskonomyLayout, kStanford2d3dsLayout, kHypersimLayout, kDiodeLayout,
    kIbimsLayout, kSintelLayout, kReplicaLayout, kArkitscenesLayout, kMatterportLayout, kListLayout,
    kFolderLayout, kFileLayout, kEth3dLayout, kNicrLayout, kUltralyticsLayout, kWebdatasetLayout,
    kFastdepthTarLayout, kIbimsMatLayout, kDensedepthNpyLayout, kPatternLayout, kH5ScenesLayout;

namespace {

constexpr const Layout* kLayouts[] = {
    &kPlanesLayout,     &kNyuRawLayout,        &kNyuLabeledLayout,    &kSdConvtransLayout,
    &kFastdepthLayout,  &kBtsLayout,           &kDensedepthLayout,    &kVdaNyuLayout,
    &kTumLayout,        &kKittiLayout,         &kVkitti2Layout,       &kScannetLayout,
    &kSunRgbdLayout,    &kSevenScenesLayout,   &kTaskonomyLayout,     &kHypersimLayout,
    &kDiodeLayout,      &kIbimsLayout,         &kSintelLayout,        &kReplicaLayout,
    &kMatterportLayout, &kArkitscenesLayout,   &kStanford2d3dsLayout, &kEth3dLayout,
    &kNicrLayout,       &kUltralyticsLayout,   &kWebdatasetLayout,    &kFastdepthTarLayout,
    &kIbimsMatLayout,   &kDensedepthNpyLayout, &kH5ScenesLayout,      &kPatternLayout,
    &kListLayout,       &kFolderLayout,
    &kFileLayout,  // these three take whatever is there
};

bool gives_any(const Layout& layout, const std::vector<std::string>& planes) {
  return layout.gives.empty() || std::any_of(planes.begin(), planes.end(), [&](const std::string& plane) {
           return place_in_list(layout.gives, plane) >= 0;
         });
}

// The first names of the run folders that lie in a folder which is none itself; "" when there are none.
std::string run_folders_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && std::filesystem::is_directory(entry->path() / "planes", ignored) &&
        std::filesystem::is_regular_file(entry->path() / "manifest.csv", ignored))
      names.push_back(entry->path().filename().string());
  }
  constexpr std::size_t kShown = 5;
  std::sort(names.begin(), names.end());
  const bool more = names.size() > kShown;
  if (more) names.resize(kShown);
  return io::name_list(names) + (more ? ", ..." : "");
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
  if (name.find('{') != name.npos) return kPatternLayout;  // a path pattern in place of a name
  std::vector<std::string> names;
  for (const Layout* row : kLayouts) {
    if (row->name == name) return *row;
    names.emplace_back(row->name);
  }
  throw std::invalid_argument("layout '" + std::string(name) + "' is not one of " + io::name_list(names) +
                              io::did_you_mean(name, names));
}

bool Layout::recognises(const Tree& tree) const {
  return detect ? detect(tree) : !rules.empty() && follows(tree, rules, marks);
}

Listing Layout::frames(const PlaneRequest& request, const Tree& tree) const {
  Listing listing = list ? list(request, tree) : list_by_rules(request, tree, *this, rules);
  const bool knows_unit = depth_scale > 0 || rotated_bits || !no_reading.empty();
  if (general || !knows_unit || !listing.frames.empty() || !listing.failures.empty() || !tree.is_folder())
    return listing;
  listing = list_folder(request, tree, *this);
  listing.how = "files told by their names, since none lies as in this layout";
  return listing;
}

const Layout& layout_of(const PlaneRequest& request, const Tree& tree) {
  std::error_code ignored;
  if (!std::filesystem::exists(request.where, ignored))
    throw std::runtime_error(request.where.string() + ": is not there");
  if (!request.layout.empty()) return find_layout(request.layout);
  if (kPlanesLayout.detect(tree)) return kPlanesLayout;  // whatever else lies in a run folder
  if (const std::string runs = run_folders_in(request.where); !runs.empty())
    throw std::runtime_error(request.where.string() + ": holds run folders (" + runs + "), name one of them");
  std::vector<const Layout*> fitting;
  for (const Layout* row : kLayouts)
    if (gives_any(*row, request.planes) && (!row->general || fitting.empty()) && row->recognises(tree))
      fitting.push_back(row);
  if (fitting.empty())
    throw std::runtime_error(request.where.string() + ": is laid out in no way that is known");
  if (fitting.size() > 1 && !fitting[0]->general)
    throw std::runtime_error(request.where.string() + ": is laid out as " + std::string(fitting[0]->name) +
                             " and as " + std::string(fitting[1]->name) + "; say which by --layout");
  return *fitting[0];
}

PlaneSource source_for(const PlaneRequest& request, const Layout& layout, const std::filesystem::path& file) {
  PlaneSource source;
  source.file = file;
  source.name = request.variable;
  if (layout.depth_scale > 0) source.depth_scale = layout.depth_scale;
  if (request.depth_scale) source.depth_scale = *request.depth_scale;
  source.coding.unit_known = layout.depth_scale > 0 || request.depth_scale.has_value();
  const io::FileFormat* format = io::find_format(file);
  if (!source.coding.unit_known && !request.planes.empty() && format && format->depth_bits == 16 &&
      plane_kind(request.planes.front()) == PlaneKind::kDepth)
    if (const auto written = run_folder::written_scale(file)) {
      source.depth_scale = *written;
      source.coding.unit_known = true;
    }
  source.coding.scale_floats = request.scale_floats;
  source.coding.rotated_bits = layout.rotated_bits;
  if (!layout.no_reading.empty())
    source.coding.no_reading = std::vector<double>(layout.no_reading.begin(), layout.no_reading.end());
  if (request.no_reading) source.coding.no_reading = request.no_reading;
  source.coding.calibration = request.calibration;
  source.coding.unit_known = source.coding.unit_known || request.calibration.has_value();
  return source;
}

}  // namespace depthmill::data
