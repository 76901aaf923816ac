#include "stages/io/plane_file.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "stages/io/h5_file.h"
#include "stages/io/image_file.h"
#include "stages/io/npy.h"
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
              HasSubstr("its extension names no known format (png ppm jpg jpeg pgm"));
  put_bytes(scratch / "a.jpg", bytes_of("x"));
  EXPECT_THAT(text("a.jpg", PlaneKind::kDepth).text,
              HasSubstr("a file of this format is not read as depth (only rgb)"));
  for (const FileFormat* format : formats()) {
    const std::string extension(format->ending());
    const auto kind = extension == "dump"  ? PlaneKind::kAccel
                      : extension == "dpt" ? PlaneKind::kDepth
                                           : PlaneKind::kRgb;
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
  EXPECT_TRUE(same(read_plane(source(scratch / "d.pgm"), PlaneKind::kCodes), codes));
  // The same numbers as netpbm orders them: seen, because a swapped code has more than 11 bits.
  put_bytes(scratch / "swapped.pgm", pnm_bytes(codes, ByteOrder::kHighFirst));
  EXPECT_THAT(failure_of([&] { read_plane(source(scratch / "swapped.pgm"), PlaneKind::kCodes); }).text,
              HasSubstr("byte order"));
  put_bytes(scratch / "eight.pgm", bytes_of("P5 1 1 255\nx"));
  EXPECT_THAT(failure_of([&] { read_plane(source(scratch / "eight.pgm"), PlaneKind::kCodes); }).text,
              HasSubstr("is no 16-bit PGM"));
}

TEST(PlaneFile, ReadsTheGenuineRawFrame) {
  DEPTHMILL_REAL(pgm, "real/nyu_raw_frame/NYU_depth.pgm");
  DEPTHMILL_REAL(ppm, "real/nyu_raw_frame/NYU_color.ppm");
  const auto codes = read_plane(source(pgm), PlaneKind::kCodes);
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
  EXPECT_EQ(find_format("x.jpg jpeg"), nullptr);
  EXPECT_EQ(find_format("x.h5"), &kHdf5Format);
  std::set<std::string> endings;
  for (const FileFormat* format : formats()) {
    std::istringstream words{std::string(format->endings)};
    for (std::string ending; words >> ending;) {
      EXPECT_TRUE(endings.insert(ending).second) << ending << " belongs to two rows";
      EXPECT_EQ(find_format("x." + ending), format) << ending;
    }
    EXPECT_FALSE(format->reads.empty()) << format->endings;
    EXPECT_EQ(format->write == nullptr, format->writes.empty()) << format->endings;
    EXPECT_EQ(format->depth_word.empty(), !format->writes.has(PlaneKind::kDepth)) << format->endings;
    EXPECT_EQ(format->depth_bits > 0, format->reads.has(PlaneKind::kDepth)) << format->endings;
  }
}

// What the rows promise: each kind that a format writes comes back, to the bit where depth_bits says so.
TEST(PlaneFile, WhatIsWrittenIsReadBack) {
  test::ScratchFolder scratch;
  cv::Mat depth = random_mat(13, 17, CV_64FC1, 5, 0.5, 10), single;
  depth.at<double>(2, 3) = 0;
  depth.convertTo(single, CV_32F);
  const std::map<PlaneKind, cv::Mat> planes{
      {PlaneKind::kRgb, random_mat(7, 9, CV_8UC3, 6, 0, 256)},
      {PlaneKind::kDepth, depth},
      {PlaneKind::kCodes, random_mat(7, 9, CV_16UC1, 6, 0, 2048)},
      {PlaneKind::kLabels, random_mat(7, 9, CV_8UC1, 6, 0, 256)},
      {PlaneKind::kAccel, (cv::Mat_<double>(4, 1) << -32768, 32767, 819, -128)}};
  for (const FileFormat* format : formats())
    for (const auto& [kind, plane] : planes) {
      if (!format->writes.has(kind)) continue;
      const auto label = std::string(format->ending()) + " of " + std::string(kind_name(kind));
      const auto file =
          scratch / ("a/b/f." + std::string(kind_name(kind)) + "." + std::string(format->ending()));
      const cv::Mat before = plane.clone();
      write_plane(file, plane, kind, {.depth_scale = 1000, .name = "pred"});
      EXPECT_TRUE(same(plane, before)) << "writing left the values alone: " << label;
      const cv::Mat back = read_plane(source(file), kind);
      const double error = cv::norm(back, plane, cv::NORM_INF);
      if (kind != PlaneKind::kDepth || format->depth_bits == 64)
        EXPECT_TRUE(same(back, plane)) << label;
      else
        EXPECT_LE(error, format->depth_bits == 32 ? 1e-6 : 0.0005 + 1e-12) << label;
      if (kind != PlaneKind::kDepth || format->depth_bits < 32) continue;
      write_plane(file, single, kind);
      cv::Mat widened;
      single.convertTo(widened, CV_64F);
      EXPECT_TRUE(same(read_plane(source(file), kind), widened)) << "float32 is kept: " << label;
    }
}

// Whatever the format: a write that the disk cuts short is an error, and the file that was there stays.
TEST(PlaneFile, AFullDiskLeavesTheOldFile) {
  const std::map<PlaneKind, cv::Mat> planes{{PlaneKind::kRgb, random_mat(40, 50, CV_8UC3, 6, 0, 256)},
                                            {PlaneKind::kDepth, random_mat(40, 50, CV_64FC1, 5, 0.5, 10)},
                                            {PlaneKind::kCodes, random_mat(40, 50, CV_16UC1, 6, 0, 2048)},
                                            {PlaneKind::kLabels, random_mat(40, 50, CV_8UC1, 6, 0, 256)},
                                            {PlaneKind::kAccel, cv::Mat(4, 1, CV_64FC1, cv::Scalar(100))}};
  for (const FileFormat* format : formats())
    for (const auto& [kind, plane] : planes) {
      if (!format->writes.has(kind)) continue;
      test::ScratchFolder scratch;
      const std::string name = "f." + std::string(format->ending());
      write_plane(scratch / name, plane, kind);
      const Bytes old = file_bytes(scratch / name);
      for (const std::size_t room : {std::size_t{0}, std::size_t{8}, old.size() / 2, old.size() - 1}) {
        const auto why = message_on_full_disk(room, [&] { write_plane(scratch / name, plane, kind); });
        EXPECT_THAT(why, HasSubstr(name + ": cannot be written")) << room << " of " << old.size() << " bytes";
        EXPECT_TRUE(file_bytes(scratch / name) == old) << name << ", " << room;
        const std::filesystem::directory_iterator files(scratch.path());
        EXPECT_EQ(std::distance(files, std::filesystem::directory_iterator()), 1) << name << ", " << room;
      }
      // The library has not lost its mind: the next write succeeds, with the same bytes.
      write_plane(scratch / name, plane, kind);
      EXPECT_TRUE(file_bytes(scratch / name) == old) << name;
    }
}

TEST(PlaneFile, DepthGoesByTheBitsThatSurvive) {
  std::vector<std::string> depth, colour;
  for (const FileFormat* format : formats_for(PlaneKind::kDepth)) depth.emplace_back(format->ending());
  for (const FileFormat* format : formats_for(PlaneKind::kRgb)) colour.emplace_back(format->ending());
  EXPECT_THAT(depth, ::testing::ElementsAre("h5", "npy", "mat", "npz", "pfm", "dpt", "tif", "exr", "tar",
                                            "png", "pgm"));
  EXPECT_EQ(colour.front(), "png");
  EXPECT_EQ(formats_for(PlaneKind::kCodes).front(), &kPngFormat);
}

TEST(PlaneFile, DepthFormatsHaveWords) {
  EXPECT_EQ(parse_depth_format("png16"), &kPngFormat);
  EXPECT_EQ(parse_depth_format("npy"), &kNpyFormat);
  EXPECT_THAT(depth_format_words(), ::testing::ElementsAre("png16", "h5", "npy", "mat", "pfm"));
  EXPECT_THROW(parse_depth_format(""), std::invalid_argument);
  try {
    parse_depth_format("png");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(),
                 "'png' is none of the depth formats png16, h5, npy, mat, pfm; did you mean 'png16'?");
  }
}

TEST(PlaneFile, WhatDoesNotFitLeavesNoFile) {
  test::ScratchFolder scratch;
  cv::Mat depth(2, 2, CV_64FC1, cv::Scalar(70));
  const auto why = failure_of([&] { write_plane(scratch / "f.png", depth, PlaneKind::kDepth); });
  EXPECT_EQ(why.reason, FailureReason::kOutOfRange);
  EXPECT_THAT(why.text, HasSubstr("f.png: 70 m"));
  const cv::Mat accel = (cv::Mat_<double>(4, 1) << 0, 40000, 0, 0);
  EXPECT_EQ(failure_of([&] { write_plane(scratch / "a.dump", accel, PlaneKind::kAccel); }).reason,
            FailureReason::kOutOfRange);
  const auto refused = [&](const char* name, const cv::Mat& m, PlaneKind kind) -> std::string {
    try {
      write_plane(scratch / name, m, kind);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_THAT(refused("f.jpg", depth, PlaneKind::kDepth),
              HasSubstr("f.jpg: a plane of kind depth is written as png, h5, npy, mat, pfm"));
  EXPECT_THAT(refused("f.png", depth, PlaneKind::kRgb), HasSubstr("colour is 8-bit RGB"));
  EXPECT_THAT(refused("f.png", cv::Mat(), PlaneKind::kDepth), HasSubstr("float32 or float64"));
  EXPECT_THAT(refused("f.npy", cv::Mat(2, 2, CV_32FC3, cv::Scalar()), PlaneKind::kNormals),
              HasSubstr("is read, never written"));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

}  // namespace
}  // namespace depthmill::io
