#include <algorithm>
#include <stdexcept>

#include "stages/io/suggest.h"
#include "stages/pack/layout.h"

namespace depthmill::pack {

// Each is defined in its own file. A new layout is such a file and its name here.
extern const PackLayout kBtsLayout, kFastdepthLayout, kDensedepthLayout, kSdConvtransLayout,
    kUltralyticsLayout, kWebdatasetLayout, kVdaNyuLayout, kP2netLayout, kH5ScenesLayout;

namespace {

constexpr const PackLayout* kLayouts[] = {&kBtsLayout,         &kFastdepthLayout,   &kDensedepthLayout,
                                          &kSdConvtransLayout, &kUltralyticsLayout, &kWebdatasetLayout,
                                          &kVdaNyuLayout,      &kP2netLayout,       &kH5ScenesLayout};

}  // namespace

std::span<const PackLayout* const> layouts() { return kLayouts; }

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const PackLayout* row : kLayouts) names.emplace_back(row->name);
  return names;
}

const PackLayout& find_layout(std::string_view name) {
  const auto at = std::find_if(std::begin(kLayouts), std::end(kLayouts),
                               [&](const PackLayout* row) { return row->name == name; });
  if (at != std::end(kLayouts)) return **at;
  throw std::invalid_argument("layout '" + std::string(name) + "' is not one of " +
                              io::name_list(layout_names()) + io::did_you_mean(name, layout_names()));
}

}  // namespace depthmill::pack
