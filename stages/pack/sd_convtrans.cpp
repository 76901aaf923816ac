// Layout sd-convtrans, the folders in which SD-ConvTrans finds its data:
//
//   train/images/<stem>.jpg                        RGB
//   train/wls/depths_withtest/<stem>.mat           variable I: depth / 10 metres
//   train/wls/depths_base_withtest/<stem>.mat      variable base: WLS base / 10 metres
//   test/images/<stem>.jpg                         RGB
//   test/depths/<stem>.mat                         variable temp: depth in metres
//
// MATLAB v5 files of doubles; <stem> is scene_frame. No mask anywhere, so depth must be filled. The published code puts
// other words in the place of "jpg" wherever it stands in a path, so that a scene of that name would not be found.
#include "stages/base/adapt.h"
#include "stages/io/array.h"
#include "stages/io/mat_file.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"
#include "stages/pack/places.h"

namespace depthmill::pack {
namespace sd_convtrans_files {

constexpr double kMetresPerUnit = 10;  // of I and base

bool is_train(const Place& place) { return place.part == Part::kTrain; }
std::string stem(const Place& place) {
  return (place.source == place.frame ? "" : place.scene + "_") + packed_scene(place.frame);
}

// Divided, not multiplied by 0.1: the last digit is what other programs compute.
Bytes variable(const cv::Mat& metres, double unit, const char* name) {
  cv::Mat values = metres.clone();
  for (double& z : view_mut<double>(values)) z /= unit;
  return io::mat_bytes({{name, io::to_array(values)}});
}

std::string base_path(const Place& place, const PackOptions&) {
  return is_train(place) ? "train/wls/depths_base_withtest/" + stem(place) + ".mat" : "";
}
Bytes base_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  if (pixels.base.empty())
    throw FrameError(FailureReason::kMissingFile,
                     place.source + ": has no base, which is trained on: 'depthmill decompose' makes it");
  return variable(pixels.base, kMetresPerUnit, "base");
}

std::string depth_path(const Place& place, const PackOptions&) {
  return (is_train(place) ? "train/wls/depths_withtest/" : "test/depths/") + stem(place) + ".mat";
}
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions&) {
  return is_train(place) ? variable(pixels.depth, kMetresPerUnit, "I") : variable(pixels.depth, 1, "temp");
}

std::string rgb_path(const Place& place, const PackOptions&) {
  return (is_train(place) ? "train/images/" : "test/images/") + stem(place) + ".jpg";
}
Bytes rgb_bytes(const Pixels& pixels, const Place& place, const PackOptions& options) {
  if (stem(place).find("jpg") != std::string::npos)
    throw FrameError(FailureReason::kOutOfRange,
                     place.source +
                         ": SD-ConvTrans finds no file whose path holds 'jpg' besides its ending; "
                         "rename the scene or the frame");
  return picture_bytes(pixels, place, options);
}

// The picture last: it is what the loaders list.
constexpr FileRule kFiles[] = {{base_path, base_bytes}, {depth_path, depth_bytes}, {rgb_path, rgb_bytes}};

}  // namespace sd_convtrans_files

extern const PackLayout kSdConvtransLayout;

const PackLayout kSdConvtransLayout = {
    .name = "sd-convtrans",
    .help = "{train,test}/images, train/wls, test/depths: SD-ConvTrans",
    .files = sd_convtrans_files::kFiles,
    .depth = PackDepth::kFilled,
    .whole_depth = true,
    .takes_base = true,
    .jpg_alone = true,
    .first_number = 1,
    .jpeg_quality = 100,
};

}  // namespace depthmill::pack
