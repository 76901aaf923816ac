// Layout fastdepth: train/<scene>/<frame>.h5 and val/official/<frame>.h5, each with rgb (3 x rows x cols,
// bytes) and depth (rows x cols, float32 metres), as FastDepth's data class reads them. Read, the scenes are
// those of the folders. P2Net's nyu_test/<frame>.h5 has the same two data sets, and two more that are not
// read. Source: dwofk/fast-depth, dataloaders/dataloader.py; Indoor-SfMLearner, datasets/nyu_dataset.py.
#include <algorithm>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "stages/data/layout.h"
#include "stages/data/rules.h"
#include "stages/io/h5_file.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

constexpr PathRule kFastdepthRules[] = {
    {.pattern = "{any/}train/{scene}/{number}", .endings = "h5", .planes = "rgb", .variable = "rgb"},
    {.pattern = "{any/}train/{scene}/{number}",
     .endings = "h5",
     .planes = "depth gt raw_depth",
     .variable = "depth"},
    {.pattern = "{any/}val/{scene}/{number}", .endings = "h5", .planes = "rgb", .variable = "rgb"},
    {.pattern = "{any/}val/{scene}/{number}",
     .endings = "h5",
     .planes = "depth gt raw_depth",
     .variable = "depth"},
    {.pattern = "{any/}{scene=nyu_test}/{number}", .endings = "h5", .planes = "rgb", .variable = "rgb"},
    {.pattern = "{any/}{scene=nyu_test}/{number}",
     .endings = "h5",
     .planes = "depth gt raw_depth",
     .variable = "depth"},
};

// Other sets have such names, too; the first file tells.
bool is_fastdepth(const Tree& tree) {
  if (!follows(tree, kFastdepthRules)) return false;
  for (const FolderListing& folder : tree.folders())
    for (const std::string& name : folder.files)
      if (name.ends_with(".h5")) {
        try {
          const auto sets = io::list_h5(folder.folder / name, io::H5Layout::kRowMajor);
          const auto has = [&](std::string_view set) {
            return std::any_of(sets.begin(), sets.end(),
                               [&](const io::DataSetInfo& s) { return s.name == set; });
          };
          return has("rgb") && has("depth");
        } catch (const FrameError&) {  // the next one may be whole
        }
      }
  return false;
}

}  // namespace

extern const Layout kFastdepthLayout;

const Layout kFastdepthLayout = {
    .name = "fastdepth",
    .gives = "rgb gt raw_depth depth",
    .help = "train/<scene>/*.h5 and val/official/*.h5 with rgb and depth, as FastDepth is trained on",
    .detect = is_fastdepth,
    .rules = kFastdepthRules,
};

}  // namespace depthmill::data
