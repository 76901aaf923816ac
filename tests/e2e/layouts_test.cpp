// Every layout there and back: what was written as its loaders have it is found by `auto`, and read as it was. Layouts
// that are packed are written by the program, the others here, under the names and in the units of the published sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/data/list_planes.h"
#include "stages/io/dpt.h"
#include "stages/io/jpeg.h"
#include "stages/io/plane_file.h"
#include "tests/support/h5_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Mean difference of 8-bit values that JPEG may leave in a generated room.
constexpr double kJpegError = 12;

std::vector<fs::path> files_ending(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

cv::Mat plane_in(const fs::path& file, PlaneKind kind, const char* name) {
  PlaneSource source;
  source.file = file;
  return io::read_plane(source, kind, name);
}

void expect_near(const cv::Mat& read, const cv::Mat& truth, double step, const std::string& what) {
  ASSERT_EQ(read.size(), truth.size()) << what;
  EXPECT_EQ(cv::norm((read > 0) != (truth > 0), cv::NORM_INF), 0) << what << ": holes are elsewhere";
  EXPECT_LE(cv::norm(read, truth, cv::NORM_INF), step / 2 + 1e-6) << what;
}

// What the program takes the folder for.
void expect_taken_for(const fs::path& folder, const std::string& layout, std::size_t frames,
                      const fs::path& out) {
  const auto said = run_depthmill("stats --in " + folder.string() + " --out " + out.string());
  EXPECT_EQ(said.code, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr(": layout " + layout + ": "));
  EXPECT_THAT(said.output, HasSubstr(std::to_string(frames) + " frames taken"));
}

struct PackedLayout {
  const char* name;
  const char* depth;   // plane that is packed
  double step;         // metres; 0 = float32
  std::string folder;  // below the packed folder, to be read
  bool cut = false;    // the picture is cut, and its depth is not
};
void PrintTo(const PackedLayout& layout, std::ostream* out) { *out << layout.name; }

class PackedLayoutTest : public ::testing::TestWithParam<PackedLayout> {
 protected:
  static void SetUpTestSuite() {
    run_ = fs::temp_directory_path() / ("depthmill.layouts." + std::to_string(::getpid()));
    fs::remove_all(run_);
    const auto raw = run_.string() + ".raw";
    ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 3 --seed 6 --out " + raw).code, 0);
    ASSERT_EQ(run_depthmill("run --quiet --stages extract,fill,decompose --depth-format npy --raw " + raw +
                            " --out " + run_.string())
                  .code,
              0);
    fs::remove_all(raw);
  }
  static void TearDownTestSuite() { fs::remove_all(run_); }
  static inline fs::path run_;
  ScratchFolder scratch_;
};

TEST_P(PackedLayoutTest, IsReadBack) {
  const PackedLayout& layout = GetParam();
  const fs::path out = scratch_ / "packed";
  const auto packed =
      run_depthmill("pack --in " + run_.string() + " --layout " + layout.name + " --out " + out.string());
  ASSERT_EQ(packed.code, 0) << packed.output;
  const fs::path folder = out / layout.folder;
  const auto rgb = files_ending(run_ / "planes", ".rgb.png");
  const auto depth = files_ending(run_ / "planes", std::string(".") + layout.depth + ".npy");
  ASSERT_EQ(rgb.size(), 6u);
  expect_taken_for(folder, layout.name, rgb.size(), scratch_ / "stats");

  const std::vector<data::PlaneRequest> requests{
      {.planes = {plane::kRawDepth, plane::kDepth}, .where = folder},
      {.planes = {plane::kRgb}, .where = folder}};
  const FrameList frames = data::list_planes(requests).frames;
  ASSERT_EQ(frames.size(), rgb.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Frame frame = frames[i];
    const std::string name = frame.sources.contains(plane::kRawDepth) ? plane::kRawDepth : plane::kDepth;
    expect_near(io::read_plane(frame.sources.at(name), PlaneKind::kDepth, name),
                plane_in(depth[i], PlaneKind::kDepth, layout.depth), layout.step, frame.id());
    cv::Mat truth = plane_in(rgb[i], PlaneKind::kRgb, plane::kRgb);
    if (layout.cut) truth = truth(cv::Range(45, 471), cv::Range(41, 601));
    const cv::Mat read = io::read_plane(frame.sources.at(plane::kRgb), PlaneKind::kRgb, plane::kRgb);
    ASSERT_EQ(read.size(), truth.size()) << frame.id();
    EXPECT_LT(cv::norm(read, truth, cv::NORM_L1) / static_cast<double>(3 * truth.total()), kJpegError)
        << frame.id();
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, PackedLayoutTest,
                         ::testing::Values(PackedLayout{"bts", "raw_depth", 1e-3, ""},
                                           PackedLayout{"fastdepth", "raw_depth", 0, ""},
                                           PackedLayout{"densedepth", "depth", 1 / 25.5, ""},
                                           PackedLayout{"sd-convtrans", "depth", 0, ""},
                                           PackedLayout{"ultralytics", "raw_depth", 1e-3, ""},
                                           PackedLayout{"webdataset", "raw_depth", 0, ""},
                                           PackedLayout{"h5-scenes", "raw_depth", 0, ""},
                                           PackedLayout{"vda-nyu", "raw_depth", 1. / 6000, "", true}),
                         [](const auto& each) {
                           std::string name = each.param.name;
                           std::erase(name, '-');
                           return name;
                         });

// A published set of two frames, 0 and 1. `rgb`, `depth`: where those of a frame lie.
struct PublishedLayout {
  const char* name;
  std::function<std::string(int)> rgb, depth;
  double scale = 1000;                                          // samples a metre; of floating-point files 0
  std::vector<std::pair<std::string, std::string>> lists = {};  // files beside them, and their text
  bool rotated = false;                                         // bits turned by three
  std::vector<std::function<std::string(int)>> masks = {};      // which alone say where holes are
};
void PrintTo(const PublishedLayout& layout, std::ostream* out) { *out << layout.name; }

std::string numbered(const char* pattern, int n) {
  char text[128];
  std::snprintf(text, sizeof text, pattern, n);
  return text;
}
std::function<std::string(int)> at(const char* pattern) {
  return [pattern](int n) { return numbered(pattern, n); };
}

class PublishedLayoutTest : public ::testing::TestWithParam<PublishedLayout> {
 protected:
  static cv::Mat rgb_of(int frame) {
    cv::Mat rgb(24, 32, CV_8UC3);
    for (int i = 0; i < 24 * 32; ++i)
      rgb.at<cv::Vec3b>(i / 32, i % 32) =
          cv::Vec3b(static_cast<uchar>(200 - 50 * frame), static_cast<uchar>(4 * (i / 32)),
                    static_cast<uchar>(2 * (i % 32)));
    return rgb;
  }
  // 1 to 4 m; frame 0 has a hole where the layout can say so.
  static cv::Mat depth_of(int frame) {
    cv::Mat depth(24, 32, CV_64FC1);
    for (int i = 0; i < 24 * 32; ++i) depth.at<double>(i / 32, i % 32) = 1 + frame + 2.0 * i / (24 * 32);
    depth(cv::Range(3, 6), cv::Range(4, 9)) = 0;
    return depth;
  }
  fs::path made(const std::string& below) {
    fs::create_directories((scratch_ / "set" / below).parent_path());
    return scratch_ / "set" / below;
  }
  void write_rgb(const std::string& below, const cv::Mat& rgb) {
    if (!below.ends_with(".jpg")) return io::write_plane(made(below), rgb, PlaneKind::kRgb);
    const auto bytes = io::encode_jpeg(rgb, 100);
    std::ofstream(made(below), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void write_depth(const PublishedLayout& layout, const std::string& below, const cv::Mat& depth) {
    if (below.ends_with(".dpt")) return write_dpt(below, depth);
    if (!layout.rotated)
      return io::write_plane(made(below), depth, PlaneKind::kDepth,
                             {.depth_scale = layout.scale > 0 ? layout.scale : 1, .name = "dataset"});
    cv::Mat turned(depth.size(), CV_64FC1);
    for (int i = 0; i < 24 * 32; ++i) {
      const auto mm = static_cast<unsigned>(std::lround(1000 * depth.at<double>(i / 32, i % 32)));
      turned.at<double>(i / 32, i % 32) = (mm << 3 | mm >> 13) & 0xffff;
    }
    io::write_plane(made(below), turned, PlaneKind::kDepth, {.depth_scale = 1});
  }
  void write_mask(const std::string& below, const cv::Mat& known) {
    if (below.ends_with(".png")) return io::write_plane(made(below), known, PlaneKind::kLabels);
    cv::Mat numbers;
    known.convertTo(numbers, CV_32F, 1. / 255);
    io::write_plane(made(below), numbers, PlaneKind::kDepth);
  }
  void write_dpt(const std::string& below, const cv::Mat& depth) {
    cv::Mat single;
    depth.convertTo(single, CV_32F);
    std::ofstream out(made(below), std::ios::binary);
    const float mark = 202021.25f;
    const std::int32_t size[2] = {depth.cols, depth.rows};
    out.write(reinterpret_cast<const char*>(&mark), 4).write(reinterpret_cast<const char*>(size), 8);
    out.write(reinterpret_cast<const char*>(single.data), static_cast<std::streamsize>(4 * single.total()));
  }
  ScratchFolder scratch_;
};

TEST_P(PublishedLayoutTest, IsReadAsItWasWritten) {
  const PublishedLayout& layout = GetParam();
  for (int n = 0; n < 2; ++n) {
    write_rgb(layout.rgb(n), rgb_of(n));
    cv::Mat depth = depth_of(n);
    const cv::Mat known = depth > 0;
    if (!layout.masks.empty()) depth.setTo(9, depth == 0);
    write_depth(layout, layout.depth(n), depth);
    for (const auto& mask : layout.masks) write_mask(mask(n), known);
  }
  for (const auto& [file, text] : layout.lists) std::ofstream(made(file)) << text;
  expect_taken_for(scratch_ / "set", layout.name, 2, scratch_ / "stats");

  const std::vector<data::PlaneRequest> requests{
      {.planes = {plane::kRawDepth, plane::kDepth, plane::kGt}, .where = scratch_ / "set"},
      {.planes = {plane::kRgb}, .where = scratch_ / "set"}};
  const FrameList frames = data::list_planes(requests).frames;
  ASSERT_EQ(frames.size(), 2u);
  for (int n = 0; n < 2; ++n) {
    const Frame frame = frames[static_cast<std::size_t>(n)];
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    bool any = false;
    for (const auto& [name, source] : frame.sources) {
      if (plane_kind(name) != PlaneKind::kDepth) continue;
      any = true;
      expect_near(io::read_plane(source, PlaneKind::kDepth, name), depth_of(n),
                  layout.scale > 0 ? 1 / layout.scale : 0, frame.id() + " " + name);
    }
    EXPECT_TRUE(any) << frame.id();
    const cv::Mat read = io::read_plane(frame.sources.at(plane::kRgb), PlaneKind::kRgb, plane::kRgb);
    EXPECT_LT(cv::norm(read, rgb_of(n), cv::NORM_INF), 12) << frame.id();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, PublishedLayoutTest,
    ::testing::Values(
        PublishedLayout{"kitti", at("2011_09_26/2011_09_26_drive_0002_sync/image_02/data/%010d.png"),
                        at("2011_09_26_drive_0002_sync/proj_depth/groundtruth/image_02/%010d.png"), 256},
        PublishedLayout{"tum",
                        at("seq/rgb/%d.000000.png"),
                        at("seq/depth/%d.010000.png"),
                        5000,
                        {{"seq/rgb.txt", "# t file\n0.000000 rgb/0.000000.png\n1.000000 rgb/1.000000.png\n"},
                         {"seq/depth.txt", "0.010000 depth/0.010000.png\n1.010000 depth/1.010000.png\n"}}},
        PublishedLayout{"7-scenes", at("chess/seq-01/frame-%06d.color.png"),
                        at("chess/seq-01/frame-%06d.depth.png")},
        PublishedLayout{"scannet",
                        at("scene0011_00/color/%d.jpg"),
                        at("scene0011_00/depth/%d.png"),
                        1000,
                        {{"scene0011_00/pose/0.txt", "1 0 0 0\n"},
                         {"scene0011_00/intrinsic/intrinsic_depth.txt", "1 0 0 0\n"}}},
        PublishedLayout{"sun-rgbd",
                        at("SUNRGBD/kv2/kinect2data/%06d/image/0000103.jpg"),
                        at("SUNRGBD/kv2/kinect2data/%06d/depth_bfx/0000103.png"),
                        1000,
                        {},
                        true},
        PublishedLayout{"taskonomy", at("rgb/set/house/point_%d_view_0_domain_rgb.png"),
                        at("depth_zbuffer/set/house/point_%d_view_0_domain_depth_zbuffer.png"), 512},
        PublishedLayout{"2d3ds", at("area_1/data/rgb/camera_a__b_1_frame_%d_domain__rgb.png"),
                        at("area_1/data/depth/camera_a__b_1_frame_%d_domain__depth.png"), 512},
        PublishedLayout{"hypersim", at("ai_001_001/images/scene_cam_00_final_preview/frame.%04d.tonemap.jpg"),
                        at("ai_001_001/images/scene_cam_00_geometry_hdf5/frame.%04d.depth_meters.hdf5"), 0},
        PublishedLayout{"sintel", at("training/final/alley_1/frame_%04d.png"),
                        at("training/depth/alley_1/frame_%04d.dpt"), 0},
        PublishedLayout{"replica",
                        at("room0/results/frame%06d.jpg"),
                        at("room0/results/depth%06d.png"),
                        6553.5,
                        {{"room0/traj.txt", "1 0 0 0\n"}}},
        PublishedLayout{"arkitscenes", at("Training/41/wide/41_%d.244.png"),
                        at("Training/41/highres_depth/41_%d.244.png")},
        PublishedLayout{"matterport", at("s/matterport_color_images/ab12_i0_%d.jpg"),
                        at("s/matterport_depth_images/ab12_d0_%d.png"), 4000},
        PublishedLayout{"vkitti2", at("Scene20/fog/frames/rgb/Camera_0/rgb_%05d.jpg"),
                        at("Scene20/fog/frames/depth/Camera_0/depth_%05d.png"), 100},
        PublishedLayout{"nicr",
                        at("test/rgb/%04d.png"),
                        at("test/depth_raw/%04d.png"),
                        1000,
                        {{"test.txt", "0000\n0001\n"}}},
        PublishedLayout{
            "diode",
            at("val/indoors/scene_00021/scan_00189/00021_00189_indoors_200_01%d.png"),
            at("val/indoors/scene_00021/scan_00189/00021_00189_indoors_200_01%d_depth.npy"),
            0,
            {},
            false,
            {at("val/indoors/scene_00021/scan_00189/00021_00189_indoors_200_01%d_depth_mask.npy")}},
        PublishedLayout{"ibims",
                        at("rgb/corridor_0%d.png"),
                        at("depth/corridor_0%d.png"),
                        65535. / 50,
                        {{"imagelist.txt", "corridor_00 corridor_01\n"}},
                        false,
                        {at("mask_invalid/corridor_0%d.png"), at("mask_transp/corridor_0%d.png")}},
        PublishedLayout{"folder", at("flat/%d_rgb.png"), at("flat/%d_depth.npy"), 0}),
    [](const auto& each) {
      std::string name = each.param.name;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace depthmill::test
