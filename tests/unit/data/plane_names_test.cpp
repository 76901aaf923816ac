#include "stages/data/plane_names.h"

#include <gtest/gtest.h>

namespace depthmill::data {
namespace {

struct Case {
  const char *file, *frame, *planes;
};

TEST(PlaneNames, SpellingsInUse) {
  for (const Case& c : {
           Case{"d-1294886362.665769-3143255701.raw_depth.h5", "d-1294886362.665769-3143255701", "raw_depth"},
           Case{"0001.rgb.png", "0001", "rgb"},
           Case{"0001.pred_mirror.npy", "0001", "pred_mirror"},
           Case{"x.base.h5", "x", "base"},
           Case{"x.lidar.h5", "x.lidar", ""},
           Case{"rgb_00045.jpg", "00045", "rgb"},
           Case{"sync_depth_00045.png", "00045", "gt raw_depth depth"},
           Case{"119_image.png", "119", "rgb"},
           Case{"00001_colors.png", "00001", "rgb"},
           Case{"00001_depth.png", "00001", "depth gt raw_depth pred"},
           Case{"dining_color_1.png", "dining_1", "rgb"},
           Case{"dining_depth_1.pgm", "dining_1", "depth gt raw_depth pred"},
           Case{"cafe_rgb1.png", "cafe_1", "rgb"},
           Case{"cafe_depth1.png", "cafe_1", "depth gt raw_depth pred"},
           Case{"rawdepth.png", "", "raw_depth gt"},
           Case{"Depth_7.PNG", "7", "depth gt raw_depth pred"},
           Case{"images.png", "", "rgb"},
           Case{"d-1294886362.665769-3143255701.png", "d-1294886362.665769-3143255701", ""},
           Case{"goldcolored_3.png", "goldcolored_3", ""},
           Case{"depthmill.png", "depthmill", ""},
           Case{"0001.png", "0001", ""},
           Case{".rgb.png", "", "rgb"},
           Case{"", "", ""},
       }) {
    const PlaneName name = parse_plane_name(c.file);
    EXPECT_EQ(name.frame, c.frame) << c.file;
    EXPECT_EQ(name.planes, c.planes) << c.file;
  }
}

TEST(PlaneNames, PlaceInList) {
  EXPECT_EQ(place_in_list("gt raw_depth depth", "depth"), 2);
  EXPECT_EQ(place_in_list("raw_depth", "depth"), -1);
  EXPECT_EQ(place_in_list("", "depth"), -1);
}

}  // namespace
}  // namespace depthmill::data
