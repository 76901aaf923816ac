#include "stages/io/plane_file.h"

#include <gmock/gmock.h>

#include "stages/io/artifacts.h"
#include "stages/io/h5_file.h"
#include "stages/io/pnm.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

PlaneSource source(const std::filesystem::path& file, const std::string& name = "") {
  PlaneSource s;
  s.file = file;
  s.name = name;
  return s;
}

TEST(PlaneFile, ArgumentsSplitAtTheLastColon) {
  test::ScratchFolder scratch;
  const auto check = [](const std::string& text, const std::string& file, const std::string& name) {
    const auto s = parse_plane_argument(text);
    EXPECT_EQ(s.file, file);
    EXPECT_EQ(s.name, name);
  };
  check("a.mat:depths", "a.mat", "depths");
  check("a.png", "a.png", "");
  check("dir:1/a.png", "dir:1/a.png", "");
  check("dir:1/a.h5:group", "dir:1/a.h5", "group");
  check("a.mat:", "a.mat:", "");
  const auto odd = scratch / "b.mat:depths";
  put_bytes(odd, bytes_of("x"));
  check(odd.string(), odd.string(), "");
  EXPECT_THROW(parse_plane_argument(""), std::invalid_argument);
  EXPECT_THROW(parse_plane_argument(":depth"), std::invalid_argument);
}

TEST(PlaneFile, ChoosesTheDataSetThatFits) {
  test::ScratchFolder scratch;
  const auto file = scratch / "only.h5";
  const auto depth = random_mat(4, 5, CV_32FC1, 1, 1, 5);
  write_h5(file, "anything", to_array(depth));
  EXPECT_EQ(read_plane(source(file), PlaneKind::kDepth, "depth").at<double>(3, 4), depth.at<float>(3, 4));
  EXPECT_EQ(failure_of([&] { read_plane(source(file), PlaneKind::kRgb); }).text,
            file.string() + ": no data set in it has the shape of this plane (there are: anything)");
}

TEST(PlaneFile, ErrorsNameFileAndCause) {
  test::ScratchFolder scratch;
  const auto text = [&](const std::string& name, PlaneKind kind) {
    return failure_of([&] { read_plane(source(scratch / name), kind); });
  };
  EXPECT_EQ(text("no.png", PlaneKind::kRgb).reason, FailureReason::kMissingFile);
  EXPECT_EQ(text("no.xyz", PlaneKind::kRgb).reason, FailureReason::kMissingFile);
  put_bytes(scratch / "a.xyz", bytes_of("x"));
  EXPECT_THAT(text("a.xyz", PlaneKind::kRgb).text,
              HasSubstr("its extension names no known format (png jpg jpeg"));
  put_bytes(scratch / "a.jpg", bytes_of("x"));
  EXPECT_THAT(text("a.jpg", PlaneKind::kDepth).text,
              HasSubstr("a file of this format is not read as depth (only rgb)"));
  for (const Format& format : formats()) {
    const std::string extension(format.extensions.substr(0, format.extensions.find(' ')));
    const auto kind = extension == "dump" ? PlaneKind::kAccel : PlaneKind::kRgb;
    put_bytes(scratch / ("empty." + extension), {});
    EXPECT_EQ(text("empty." + extension, kind).reason, FailureReason::kTruncated) << extension;
    put_bytes(scratch / ("junk." + extension), Bytes(600, 'j'));
    const auto junk = text("junk." + extension, kind);
    EXPECT_EQ(junk.reason, FailureReason::kUnreadable) << extension;
    EXPECT_THAT(junk.text, HasSubstr("junk." + extension + ": ")) << extension;
  }
  auto named = source(scratch / "a.npy", "x");
  EXPECT_THAT(failure_of([&] { read_plane(named, PlaneKind::kDepth); }).text, HasSubstr("takes no name"));
}

TEST(PlaneFile, KinectCodesAreLowByteFirst) {
  test::ScratchFolder scratch;
  const auto codes = random_mat(6, 8, CV_16UC1, 3, 300, 2048);
  put_bytes(scratch / "d.pgm", pnm_bytes(codes, ByteOrder::kLowFirst));
  auto s = source(scratch / "d.pgm");
  s.codec = PlaneCodec::kKinectPgm;
  EXPECT_TRUE(same(read_plane(s, PlaneKind::kCodes), codes));
  s.codec = PlaneCodec::kAuto;
  EXPECT_EQ(failure_of([&] { read_plane(s, PlaneKind::kCodes); }).reason, FailureReason::kUnreadable);
}

TEST(PlaneFile, ReadsTheGenuineRawFrame) {
  DEPTHMILL_REAL(pgm, "real/nyu_raw_frame/NYU_depth.pgm");
  DEPTHMILL_REAL(ppm, "real/nyu_raw_frame/NYU_color.ppm");
  auto s = source(pgm);
  s.codec = PlaneCodec::kKinectPgm;
  const auto codes = read_plane(s, PlaneKind::kCodes);
  double low = 0, high = 0;
  cv::minMaxLoc(codes, &low, &high);
  EXPECT_EQ(low, 839);
  EXPECT_EQ(high, 2047);
  EXPECT_NEAR(cv::countNonZero(codes == 2047) / 307200.0, 0.072, 0.001);
  EXPECT_EQ(read_plane(source(ppm), PlaneKind::kRgb).size(), cv::Size(640, 480));
}

TEST(PlaneFile, ReadsPublishedArrays) {
  DEPTHMILL_REAL(pred, "real/fastdepth_sample/pred.npy");
  DEPTHMILL_REAL(rgb, "real/fastdepth_sample/rgb.npy");
  const auto depth = read_plane(source(pred), PlaneKind::kDepth);
  EXPECT_EQ(depth.size(), cv::Size(224, 224));
  double low = 0, high = 0;
  cv::minMaxLoc(depth, &low, &high);
  EXPECT_NEAR(low, 1.18, 0.01);
  EXPECT_NEAR(high, 4.75, 0.01);
  EXPECT_EQ(read_plane(source(rgb), PlaneKind::kRgb).type(), CV_8UC3);
}

TEST(PlaneFile, ReadsSixteenBitPngAndOrdinaryPgmInMillimetres) {
  DEPTHMILL_REAL(png, "real/nyu_fill_triplet/depth.png");
  DEPTHMILL_REAL(pgm, "real/nyu_projected_pairs/dining_depth_1.pgm");
  double low = 0, high = 0;
  cv::minMaxLoc(read_plane(source(png), PlaneKind::kDepth), &low, &high);
  EXPECT_EQ(low, 1.923);
  EXPECT_EQ(high, 9.484);
  cv::minMaxLoc(read_plane(source(pgm), PlaneKind::kDepth), &low, &high);
  EXPECT_EQ(low, 0.0);
  EXPECT_LT(high, 10.0);
}

TEST(PlaneFile, EveryFormatIsListedOnce) {
  EXPECT_EQ(find_format("x.JPEG"), find_format("y.jpg"));
  EXPECT_EQ(find_format("x"), nullptr);
  EXPECT_EQ(find_format(".png"), nullptr);
  ASSERT_NE(find_format("x.h5"), nullptr);
  EXPECT_TRUE(find_format("x.h5")->keeps_float64);
  EXPECT_FALSE(find_format("x.png")->keeps_float64);
}

}  // namespace
}  // namespace depthmill::io
