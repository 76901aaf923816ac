// Layout ibims-mat, the published form: <stem>.mat, each with a struct `data` of rgb, depth (metres) and masks.
// Layout ibims, the folders of iBims-1: rgb/, depth/ (16 bits, 65535 = 50 m), mask_invalid/ and mask_transp/
// with one picture a frame each; a reading counts where both masks are not 0. Source: iBims-1's evaluation
// script.
#include <set>
#include <string>

#include "stages/data/layout.h"
#include "stages/data/rules.h"
#include "stages/io/mat_file.h"

namespace depthmill::data {
namespace {

constexpr PathRule kIbimsRules[] = {
    {.pattern = "{any/}rgb/{frame}", .endings = "png", .planes = "rgb", .telling = false},
    {.pattern = "{any/}depth/{frame}", .endings = "png", .planes = "gt raw_depth depth", .telling = false},
    {.pattern = "{any/}mask_invalid/{frame}", .endings = "png", .planes = kMaskPlane},
    {.pattern = "{any/}mask_transp/{frame}", .endings = "png", .planes = kMaskPlane},
};
constexpr double kIbimsNoReading[] = {0};

constexpr PathRule kMatRules[] = {
    {.pattern = "{any/}{frame}", .endings = "mat", .planes = "rgb", .variable = "data.rgb"},
    {.pattern = "{any/}{frame}", .endings = "mat", .planes = "gt raw_depth depth", .variable = "data.depth"},
};

// Other sets are files of MATLAB's, too; the first one that can be read tells.
bool is_ibims_mat(const Tree& tree) {
  if (!follows(tree, kMatRules)) return false;
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files)
      if (name.ends_with(".mat")) {
        try {
          std::set<std::string> there;
          for (const io::DataSetInfo& info : io::list_mat(folder.folder / name)) there.insert(info.name);
          return there.contains("data.rgb") && there.contains("data.depth") &&
                 there.contains("data.mask_invalid") && there.contains("data.mask_transp");
        } catch (const FrameError&) {  // the next one may be whole
        }
      }
  return false;
}

Listing list_ibims_mat(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  Listing listing = list_by_rules(request, tree, layout, kMatRules);
  listing.frames.edit([](Frame& frame) {
    for (auto& [plane, source] : frame.sources)
      if (const PlaneRow* row = find_plane_row(plane); row && row->traits.holes)
        for (const char* mask : {":data.mask_invalid", ":data.mask_transp"})
          source.coding.masks.emplace_back(source.file.string() + mask);
    return true;
  });
  return listing;
}

}  // namespace

extern const Layout kIbimsLayout, kIbimsMatLayout;

const Layout kIbimsLayout = {
    .name = "ibims",
    .gives = "rgb gt raw_depth depth",
    .help = "iBims-1: rgb/, depth/ at 65535 = 50 m, mask_invalid/, mask_transp/",
    .rules = kIbimsRules,
    .depth_scale = 65535.0 / 50,
    .no_reading = kIbimsNoReading,
};

const Layout kIbimsMatLayout = {
    .name = "ibims-mat",
    .gives = "rgb gt raw_depth depth",
    .help = "iBims-1 as published: <stem>.mat with data.rgb, data.depth, data.mask_invalid, data.mask_transp",
    .detect = is_ibims_mat,
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_ibims_mat(request, tree, kIbimsMatLayout); },
};

}  // namespace depthmill::data
