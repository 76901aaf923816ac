// Layout sd-convtrans, the folders in which SD-ConvTrans finds its data:
//
//   train/images/<stem>.jpg                        RGB (images_withtest is read too)
//   train/wls/depths_withtest/<stem>.mat           variable I: depth / 10 metres
//   train/wls/depths_base_withtest/<stem>.mat      variable base: WLS base / 10 metres
//   test/images/<stem>.jpg                         RGB
//   test/depths/<stem>.mat                         variable temp: depth in metres
//
// MATLAB v5 files of doubles. Read: the scenes are "train" and "test", the frames go by their stems; base is
// there where it was written.
#include <algorithm>
#include <cctype>
#include <opencv2/core.hpp>

#include "stages/data/layout.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

constexpr double kMetresPerUnit = 10;  // of I and base
constexpr const char* kDepthFolder = "wls/depths_withtest";
constexpr const char* kBaseFolder = "wls/depths_base_withtest";

bool is_sd_convtrans(const Tree& tree) {
  return tree.has_folder("train/wls") || tree.has_folder("test/depths");
}

// JPEG files of a folder, sorted; none when it is not there.
std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    std::string extension = entry.path().extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (extension == ".jpg" || extension == ".jpeg") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The frame of a picture, with sources for the planes that are wanted.
Frame make_frame(const fs::path& part, const fs::path& picture, const std::vector<std::string>& planes) {
  const auto wanted = [&](const char* name) { return std::count(planes.begin(), planes.end(), name) > 0; };
  const bool train = part.filename() == part_name(Part::kTrain);
  const fs::path mat = picture.stem().string() + ".mat";
  Frame frame;
  frame.scene = part.filename().string();
  frame.name = picture.stem().string();
  std::error_code ignored;
  const auto add = [&](const char* name, const fs::path& folder, const char* variable) -> PlaneSource& {
    PlaneSource& source = frame.sources[name];
    source.file = part / folder / mat;
    source.name = variable;
    if (train) source.metres_per_unit = kMetresPerUnit;
    return source;
  };
  if (wanted(plane::kRgb)) frame.sources[plane::kRgb].file = picture;
  if (wanted(plane::kDepth)) {
    const PlaneSource& depth =
        train ? add(plane::kDepth, kDepthFolder, "I") : add(plane::kDepth, "depths", "temp");
    if (!fs::exists(depth.file, ignored))
      frame.fail(kListStage, FailureReason::kMissingFile,
                 picture.string() + " has no depth: " + depth.file.string() + " is not there");
  }
  if (train && wanted(plane::kBase) && fs::exists(part / kBaseFolder / mat, ignored))
    add(plane::kBase, kBaseFolder, "base");
  return frame;
}

Listing list_sd_convtrans(const PlaneRequest& request, const Tree&) {
  Listing listing;
  for (const Part which : {Part::kTest, Part::kTrain}) {  // sorted
    const fs::path part = request.where / part_name(which);
    if (!request.scenes.empty() &&
        !std::count(request.scenes.begin(), request.scenes.end(), part_name(which)))
      continue;
    std::error_code ignored;
    fs::path images = part / "images";
    if (which == Part::kTrain && !fs::is_directory(images, ignored)) images = part / "images_withtest";
    for (const fs::path& picture : pictures_in(images))
      listing.frames.push_back(make_frame(part, picture, request.planes));
  }
  return listing;
}

}  // namespace

extern const Layout kSdConvtransLayout;

const Layout kSdConvtransLayout = {
    .name = "sd-convtrans",
    .gives = "rgb depth base",
    .help = "{train,test}/images/*.jpg, train/wls/*/*.mat, test/depths/*.mat: the training of SD-ConvTrans",
    .detect = is_sd_convtrans,
    .list = list_sd_convtrans,
    .parts = true,
};

}  // namespace depthmill::data
