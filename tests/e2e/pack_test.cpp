// Packing: what is written is read back, whatever happens in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <opencv2/core.hpp>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// What tells of the run and not of the frames.
const std::vector<std::string> kRecords{"timing.csv", "config.ini", "manifest.csv"};

cv::Mat plane_of(const fs::path& file, PlaneKind kind) {
  return io::read_plane(io::parse_plane_argument(file.string()), kind);
}

class PackTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    run_ = fs::temp_directory_path() / ("depthmill.pack." + std::to_string(::getpid()));
    fs::remove_all(run_);
    const auto raw = run_.string() + ".raw";
    const auto made = run_depthmill("sample --quiet --scenes 3 --frames 4 --seed 5 --out " + raw);
    ASSERT_EQ(made.code, 0) << made.output;
    const auto filled = run_depthmill("run --quiet --stages extract,fill --depth-format npy --raw " + raw +
                                      " --out " + run_.string());
    fs::remove_all(raw);
    ASSERT_EQ(filled.code, 0) << filled.output;
  }
  static void TearDownTestSuite() { fs::remove_all(run_); }

  static ProgramResult pack(const std::string& layout, const fs::path& out, const std::string& more = "",
                            const fs::path& in = run_) {
    return run_depthmill("pack --in " + in.string() + " --layout " + layout + " --out " + out.string() + " " +
                         more);
  }
  // The files alone, without what tells of the run.
  static std::map<std::string, std::string> packed(const fs::path& out) {
    return folder_bytes(out, kRecords);
  }
  static std::vector<std::string> lines(const fs::path& file) {
    std::ifstream in(file);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  // A copy of the run's planes, whose files may be changed.
  fs::path copy_of_run() {
    fs::create_directories(scratch_ / "copy");
    fs::copy(run_ / "planes", scratch_ / "copy/planes", fs::copy_options::recursive);
    fs::copy(run_ / "manifest.csv", scratch_ / "copy/manifest.csv");
    return scratch_ / "copy";
  }
  static fs::path some_plane(const fs::path& run, const std::string& ending, std::size_t which = 0) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(run / "planes"))
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found.at(which);
  }

  static inline fs::path run_;
  ScratchFolder scratch_;
};

class EveryLayout : public PackTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(EveryLayout, HasTheSameBytesForAnyNumberOfThreads) {
  for (const char* threads : {"1", "4"}) {
    const auto result =
        pack(GetParam(), scratch_ / threads, std::string("--split 0.6:2 --threads ") + threads);
    ASSERT_EQ(result.code, 0) << result.output;
  }
  EXPECT_EQ(packed(scratch_ / "1") == packed(scratch_ / "4"), true);
  EXPECT_GE(packed(scratch_ / "1").size(), 2u);
}

TEST_P(EveryLayout, GoesOnWhereItWasKilled) {
  const fs::path out = scratch_ / "killed";
  const auto killed =
      run_signalled("pack --threads 1 --shard-size 2 --in " + run_.string() + " --layout " + GetParam() +
                        " --out " + out.string(),
                    SIGKILL, [&] {
                      return fs::exists(out / "journal") &&
                             file_text(out / "journal").find("\tframe\t") != std::string::npos;
                    });
  const auto again = pack(GetParam(), out, "--shard-size 2");
  ASSERT_EQ(again.code, 0) << again.output;
  ASSERT_EQ(pack(GetParam(), scratch_ / "whole", "--shard-size 2").code, 0);
  EXPECT_EQ(packed(out) == packed(scratch_ / "whole"), true);
  // And once more, with nothing to do.
  const auto done = pack(GetParam(), out, "--shard-size 2");
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.output, HasSubstr("12 of 12 frames done already"));
  EXPECT_EQ(packed(out) == packed(scratch_ / "whole"), true);
}

TEST_P(EveryLayout, LeavesOneBadFrameOutAndTakesItOnceItIsMended) {
  const fs::path in = copy_of_run();
  const fs::path bad = some_plane(in, ".rgb.png", 1);
  const std::string whole = file_text(bad);
  std::ofstream(bad, std::ios::binary) << whole.substr(0, whole.size() / 2);
  const fs::path out = scratch_ / "out";
  const auto result = pack(GetParam(), out, "", in);
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("1 of 12 frames failed"));
  EXPECT_THAT(file_text(out / "manifest.csv"), HasSubstr("truncated"));
  std::ofstream(bad, std::ios::binary) << whole;
  ASSERT_EQ(pack(GetParam(), out, "", in).code, 0);
  ASSERT_EQ(pack(GetParam(), scratch_ / "whole", "", in).code, 0);
  EXPECT_EQ(packed(out) == packed(scratch_ / "whole"), true);
}

TEST_P(EveryLayout, ARestartLeavesNothingOfTheEarlierCall) {
  const fs::path out = scratch_ / "again";
  ASSERT_EQ(pack(GetParam(), out, "--shard-size 1").code, 0);
  const auto again = pack(GetParam(), out, "--shard-size 1 --limit 1 --restart");
  ASSERT_EQ(again.code, 0) << again.output;
  ASSERT_EQ(pack(GetParam(), scratch_ / "fresh", "--shard-size 1 --limit 1").code, 0);
  EXPECT_THAT(differing(packed(out), packed(scratch_ / "fresh")), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryLayout,
                         ::testing::Values("bts", "fastdepth", "densedepth", "ultralytics", "webdataset",
                                           "h5-scenes"));

TEST_F(PackTest, BtsIsRecognisedAndReadBackAsItWas) {
  ASSERT_EQ(pack("bts", scratch_ / "bts", "--picture-format png").code, 0);
  const auto list = lines(scratch_ / "bts/nyudepthv2_train_files_with_gt.txt");
  ASSERT_EQ(list.size(), 12u);
  const auto shown = run_depthmill("fill --dry-run --in " + (scratch_ / "bts").string() + " --out " +
                                   (scratch_ / "none").string());
  EXPECT_EQ(shown.code, 0) << shown.output;
  EXPECT_THAT(shown.output, HasSubstr("layout bts"));
  EXPECT_THAT(shown.output, HasSubstr("12 frames"));
  // The frames of a scene stand in their order, so the first is the first.
  const std::string scene = some_plane(run_, ".rgb.png").parent_path().filename().string();
  const cv::Mat rgb = plane_of(some_plane(run_, ".rgb.png"), PlaneKind::kRgb);
  const cv::Mat back = plane_of(scratch_ / "bts" / scene / "rgb_00000.png", PlaneKind::kRgb);
  EXPECT_EQ(cv::norm(rgb, back, cv::NORM_INF), 0);
  const cv::Mat depth = plane_of(some_plane(run_, ".raw_depth.npy"), PlaneKind::kDepth);
  const cv::Mat packed_depth = plane_of(scratch_ / "bts" / scene / "sync_depth_00000.png", PlaneKind::kDepth);
  EXPECT_LE(cv::norm(depth, packed_depth, cv::NORM_INF), 0.0005 + 1e-9);
  EXPECT_EQ(cv::countNonZero(depth > 0), cv::countNonZero(packed_depth > 0)) << "holes stay holes";
  // Packed again from there, with its numbers and pictures, it is the same folder.
  ASSERT_EQ(pack("bts", scratch_ / "again", "--picture-format png", scratch_ / "bts").code, 0);
  EXPECT_EQ(packed(scratch_ / "again") == packed(scratch_ / "bts"), true);
}

TEST_F(PackTest, ListsNameOnlyWhatIsThere) {
  const fs::path in = copy_of_run();
  std::ofstream(some_plane(in, ".rgb.png", 2)) << "no picture";
  ASSERT_EQ(pack("bts", scratch_ / "bts", "--split 0.6:2 --list-style glpdepth", in).code, 2);
  std::size_t named = 0;
  for (const char* part : {"train", "test"})
    for (const std::string& line :
         lines(scratch_ / "bts" / (std::string("nyudepthv2_") + part + "_files_with_gt.txt"))) {
      std::istringstream words(line);
      std::string rgb, depth, more;
      ASSERT_TRUE(words >> rgb >> depth) << line;
      EXPECT_FALSE(words >> more) << line;
      EXPECT_TRUE(fs::exists(scratch_ / ("bts" + rgb))) << line;
      EXPECT_TRUE(fs::exists(scratch_ / ("bts" + depth))) << line;
      ++named;
    }
  EXPECT_EQ(named, 11u);
}

TEST_F(PackTest, AFrameThatFailsLaterLeavesNothingOfItsEarlierResult) {
  const fs::path in = copy_of_run(), bad = some_plane(in, ".rgb.png", 0);
  ASSERT_EQ(pack("bts", scratch_ / "bts", "", in).code, 0);
  const std::string scene = bad.parent_path().filename().string();
  ASSERT_TRUE(fs::exists(scratch_ / "bts" / scene / "rgb_00000.jpg"));
  std::ofstream(bad) << "no picture";
  EXPECT_EQ(pack("bts", scratch_ / "bts", "", in).code, 2);
  EXPECT_FALSE(fs::exists(scratch_ / "bts" / scene / "rgb_00000.jpg"));
  EXPECT_FALSE(fs::exists(scratch_ / "bts" / scene / "sync_depth_00000.png"));
  EXPECT_EQ(lines(scratch_ / "bts/nyudepthv2_train_files_with_gt.txt").size(), 11u);
}

TEST_F(PackTest, OneFolderHoldsOneSet) {
  const fs::path out = scratch_ / "bts";
  ASSERT_EQ(pack("bts", out).code, 0);
  const auto other = pack("bts", out, "--limit 5");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.output, HasSubstr("7 frames that this call does not name"));
  EXPECT_EQ(lines(out / "nyudepthv2_train_files_with_gt.txt").size(), 12u) << "nothing was touched";
  const auto changed = pack("bts", out, "--jpeg-quality 50");
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.output, HasSubstr("pack.jpeg-quality was '0', now '50'"));
  ASSERT_EQ(pack("bts", out, "--limit 5 --restart").code, 0);
  EXPECT_EQ(lines(out / "nyudepthv2_train_files_with_gt.txt").size(), 5u);
  EXPECT_EQ(packed(out).size(), 11u) << "files of the frames before are gone";
  const auto onto_itself = pack("bts", run_);
  EXPECT_EQ(onto_itself.code, 1);
  EXPECT_THAT(onto_itself.output, HasSubstr("a folder of its own"));
}

TEST_F(PackTest, AnotherSizeIsRefusedUnlessItIsMade) {
  const fs::path small = scratch_ / "small";
  ASSERT_EQ(pack("bts", scratch_ / "bts", "--resize 240x320").code, 2);
  EXPECT_THAT(file_text(scratch_ / "bts/manifest.csv"), HasSubstr("take 480 x 640 alone"));
  EXPECT_FALSE(fs::exists(scratch_ / "bts/nyudepthv2_train_files_with_gt.txt"));
}

TEST_F(PackTest, ARunPacksWhatItMakesAsPackWould) {
  const fs::path raw = scratch_ / "raw";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 2 --out " + raw.string()).code, 0);
  const std::string job =
      "run --quiet --depth-format npy --raw " + raw.string() + " --out " + (scratch_ / "run").string();
  for (const char* layout : {"bts", "webdataset"}) {
    fs::remove_all(scratch_ / "run");
    const auto ran = run_depthmill(job + " --stages extract,fill --pack " + layout);
    ASSERT_EQ(ran.code, 0) << ran.output;
    ASSERT_EQ(pack(layout, scratch_ / layout, "", scratch_ / "run").code, 0);
    EXPECT_EQ(folder_bytes(scratch_ / "run" / layout) == packed(scratch_ / layout), true) << layout;
    // What a later call makes of other depth is packed anew.
    const auto again = run_depthmill(job + " --stages extract,fill --alpha 2 --restart --pack " + layout);
    EXPECT_EQ(again.code, 0) << again.output;
    EXPECT_EQ(run_depthmill("verify " + (scratch_ / "run").string()).code, 0);
  }
  const auto nothing = run_depthmill(job + " --stages extract,pack");
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.output, HasSubstr("--pack is missing"));
}

TEST_F(PackTest, TwoInputsAreTheTwoParts) {
  const fs::path test_run = copy_of_run();
  for (const auto& scene : fs::directory_iterator(test_run / "planes"))
    fs::rename(scene.path(), scene.path().string() + "_t");
  const std::string more = "--test-in " + test_run.string();
  ASSERT_EQ(pack("bts", scratch_ / "bts", more).code, 0);
  EXPECT_EQ(lines(scratch_ / "bts/nyudepthv2_train_files_with_gt.txt").size(), 12u);
  for (const std::string& line : lines(scratch_ / "bts/nyudepthv2_test_files_with_gt.txt"))
    EXPECT_THAT(line, HasSubstr("_t/rgb_"));
  const auto twice = pack("bts", scratch_ / "twice", "--test-in " + run_.string());
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.output, HasSubstr("it cannot be for both"));
}

TEST_F(PackTest, FilledPairsAreFoundWithTheirPictures) {
  ASSERT_EQ(pack("bts", scratch_ / "bts", "--limit 2").code, 0);
  const fs::path filled = scratch_ / "filled", base = scratch_ / "base";
  auto step = run_depthmill("fill --quiet --in " + (scratch_ / "bts").string() + " --out " + filled.string());
  ASSERT_EQ(step.code, 0) << step.output;
  // What is filled there serves as an input that has both.
  step = run_depthmill("pack --quiet --layout densedepth --in " + filled.string() + " --out " +
                       (scratch_ / "dense").string());
  EXPECT_EQ(step.code, 0) << step.output;
  EXPECT_EQ(lines(scratch_ / "dense/data/nyu2_train.csv").size(), 2u);
  // The same of a folder whose depth is filled: base, detail and the picture.
  step = run_depthmill("decompose --quiet --in " + (scratch_ / "dense").string() + " --out " + base.string());
  ASSERT_EQ(step.code, 0) << step.output;
  std::map<std::string, int> planes;
  for (const auto& entry : fs::recursive_directory_iterator(base / "planes"))
    if (entry.is_regular_file()) ++planes[entry.path().stem().extension().string()];
  EXPECT_EQ(planes, (std::map<std::string, int>{{".base", 2}, {".detail", 2}, {".rgb", 2}}));
}

class LabeledTest : public ::testing::Test {
 protected:
  ScratchFolder scratch_;
};

TEST_F(LabeledTest, EveryProtocolFindsItsGroundTruth) {
  const std::string s = scratch_.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --labeled --scenes 2 --frames 2 --out " + s + "/set").code, 0);
  const std::string labeled = "labeled --mat " + s + "/set/nyu_depth_v2_labeled.mat --splits " + s +
                              "/set/splits.mat --depth-format npy --out ";
  auto result = run_depthmill(labeled + s + "/one --threads 1");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("2 training, 2 test and 0 other images"));
  ASSERT_EQ(run_depthmill(labeled + s + "/four --threads 4").code, 0);
  EXPECT_EQ(folder_bytes(scratch_ / "one/test/planes") == folder_bytes(scratch_ / "four/test/planes"), true);
  result = run_depthmill("evaluate --pred " + s + "/one/test --pred-plane depth --gt " + s +
                         "/one/test --protocol eigen,laina,sd-convtrans --out " + s + "/scores");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("eigen (2 images)"));
  EXPECT_THAT(result.output, HasSubstr("sd-convtrans (2 images)"));
  // A part of them, under their own names and with their own bytes.
  ASSERT_EQ(run_depthmill(labeled + s + "/some --every 2").code, 0);
  const auto some = folder_bytes(scratch_ / "some/test/planes"),
             all = folder_bytes(scratch_ / "one/test/planes");
  EXPECT_EQ(2 * some.size(), all.size());
  for (const auto& [name, bytes] : some) EXPECT_EQ(bytes == all.at(name), true) << name;
  result = run_depthmill(labeled + s + "/none --scene attic*");
  EXPECT_EQ(result.code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("attic*"));
  // Started again, there is nothing left to do.
  result = run_depthmill(labeled + s + "/one");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("2 of 2 frames done already"));
}

TEST_F(LabeledTest, BtsGoesBySceneTypesAndOfficialNumbers) {
  const std::string s = scratch_.path().string();
  ASSERT_EQ(run_depthmill("sample --quiet --labeled --scenes 2 --frames 2 --out " + s + "/set").code, 0);
  const auto result = run_depthmill("labeled --quiet --mat " + s + "/set/nyu_depth_v2_labeled.mat --splits " +
                                    s + "/set/splits.mat --layout bts --out " + s + "/bts");
  ASSERT_EQ(result.code, 0) << result.output;
  std::ifstream train(s + "/bts/nyudepthv2_train_files_with_gt.txt"),
      test(s + "/bts/nyudepthv2_test_files_with_gt.txt");
  std::string line;
  std::getline(train, line);
  EXPECT_THAT(line, HasSubstr("/rgb_00000.jpg "));
  EXPECT_EQ(line.find("_0001/"), std::string::npos) << "a scene type, not a scene: " << line;
  std::getline(test, line);
  EXPECT_THAT(line, HasSubstr("/sync_depth_00002.png "));
}

TEST_F(PackTest, StatsCountWhatIsThere) {
  const fs::path out = scratch_ / "stats";
  const auto result = run_depthmill("stats --in " + run_.string() + " --out " + out.string());
  ASSERT_EQ(result.code, 0) << result.output;
  const io::CsvTable table = io::read_csv_file(out / "stats.csv");
  ASSERT_EQ(table.rows.size(), 4u) << "three scenes and all";
  const std::size_t all = 3;
  EXPECT_EQ(table.number(all, table.column("frames")), 12);
  EXPECT_EQ(table.number(all, table.column("with_rgb")), 12);
  EXPECT_EQ(table.rows[all][table.column("size")], "480x640");
  EXPECT_EQ(table.rows[all][table.column("unit")], "metres");
  double readings = 0, pixels = 0;
  for (const auto& entry : fs::recursive_directory_iterator(run_ / "planes"))
    if (entry.path().string().ends_with(".raw_depth.npy")) {
      const cv::Mat depth = plane_of(entry.path(), PlaneKind::kDepth);
      readings += cv::countNonZero(depth > 0), pixels += static_cast<double>(depth.total());
    }
  EXPECT_EQ(table.number(all, table.column("readings")), readings);
  EXPECT_NEAR(table.number(all, table.column("hole_share")), 1 - readings / pixels, 1e-12);
  for (const char* file : {"stats.md", "stats.html", "histogram.csv"})
    EXPECT_TRUE(fs::exists(out / file)) << file;
  const fs::path in = copy_of_run();
  std::ofstream(some_plane(in, ".raw_depth.npy", 3)) << "no depth";
  const auto broken = run_depthmill("stats --in " + in.string() + " --threads 3 --out " + out.string());
  EXPECT_EQ(broken.code, 2);
  EXPECT_EQ(io::read_csv_file(out / "stats.csv").number(all, table.column("failed")), 1);
}

TEST_F(PackTest, ADamagedShardIsNamedOnceAndMadeAgain) {
  const fs::path out = scratch_ / "shards", shard = out / "train-000001.tar";
  ASSERT_EQ(pack("webdataset", out, "--shard-size 4").code, 0);
  const std::string whole = file_text(shard);
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  std::ofstream(shard, std::ios::binary) << damaged;
  const auto found = run_depthmill("verify " + out.string());
  EXPECT_EQ(found.code, 2) << found.output;
  const auto first = found.output.find("train-000001.tar");
  ASSERT_NE(first, std::string::npos) << found.output;
  EXPECT_EQ(found.output.find("train-000001.tar", first + 1), std::string::npos) << found.output;
  const auto mended = run_depthmill("repair " + out.string());
  EXPECT_EQ(mended.code, 0) << mended.output;
  EXPECT_EQ(file_text(shard) == whole, true);
  EXPECT_EQ(run_depthmill("verify " + out.string()).code, 0);
}

TEST_F(PackTest, OneDataSetOverAllFramesHasOneSize) {
  const auto refused = pack("h5-scenes", scratch_ / "other", "--resize 240x320");
  EXPECT_EQ(refused.code, 0) << "asked for, any size is the one: " << refused.output;
  const fs::path in = copy_of_run(), small = some_plane(in, ".rgb.png", 1);
  io::write_plane(small, cv::Mat(24, 32, CV_8UC3, cv::Scalar(9, 8, 7)), PlaneKind::kRgb);
  const std::string stem = small.string().substr(0, small.string().rfind(".rgb.png"));
  io::write_plane(stem + ".raw_depth.npy", cv::Mat(24, 32, CV_64FC1, cv::Scalar(2)), PlaneKind::kDepth);
  const auto one = pack("h5-scenes", scratch_ / "one", "", in);
  EXPECT_EQ(one.code, 2) << one.output;
  EXPECT_THAT(one.output, HasSubstr("the data set over all frames has one size, 480 x 640"));
}

TEST_F(PackTest, AShardWhoseFramesAllFailIsTakenAway) {
  const fs::path in = copy_of_run(), out = scratch_ / "shards";
  ASSERT_EQ(pack("webdataset", out, "--shard-size 1", in).code, 0);
  const std::size_t before = packed(out).size();
  std::ofstream(some_plane(in, ".rgb.png", 1), std::ios::binary) << "no picture any more";
  const auto again = pack("webdataset", out, "--shard-size 1", in);
  EXPECT_EQ(again.code, 2) << again.output;
  EXPECT_EQ(packed(out).size(), before - 1);
  EXPECT_FALSE(fs::exists(out / "train-000001.tar"));
}

// A frame of 480 x 640 has 2.2 MB at most.
TEST_F(PackTest, ShardsHaveALargestSize) {
  ASSERT_EQ(pack("webdataset", scratch_ / "w", "--shard-size 5MB").code, 0);
  std::size_t shards = 0;
  for (const auto& entry : fs::directory_iterator(scratch_ / "w"))
    if (entry.path().extension() == ".tar") {
      ++shards;
      EXPECT_LE(fs::file_size(entry.path()), 5'000'000u) << entry.path();
    }
  EXPECT_EQ(shards, 6u) << "12 frames, two a shard";
  EXPECT_THAT(lines(scratch_ / "w/shards.txt"), ::testing::ElementsAre("train-{000000..000005}.tar 12"));
  EXPECT_NE(pack("webdataset", scratch_ / "x", "--shard-size 5XB").code, 0);
}

TEST_F(PackTest, WhatCannotBeMeantIsRefused) {
  for (const auto& [more, said] : std::vector<std::pair<std::string, std::string>>{
           {"--layout btz", "is not one of"},
           {"--layout bts --split 1.5:1", "must lie between 0 and 1"},
           {"--layout bts --split nowhere.txt", "nowhere.txt"},
           {"", "pack.layout is missing"}}) {
    const auto result =
        run_depthmill("pack --in " + run_.string() + " --out " + (scratch_ / "x").string() + " " + more);
    EXPECT_EQ(result.code, 1) << more;
    EXPECT_THAT(result.output, HasSubstr(said)) << more;
  }
}

}  // namespace
}  // namespace depthmill::test
