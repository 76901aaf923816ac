#include "stages/pack/encode.h"

#include <cstdio>

#include "stages/base/adapt.h"
#include "stages/io/image_file.h"
#include "stages/io/jpeg.h"
#include "stages/io/png.h"

namespace depthmill::pack {

Bytes picture_bytes(const Pixels& pixels, const Place&, const PackOptions& options) {
  return options.pictures == Pictures::kPng ? io::encode_png(pixels.rgb)
                                            : io::encode_jpeg(pixels.rgb, options.quality());
}

Bytes depth_png(const cv::Mat& depth, double scale, const Place& place) {
  cv::Mat samples = io::to_16_bit(depth, scale, place.source);
  const auto metres = view<double>(depth);
  const auto out = view_mut<std::uint16_t>(samples);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (metres[i] > 0 && out[i] == 0) out[i] = 1;
  return io::encode_png(samples);
}

std::string digits(std::size_t number, int width) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*zu", width, number);
  return text;
}

}  // namespace depthmill::pack
