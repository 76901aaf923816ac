#include "stages/base/planes.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <set>
#include <string>

namespace depthmill {
namespace {

TEST(Planes, EachNameHasOneRowAndIsFoundInIt) {
  std::set<std::string> names;
  for (const PlaneRow& row : plane_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " has two rows";
    EXPECT_EQ(find_plane_row(row.name), &row);
    EXPECT_EQ(plane_kind(row.name), row.kind) << row.name;
    EXPECT_EQ(std::string(row.name).find_first_of(". /"), std::string::npos)
        << row.name << " would not survive in <frame>.<plane>.<ext>";
  }
  EXPECT_EQ(names.size(), 20u);
}

TEST(Planes, KindsFollowFromNames) {
  EXPECT_EQ(plane_kind("raw_rgb"), PlaneKind::kRgb);
  EXPECT_EQ(plane_kind("preview"), PlaneKind::kRgb);
  EXPECT_EQ(plane_kind("depth_rel"), PlaneKind::kCodes);
  EXPECT_EQ(plane_kind("accel"), PlaneKind::kAccel);
  EXPECT_EQ(plane_kind("pred"), PlaneKind::kDepth);
  EXPECT_EQ(plane_kind("edges"), PlaneKind::kLabels);
  EXPECT_EQ(plane_kind("gt_normals"), PlaneKind::kNormals);
  EXPECT_EQ(find_plane_row("lidar"), nullptr);
  EXPECT_EQ(plane_kind("lidar"), PlaneKind::kDepth) << "a folder's own plane is one of metres";
}

TEST(Planes, TypesSuitTheirKinds) {
  for (const PlaneRow& row : plane_table()) {
    const int channels = CV_MAT_CN(row.type), depth = CV_MAT_DEPTH(row.type);
    switch (row.kind) {
      case PlaneKind::kRgb:
        EXPECT_EQ(row.type, CV_8UC3) << row.name;
        break;
      case PlaneKind::kDepth:
        EXPECT_TRUE(channels == 1 && (depth == CV_64F || depth == CV_32F)) << row.name;
        EXPECT_STREQ(row.unit, "m") << row.name;
        break;
      case PlaneKind::kCodes:
        EXPECT_EQ(row.type, CV_16UC1) << row.name;
        break;
      case PlaneKind::kAccel:
        EXPECT_EQ(row.type, CV_64FC1) << row.name;
        break;
      case PlaneKind::kLabels:
        EXPECT_TRUE(row.type == CV_8UC1 || row.type == CV_16UC1) << row.name;
        break;
      case PlaneKind::kNormals:
        EXPECT_EQ(row.type, CV_32FC3) << row.name;
        break;
    }
    EXPECT_TRUE(!row.traits.exact || row.type == CV_64FC1) << row.name;
  }
}

TEST(Planes, CompanionsMayBearTheNameOfTheirImage) {
  std::set<std::string> companions, named_like_image;
  for (const PlaneRow& row : plane_table()) {
    if (row.traits.companion) companions.insert(row.name);
    if (row.traits.named_like_image) named_like_image.insert(row.name);
  }
  const std::set<std::string> expected{"pred_mirror", "edges",        "plane_labels",
                                       "hidden",      "pred_normals", "gt_normals"};
  EXPECT_EQ(companions, expected);
  companions.insert("pred");
  EXPECT_EQ(named_like_image, companions);
}

}  // namespace
}  // namespace depthmill
