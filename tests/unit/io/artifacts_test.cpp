#include "stages/io/artifacts.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

cv::Mat read_back(const std::filesystem::path& file, PlaneKind kind, PlaneCodec codec = PlaneCodec::kAuto) {
  PlaneSource s;
  s.file = file;
  s.codec = codec;
  return read_plane(s, kind);
}

TEST(Artifacts, PathsFollowTheRunFolder) {
  EXPECT_EQ(plane_path("run", "bedroom_0001", "d-1.2-3", "raw_depth", DepthFormat::kH5),
            "run/planes/bedroom_0001/d-1.2-3.raw_depth.h5");
  EXPECT_EQ(plane_path("run", "", "x", "depth", DepthFormat::kPng16), "run/planes/x.depth.png");
  EXPECT_EQ(plane_path("run", "s", "x", "rgb", DepthFormat::kMat), "run/planes/s/x.rgb.png");
  EXPECT_EQ(parse_depth_format("npy"), DepthFormat::kNpy);
  EXPECT_EQ(plane_path("run", "s", "x", "pred", parse_depth_format("pfm")), "run/planes/s/x.pred.pfm");
  EXPECT_EQ(plane_path("run", "s", "x", "detail", DepthFormat::kPfm), "run/planes/s/x.detail.h5");
  try {
    parse_depth_format("png");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(),
                 "'png' is none of the depth formats png16, h5, mat, npy, pfm; did you mean 'png16'?");
  }
}

TEST(Artifacts, TheTableAgreesWithNamesAndFormats) {
  for (const Artifact& a : artifacts()) {
    EXPECT_EQ(plane_kind(a.plane), a.kind) << a.plane;
    EXPECT_EQ(find_artifact(a.plane), &a);
    const auto path = plane_path("r", "s", "f", a.plane, DepthFormat::kPng16);
    EXPECT_EQ(path.extension().string().substr(1), a.extensions.substr(0, a.extensions.find(' '))) << a.plane;
  }
  EXPECT_EQ(find_artifact("nothing"), nullptr);
}

TEST(Artifacts, DepthSurvivesEveryFormat) {
  test::ScratchFolder scratch;
  cv::Mat depth = random_mat(13, 17, CV_64FC1, 5, 0.5, 10);
  depth.at<double>(2, 3) = 0;
  for (const char* extension : {"h5", "mat", "npy"}) {
    const auto file = scratch / (std::string("a/b/f.depth.") + extension);
    write_plane(file, depth, PlaneKind::kDepth);
    EXPECT_TRUE(same(read_back(file, PlaneKind::kDepth), depth)) << extension;
    EXPECT_TRUE(find_format(file)->keeps_float64);
  }
  write_plane(scratch / "f.png", depth, PlaneKind::kDepth);
  EXPECT_LE(cv::norm(read_back(scratch / "f.png", PlaneKind::kDepth), depth, cv::NORM_INF), 0.0005 + 1e-12);
  write_plane(scratch / "f.pfm", depth, PlaneKind::kDepth);
  EXPECT_LE(cv::norm(read_back(scratch / "f.pfm", PlaneKind::kDepth), depth, cv::NORM_INF), 1e-6);
  cv::Mat single;
  depth.convertTo(single, CV_32F);
  write_plane(scratch / "s.h5", single, PlaneKind::kDepth, {.depth_scale = 1000, .name = "pred"});
  cv::Mat widened;
  single.convertTo(widened, CV_64F);
  EXPECT_TRUE(same(read_back(scratch / "s.h5", PlaneKind::kDepth), widened)) << "float32 is kept";
}

TEST(Artifacts, WhatWasWrittenIsFound) {
  test::ScratchFolder scratch;
  EXPECT_TRUE(find_plane(scratch.path(), "s", "f", "depth").empty());
  const auto file = plane_path(scratch.path(), "s", "f", "depth", DepthFormat::kNpy);
  write_plane(file, cv::Mat(2, 2, CV_64FC1, cv::Scalar(1)), PlaneKind::kDepth);
  EXPECT_EQ(find_plane(scratch.path(), "s", "f", "depth"), file);
}

TEST(Artifacts, ColourCodesAndAccelRoundTrip) {
  test::ScratchFolder scratch;
  const auto rgb = random_mat(7, 9, CV_8UC3, 6, 0, 256);
  for (const char* name : {"a.png", "a.ppm"}) {
    write_plane(scratch / name, rgb, PlaneKind::kRgb);
    EXPECT_TRUE(same(read_back(scratch / name, PlaneKind::kRgb), rgb)) << name;
    EXPECT_TRUE(same(rgb, random_mat(7, 9, CV_8UC3, 6, 0, 256))) << "writing left the picture alone";
  }
  const auto codes = random_mat(7, 9, CV_16UC1, 6, 0, 2048);
  write_plane(scratch / "d.pgm", codes, PlaneKind::kCodes);
  EXPECT_TRUE(same(read_back(scratch / "d.pgm", PlaneKind::kCodes, PlaneCodec::kKinectPgm), codes));
  const cv::Mat accel = (cv::Mat_<double>(4, 1) << -32768, 32767, 819, -128);
  write_plane(scratch / "a.dump", accel, PlaneKind::kAccel);
  EXPECT_TRUE(same(read_back(scratch / "a.dump", PlaneKind::kAccel), accel));
}

TEST(Artifacts, WhatDoesNotFitLeavesNoFile) {
  test::ScratchFolder scratch;
  cv::Mat depth(2, 2, CV_64FC1, cv::Scalar(70));
  const auto why = failure_of([&] { write_plane(scratch / "f.png", depth, PlaneKind::kDepth); });
  EXPECT_EQ(why.reason, FailureReason::kOutOfRange);
  EXPECT_THAT(why.text, HasSubstr("f.png: 70 m"));
  const cv::Mat accel = (cv::Mat_<double>(4, 1) << 0, 40000, 0, 0);
  EXPECT_EQ(failure_of([&] { write_plane(scratch / "a.dump", accel, PlaneKind::kAccel); }).reason,
            FailureReason::kOutOfRange);
  EXPECT_THROW(write_plane(scratch / "f.jpg", depth, PlaneKind::kDepth), std::invalid_argument);
  EXPECT_THROW(write_plane(scratch / "f.png", depth, PlaneKind::kRgb), std::invalid_argument);
  EXPECT_THROW(write_plane(scratch / "f.png", cv::Mat(), PlaneKind::kDepth), std::invalid_argument);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

}  // namespace
}  // namespace depthmill::io
