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
#include "stages/io/h5_handle.h"
#include "stages/io/safe_name.h"

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

void write_fastdepth(const fs::path& root, const Frame& frame, const LayoutWriteOptions& options) {
  fs::path path = options.part == Part::kTrain ? root / "train" / io::folder_name(frame.scene)
                                               : root / "val" / "official";
  path /= io::file_name(frame.name);
  path += ".h5";
  const cv::Mat& rgb = frame.plane(plane::kRgb);
  cv::Mat depth;
  frame.plane(plane::kDepth).convertTo(depth, CV_64F);
  if (depth.size() != rgb.size())
    throw FrameError(FailureReason::kWrongSize, frame.id() + ": rgb and depth differ in size");
  std::vector<cv::Mat> channels;
  cv::split(rgb, channels);
  cv::Mat planar;
  for (const cv::Mat& channel : channels) planar.push_back(channel);
  const auto rows = static_cast<hsize_t>(rgb.rows), cols = static_cast<hsize_t>(rgb.cols);

  io::write_h5_whole(path, [&](hid_t out) {
    const io::H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    const auto write = [&](const char* set_name, std::vector<hsize_t> shape, hid_t stored, hid_t memory,
                           const void* data) {
      const io::H5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                               H5Sclose);
      const io::H5Handle set(H5Dcreate2(out, set_name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                             H5Dclose);
      return set.ok() && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    };
    return write("depth", {rows, cols}, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, depth.data) &&
           write("rgb", {3, rows, cols}, H5T_STD_U8LE, H5T_NATIVE_UINT8, planar.data);
  });
}

}  // namespace

extern const Layout kFastdepthLayout;

const Layout kFastdepthLayout = {
    .name = "fastdepth",
    .gives = "rgb gt raw_depth depth",
    .help = "train/<scene>/*.h5 and val/official/*.h5 with rgb and depth, as FastDepth is trained on",
    .detect = is_fastdepth,
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_by_rules(request, tree, kFastdepthLayout, kFastdepthRules); },
    .write = write_fastdepth,
    .parts = true,
};

}  // namespace depthmill::data
