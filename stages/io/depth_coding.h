// From the samples of a depth file to metres with holes: the unit, and what in the file means "no reading".
#pragma once

#include <opencv2/core.hpp>
#include <string_view>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// CV_64FC1 metres of `samples`, as the source says. In a plane with holes (PlaneTraits::holes) 0 stands for
// what is not finite, for 0 and below, for the samples of coding.no_reading and where a mask is 0; in other
// planes the values stay as they are. Throws FrameError as read_plane, also for a mask of another size.
cv::Mat decode_depth(Array samples, const PlaneSource& source, std::string_view plane_name);

}  // namespace depthmill::io
