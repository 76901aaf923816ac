#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "stages/io/h5_file.h"
#include "stages/io/npy.h"
#include "stages/networks/sd_convtrans/training/options.h"
#include "stages/networks/sd_convtrans/training/samples.h"
#include "stages/run_folder/plane_files.h"
#include "tests/support/packed.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

Frame made_up_frame(const std::string& scene, const std::string& name, cv::Size size) {
  Frame f;
  f.scene = scene;
  f.name = name;
  cv::Mat rgb(size, CV_8UC3), depth(size, CV_64FC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      depth.at<double>(y, x) = 1.0 + 0.05 * x + 0.02 * y;
      rgb.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<unsigned char>(2 * x), static_cast<unsigned char>(3 * y), 90);
    }
  f.planes = {{plane::kRgb, rgb}, {plane::kDepth, depth}, {plane::kBase, cv::Mat(depth * 0.9)}};
  return f;
}

void write_run_frame(const std::filesystem::path& run, const Frame& f, bool with_base) {
  for (const auto& [name, m] : f.planes) {
    if (name == plane::kBase && !with_base) continue;
    io::WriteOptions options;
    options.name = name;
    io::write_plane(run_folder::plane_path(run, f.scene, f.name, name, io::kHdf5Format), m,
                    io::plane_kind(name), options);
  }
}

TEST(Samples, RunFolderHoldsOutWholeScenes) {
  test::ScratchFolder folder;
  for (const char* scene : {"kitchen_1", "office_1", "office_2", "study_1", "study_2"})
    for (const char* frame : {"a", "b"})
      write_run_frame(folder.path(), made_up_frame(scene, frame, {64, 48}), false);
  const SampleLists lists = list_samples(folder.path(), {}, TrainLayout::kAuto, 0.4);
  EXPECT_EQ(lists.train.size(), 6u);
  ASSERT_EQ(lists.validation.size(), 4u);
  for (const SampleFiles& s : lists.validation) EXPECT_THAT(s.scene, testing::StartsWith("study_"));
  for (const SampleFiles& s : lists.train) EXPECT_THAT(s.scene, testing::Not(testing::StartsWith("study_")));
}

TEST(Samples, FramesAreChosenBeforeScenesAreHeldOut) {
  test::ScratchFolder folder;
  for (const char* scene : {"kitchen_1", "office_1", "study_1", "study_2"})
    for (const char* frame : {"a", "b", "c"})
      write_run_frame(folder.path(), made_up_frame(scene, frame, {64, 48}), false);
  // A frame without depth is none of those that are counted.
  Frame bare = made_up_frame("kitchen_1", "0", {64, 48});
  bare.planes.erase(plane::kDepth);
  write_run_frame(folder.path(), bare, false);
  std::ofstream(folder / "skip.txt") << "study_2/a\n";
  std::ofstream(folder / "list.txt") << "kitchen_1/a\noffice_1/b\n";
  const auto ids = [&](const data::Pick& pick, const std::filesystem::path& validation = {}) {
    const SampleLists lists = list_samples(folder.path(), validation, TrainLayout::kRun, 0.2, pick);
    std::string text;
    for (const auto* part : {&lists.train, &lists.validation}) {
      for (const SampleFiles& s : *part) text += s.scene + "/" + s.name + " ";
      text += "| ";
    }
    return text;
  };
  EXPECT_EQ(ids({.scenes = {"study*"}}), "study_1/a study_1/b study_1/c | study_2/a study_2/b study_2/c | ");
  EXPECT_EQ(ids({.scenes = {"study*"}, .every = 2, .skip_list = folder / "skip.txt"}),
            "study_1/a study_1/c | study_2/b | ");
  EXPECT_EQ(ids({.limit = 4}), "kitchen_1/a kitchen_1/b kitchen_1/c | office_1/a | ");
  EXPECT_EQ(ids({.list = folder / "list.txt"}), "kitchen_1/a | office_1/b | ");
  // Frames for validation that lie apart are all taken.
  write_run_frame(folder / "apart", made_up_frame("hall", "a", {64, 48}), false);
  EXPECT_EQ(ids({.limit = 1}, folder / "apart"), "kitchen_1/a | hall/a | ");

  const auto why = [&](const data::Pick& pick) {
    try {
      ids(pick);
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(why({.scenes = {"study*", "attic"}}), testing::HasSubstr("no scene matches 'attic'"));
  std::ofstream(folder / "list.txt") << "kitchen_1/a\nkitchen_1/z\n";
  EXPECT_THAT(why({.list = folder / "list.txt"}), testing::HasSubstr("kitchen_1/z"));
}

TEST(Samples, PublishedLayoutRoundTrip) {
  test::ScratchFolder folder;
  Frame f = made_up_frame("kitchen", "d-1", {64, 48});
  test::write_packed(folder.path(), "sd-convtrans", f, pack::Part::kTrain);
  test::write_packed(folder.path(), "sd-convtrans", made_up_frame("office", "d-2", {64, 48}),
                     pack::Part::kTest);
  EXPECT_TRUE(std::filesystem::exists(folder / "train/wls/depths_base_withtest/kitchen_d-1.mat"));
  const SampleLists lists = list_samples(folder.path(), {}, TrainLayout::kAuto, 0.2);
  ASSERT_EQ(lists.train.size(), 1u);
  ASSERT_EQ(lists.validation.size(), 1u);
  EXPECT_LT(cv::norm(read_depth(lists.train[0]), f.plane(plane::kDepth), cv::NORM_INF), 1e-12);
  EXPECT_LT(cv::norm(read_depth(lists.validation[0]), f.plane(plane::kDepth), cv::NORM_INF), 1e-12);

  const Sample s = prepare_sample(lists.train[0], small_sizes());
  EXPECT_EQ(s.low.size(), cv::Size(48, 36));
  EXPECT_EQ(s.high.size(), cv::Size(64, 48));
  EXPECT_EQ(s.base.size(), cv::Size(12, 9));
  EXPECT_EQ(s.depth.size(), cv::Size(16, 12));
  // A plane stays a plane under a linear filter: its value at the middle of the map, by 10.
  EXPECT_NEAR(s.depth.at<float>(6, 8), (1.0 + 0.05 * (8.5 * 4 - 0.5) + 0.02 * (6.5 * 4 - 0.5)) / 10, 1e-6);
  // The widened triangle keeps a ramp to a few thousandths where its taps are not symmetric.
  EXPECT_NEAR(s.base.at<float>(4, 6) * 10,
              0.9 * (1.0 + 0.05 * (6.5 * 64 / 12 - 0.5) + 0.02 * (4.5 * 48 / 9 - 0.5)), 0.02);

  std::filesystem::remove(folder / "train/wls/depths_withtest/kitchen_d-1.mat");
  EXPECT_THROW(list_samples(folder.path(), {}, TrainLayout::kAuto, 0.2), std::runtime_error);
}

TEST(Samples, WhatIsNotKnownStaysUnknownAndDoesNotPullOthersDown) {
  test::ScratchFolder folder;
  Frame f = made_up_frame("s", "a", {64, 48});
  f.planes[plane::kDepth].setTo(2.0);
  f.planes[plane::kDepth].colRange(0, 30).setTo(0.0);
  f.planes[plane::kDepth].rowRange(40, 48).setTo(12.0);  // beyond 10 m
  write_run_frame(folder.path(), f, false);
  Frame g = f;
  g.name = "b";
  write_run_frame(folder.path(), g, false);
  const SampleLists lists = list_samples(folder.path(), {}, TrainLayout::kRun, 0.5);
  const Sample s = prepare_sample(lists.train[0], small_sizes());
  EXPECT_EQ(s.depth.at<float>(5, 3), 0);
  EXPECT_EQ(s.depth.at<float>(11, 12), 0);
  for (int y = 0; y < 12; ++y)
    for (int x = 0; x < 16; ++x) {
      if (s.depth.at<float>(y, x) == 0) continue;
      EXPECT_NEAR(s.depth.at<float>(y, x), 0.2, 1e-6) << y << " " << x;
    }
  EXPECT_NEAR(s.depth.at<float>(5, 9), 0.2, 1e-6);
  EXPECT_NEAR(s.base.at<float>(4, 9), 0.2, 1e-6) << "the base of a constant is the constant";
  EXPECT_EQ(s.base.at<float>(4, 2), 0);
}

TEST(TrainOptions, TextReadsBackAndProblemsNameTheKey) {
  test::ScratchFolder folder;
  TrainOptions o;
  o.network = small_sizes();
  o.train = folder / "data";
  o.normal = NormalLoss::kNormalPerPixel;
  o.rate = 0.00125;
  o.mask = false;
  o.seed = 77;
  o.pick = {{"kitchen*", "attic"}, 3, 20, folder / "list.txt", folder / "skip.txt"};
  std::ofstream(folder / "o.ini") << train_options_text(o);
  EXPECT_EQ(train_options_text(read_train_options(folder / "o.ini")), train_options_text(o));
  EXPECT_EQ(o.problem(), "");
  o.normal_weight = -1;
  EXPECT_THAT(o.problem(), testing::HasSubstr("loss.normal_weight must be at least 0"));
  o = {};
  EXPECT_THAT(o.problem(), testing::HasSubstr("data.train"));
  const auto why = [&](const std::string& text) -> std::string {
    std::ofstream(folder / "bad.ini") << text;
    try {
      read_train_options(folder / "bad.ini");
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(why("[train]\nepoch = 3\n"),
              testing::HasSubstr("bad.ini:2: unknown key 'epoch' in [train]; did you mean 'epochs'?"));
  EXPECT_THAT(why("[train]\nepochs = 0\n"),
              testing::HasSubstr("bad.ini:2: train.epochs: must be at least 1, not '0'"));
  EXPECT_THAT(why("[loss]\nnormal = surface\n"),
              testing::HasSubstr("bad.ini:2: loss.normal: 'surface' is none of"));
  EXPECT_THAT(why("[network]\nstem = 0\n"),
              testing::HasSubstr("bad.ini:2: network.stem: must be at least 1"));
  EXPECT_THAT(why("[augment]\njitter = 1\n"), testing::HasSubstr("augment.jitter: must lie in [0, 1)"));
  EXPECT_THAT(why("[train]\nrate = inf\n"), testing::HasSubstr("'inf' is not a finite number"));
  for (const char* shipped : {"small.ini", "sd-convtrans.ini"})
    EXPECT_EQ(read_train_options(std::filesystem::path(test::kConfigs) / "train" / shipped).problem(), "")
        << shipped;
}

}  // namespace
}  // namespace depthmill::sd_convtrans
