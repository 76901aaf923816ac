// SD-ConvTrans through the built program: from generated scenes to base and detail, training, a kill in its
// middle, predictions, scores and an exported file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <set>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "stages/run_folder/plane_files.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

double summary_value(const fs::path& run, const std::string& metric) {
  const io::CsvTable table = io::read_csv_file(run / "metrics" / "summary.csv");
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][table.column("metric")] == metric) return table.number(i, table.column("value"));
  return std::nan("");
}

// Sends a training a signal once `rows` steps are on record.
ProgramResult signalled_after_steps(const std::string& arguments, const fs::path& out, int rows, int signal) {
  return run_signalled(arguments, signal, [&] {
    const std::string table = file_text(out / "train.csv");
    return std::ranges::count(table, '\n') > rows;  // the header is a line too
  });
}

class SdConvTransTest : public ::testing::Test {
 protected:
  // A run folder of generated scenes with filled depth.
  static void make_scenes(const fs::path& out, int scenes, int frames, int seed) {
    const std::string raw = out.string() + ".raw";
    auto step = run_depthmill("sample --quiet --scenes " + std::to_string(scenes) + " --frames " +
                              std::to_string(frames) + " --seed " + std::to_string(seed) + " --out " + raw);
    ASSERT_EQ(step.code, 0) << step.output;
    step = run_depthmill("run --quiet --raw " + raw + " --stages extract,fill --out " + out.string());
    ASSERT_EQ(step.code, 0) << step.output;
    fs::remove_all(raw);
  }
  static std::string train(const fs::path& data, const fs::path& out, const std::string& more = "") {
    return "train --config " + std::string(test::kConfigs) + "/train/small.ini --threads 1 --data " +
           data.string() + " --out " + out.string() + " " + more;
  }
  ScratchFolder scratch_;
};

// A still smaller network than small.ini's, so that 250 steps take twenty seconds on one core.
constexpr const char* kSmallest =
    "[network]\nstem = 12\ntrunk_blocks = 1, 1, 1, 1\ntrunk_widths = 12, 16, 24, 32\npyramid = 24\n"
    "detail = 16\nembed = 16, 24, 32, 40\nheads = 1, 1, 2, 2\nreductions = 8, 4, 2, 1\n"
    "depths = 1, 1, 1, 1\ndrop_path = 0\nunused_modules = no\nlow_size = 45x60\nhigh_size = 60x80\n"
    "[augment]\nflip = 0\njitter = 0\n"
    "[train]\nepochs = 25\nbatch = 4\nrate = 0.0015\nwarmup = 20\nvalidate_every = 25\n"
    "[validate]\nprotocol = eigen-nocrop\n";

class Baseline : public SdConvTransTest {
 protected:
  struct Score {
    double abs_rel = 0, d1 = 0;
  };
  Score scored(const std::string& model, const fs::path& images, const fs::path& out) {
    auto step =
        run_depthmill("infer --quiet " + model + " --images " + images.string() + " --out " + out.string());
    EXPECT_EQ(step.code, 0) << step.output;
    step = run_depthmill("evaluate --quiet --protocol eigen --pred " + out.string() + " --gt " +
                         images.string() + " --out " + out.string());
    EXPECT_EQ(step.code, 0) << step.output;
    return {summary_value(out, "abs_rel"), summary_value(out, "d1")};
  }
  Score mean_baseline(const fs::path& train, const fs::path& images) {
    const std::string model = (scratch_ / "mean.pt").string();
    const auto step = run_depthmill("baseline mean --quiet --gt " + train.string() + " --out " + model);
    EXPECT_EQ(step.code, 0) << step.output;
    return scored("--model " + model, images, scratch_ / "mean");
  }
};

// Trained on one frame of each room, scored on another, which the camera took from elsewhere in it. The outcome moves
// with the last bits of a kernel and must not hang on them: abs_rel is 0.118 to 0.120 and d1 0.836 to 0.848 after these
// 250 steps, the mean depth map's 0.251 and 0.601. After 400 steps abs_rel was 0.103 to 0.104 under
// OPENBLAS_CORETYPE=Prescott, Haswell and SkylakeX, under DNNL_MAX_CPU_ISA=AVX2 and with AVX-512 and AMX, and 0.102 to
// 0.118 with training seeds 1 to 4 and with other rooms (--seed 32). (At twice the learning rate and with pictures
// jittered the loss falls so slowly that 400 steps give anything from 0.11 to 0.24.)
TEST_F(Baseline, IsBeatenByAShortTraining) {
  const fs::path train = scratch_ / "train", test = scratch_ / "test";
  make_scenes(train, 40, 2, 31);
  for (const auto& scene : fs::directory_iterator(train / "planes")) {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(scene.path())) files.insert(entry.path());
    ASSERT_EQ(files.size(), 6u) << "rgb, raw_depth and depth of two frames";
    fs::create_directories(test / "planes" / scene.path().filename());
    for (auto file = std::next(files.begin(), 3); file != files.end(); ++file)
      fs::rename(*file, test / "planes" / scene.path().filename() / file->filename());
  }
  std::ofstream(scratch_ / "smallest.ini") << kSmallest;
  const auto step =
      run_depthmill("train --config " + (scratch_ / "smallest.ini").string() + " --threads 1 --data " +
                    train.string() + " --out " + (scratch_ / "model").string());
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_THAT(step.output, HasSubstr("mean depth map"));
  const Score mean = mean_baseline(train, test);
  const Score net = scored("--model sd-convtrans --weights " + (scratch_ / "model/best.pth").string(), test,
                           scratch_ / "net");
  EXPECT_LT(net.abs_rel, 0.65 * mean.abs_rel);
  EXPECT_GT(net.d1, mean.d1 + 0.15);
}

// The shipped weights, on rooms that they were not trained on.
TEST_F(Baseline, IsBeatenByTheShippedWeights) {
  make_scenes(scratch_ / "train", 9, 1, 41);
  make_scenes(scratch_ / "test", 9, 1, 42);
  const Score mean = mean_baseline(scratch_ / "train", scratch_ / "test");
  const Score net = scored("--model sd-convtrans-small", scratch_ / "test", scratch_ / "net");
  EXPECT_LT(net.abs_rel, 0.85 * mean.abs_rel);
  EXPECT_GT(net.d1, mean.d1 + 0.08);
}

// The card of the engine names no size: it follows from the checkpoint.
TEST_F(SdConvTransTest, FingerprintHasTheSizeOfTheCheckpoint) {
  const auto result = run_depthmill("fingerprint --model sd-convtrans --image-size 333x500 --weights " +
                                    std::string(test::kConfigs) + "/models/sd-convtrans-small.pth");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("tensor 1x3x120x160 "));
}

TEST_F(SdConvTransTest, KilledTrainingGoesOnToTheSameCurveAndWeights) {
  make_scenes(scratch_ / "data", 5, 2, 33);
  const std::string end = "--epochs 3";
  ASSERT_EQ(run_depthmill(train(scratch_ / "data", scratch_ / "whole", end)).code, 0);
  const fs::path out = scratch_ / "killed";
  // The first checkpoint is written behind step 2; the third step is on record when the signal comes.
  const auto killed = signalled_after_steps(train(scratch_ / "data", out, end), out, 3, SIGKILL);
  EXPECT_EQ(killed.code, 128 + SIGKILL) << killed.output;
  EXPECT_LT(io::read_csv_file(out / "train.csv").rows.size(), 6u);
  const auto resumed = run_depthmill(train(scratch_ / "data", out, end));
  ASSERT_EQ(resumed.code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("goes on from"));
  for (const char* file : {"train.csv", "validation.csv", "loss.svg", "best.pth"})
    EXPECT_EQ(file_text(out / file), file_text(scratch_ / "whole" / file)) << file;

  const auto other = run_depthmill(train(scratch_ / "data", out, "--epochs 4"));
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.output, HasSubstr("other options"));
  // Other pictures under the same names: what was learnt is not of them.
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "data/planes"))
    if (entry.path().string().ends_with(".rgb.png"))
      io::write_plane(entry.path(), cv::Mat(480, 640, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  const auto changed = run_depthmill(train(scratch_ / "data", out, end));
  EXPECT_EQ(changed.code, 3);
  EXPECT_THAT(changed.output, HasSubstr("written from other frames"));
}

TEST_F(SdConvTransTest, TrainingChoosesItsFramesAsOtherCommandsDo) {
  make_scenes(scratch_ / "data", 4, 3, 35);
  std::set<std::string> scenes;
  for (const auto& scene : fs::directory_iterator(scratch_ / "data/planes"))
    scenes.insert(scene.path().filename().string());
  ASSERT_EQ(scenes.size(), 4u);
  const std::string first = *scenes.begin(), second = *std::next(scenes.begin());
  int runs = 0;
  const auto said = [&](const std::string& more) {
    return run_depthmill(
               train(scratch_ / "data", scratch_ / ("m" + std::to_string(runs++)), "--epochs 1 " + more))
        .output;
  };
  EXPECT_THAT(said("--scene " + first + " " + second), HasSubstr(" 3 frames, 1 steps; 3 held-out frames"));
  EXPECT_THAT(said("--every 3 --limit 3"), HasSubstr(" 2 frames, 1 steps; 1 held-out frames"));
  std::ofstream list(scratch_ / "list.txt");
  for (const std::string& scene : scenes)
    for (const auto& file : fs::directory_iterator(scratch_ / "data/planes" / scene))
      if (const std::string name = file.path().filename().string(); name.ends_with(".rgb.png"))
        list << scene << "/" << name.substr(0, name.size() - 8) << "\n";
  list.close();
  EXPECT_THAT(said("--list " + (scratch_ / "list.txt").string()), HasSubstr(" 9 frames, "));
  EXPECT_THAT(said("--skip-list " + (scratch_ / "list.txt").string()), HasSubstr("nothing to train on"));
  EXPECT_THAT(said("--scene 'none*'"), HasSubstr("no scene matches 'none*'"));
  // What was chosen is on record, and another choice is another training.
  EXPECT_THAT(file_text(scratch_ / "m1/config.ini"), AllOf(HasSubstr("every = 3"), HasSubstr("limit = 3")));
  runs = 1;
  EXPECT_THAT(said("--scene " + first), HasSubstr("other options"));
}

// The training lies in a module with readers of its own, which keep to what the command line says.
TEST_F(SdConvTransTest, TrainingReadsNoLargerPicturesThanMay) {
  make_scenes(scratch_ / "data", 2, 1, 36);
  const auto result = run_depthmill(train(scratch_ / "data", scratch_ / "model", "--max-pixels 1000"));
  EXPECT_NE(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("more than the 1000 that are read (--max-pixels)"));
}

TEST_F(SdConvTransTest, ExportedFilePredictsTheSame) {
  make_scenes(scratch_ / "data", 2, 2, 34);
  const std::string weights = (scratch_ / "model/best.pth").string(), images = (scratch_ / "data").string();
  ASSERT_EQ(run_depthmill(train(scratch_ / "data", scratch_ / "model", "--epochs 1")).code, 0);
  const auto exported = run_depthmill("export --model sd-convtrans --weights " + weights + " --out " +
                                      (scratch_ / "net.pt").string());
  ASSERT_EQ(exported.code, 0) << exported.output;
  EXPECT_THAT(exported.output, HasSubstr("120 x 160"));
  auto step = run_depthmill("infer --quiet --depth-format npy --model sd-convtrans --weights " + weights +
                            " --images " + images + " --out " + (scratch_ / "native").string());
  ASSERT_EQ(step.code, 0) << step.output;
  // The exported file takes pictures of 120x160; these are of 480x640, which the card beside it says.
  step = run_depthmill("infer --depth-format npy --model " + (scratch_ / "net.pt").string() + " --images " +
                       images + " --out " + (scratch_ / "script").string());
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_THAT(step.output, HasSubstr("net.pt runs by the card net.ini beside it"));
  const auto expect_as_native = [&](const char* folder) {
    int compared = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "native/planes")) {
      if (entry.path().extension() != ".npy") continue;
      const fs::path twin = scratch_ / folder / fs::relative(entry.path(), scratch_ / "native");
      const cv::Mat a =
          io::read_plane(io::parse_plane_argument(entry.path().string()), io::PlaneKind::kDepth);
      const cv::Mat b = io::read_plane(io::parse_plane_argument(twin.string()), io::PlaneKind::kDepth);
      EXPECT_LT(cv::norm(a, b, cv::NORM_INF), 1e-4) << twin << " (metres)";
      ++compared;
    }
    EXPECT_EQ(compared, 4);
  };
  expect_as_native("script");

  // Once more to the same place, and not over a card that somebody wrote.
  const std::string again = "export --quiet --model sd-convtrans --weights " + weights + " --out ";
  EXPECT_EQ(run_depthmill(again + (scratch_ / "net.pt").string()).code, 0);
  EXPECT_THAT(run_depthmill(again + (scratch_ / "net.safetensors").string()).output,
              HasSubstr("is there already"));
  std::ofstream(scratch_ / "mine.ini") << "[model]\nname = mine\n";
  step = run_depthmill(again + (scratch_ / "mine.pt").string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("mine.ini is there already"));
  EXPECT_FALSE(fs::exists(scratch_ / "mine.pt"));

  // The weights alone, in another format, run by their card too.
  step = run_depthmill(again + (scratch_ / "weights.safetensors").string());
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill("infer --quiet --depth-format npy --model " +
                       (scratch_ / "weights.safetensors").string() + " --images " + images + " --out " +
                       (scratch_ / "weights").string());
  ASSERT_EQ(step.code, 0) << step.output;
  expect_as_native("weights");
}

TEST_F(SdConvTransTest, DecomposedScenesTrainFromPlanesAndFromTheirOwnLayout) {
  make_scenes(scratch_ / "data", 2, 1, 35);
  const std::string data = (scratch_ / "data").string(), sd = (scratch_ / "sd").string();
  auto step = run_depthmill("decompose --in " + data + " --out " + data);
  ASSERT_EQ(step.code, 0) << step.output;
  for (const auto& scene : fs::directory_iterator(scratch_ / "data/planes")) {
    const std::string name = scene.path().filename().string();
    std::string frame = fs::directory_iterator(scene.path())->path().filename().string();
    frame = frame.substr(0, frame.find(".", frame.find("-", 2) + 1));  // d-<time>-<stamp>
    const auto plane = [&](const char* which) {
      const fs::path file = run_folder::find_plane(scratch_ / "data", name, frame, which);
      return io::read_plane(io::parse_plane_argument(file.string()), io::PlaneKind::kDepth, which);
    };
    EXPECT_LT(cv::norm(plane("base") + plane("detail"), plane("depth"), cv::NORM_INF), 1e-6);
    EXPECT_GT(cv::norm(plane("detail"), cv::NORM_INF), 1e-3);
  }
  step = run_depthmill("pack --layout sd-convtrans --split 0.5:1 --in " + data + " --out " + sd);
  ASSERT_EQ(step.code, 0) << step.output;
  step = run_depthmill(train(sd, scratch_ / "from_layout", "--epochs 1"));
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_THAT(step.output, HasSubstr("1 frames"));

  // [decompose] in a run file, as one of the job's stages.
  std::ofstream(scratch_ / "run.ini") << "[run]\nstages = fill,decompose\n[decompose]\nlambda = 4\n";
  step = run_depthmill("run --config " + (scratch_ / "run.ini").string() + " --in " + data + " --out " +
                       (scratch_ / "smooth").string());
  ASSERT_EQ(step.code, 0) << step.output;
  EXPECT_THAT(file_text(scratch_ / "smooth/config.ini"), HasSubstr("lambda = 4"));
}

TEST_F(SdConvTransTest, WhatIsWrongIsOneSentence) {
  make_scenes(scratch_ / "data", 1, 2, 36);
  auto step = run_depthmill("train --out " + scratch_.path().string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("--config is missing"));
  step = run_depthmill("train --config " + std::string(test::kConfigs) + "/train/none.ini --out " +
                       scratch_.path().string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("none.ini"));
  std::ofstream(scratch_ / "typo.ini") << "[train]\nepoch = 3\n";
  step = run_depthmill("train --config " + (scratch_ / "typo.ini").string() + " --out " +
                       scratch_.path().string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("typo.ini:2"));
  step = run_depthmill("export --model constant --out " + (scratch_ / "x.pt").string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("sd-convtrans"));
  step = run_depthmill("infer --model sd-convtrans --images " + (scratch_ / "data").string() + " --out " +
                       scratch_.path().string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("--weights FILE.pth"));
  std::ofstream(scratch_ / "broken.pth") << "no weights";
  step = run_depthmill("infer --model sd-convtrans --weights " + (scratch_ / "broken.pth").string() +
                       " --images " + (scratch_ / "data").string() + " --out " + scratch_.path().string());
  EXPECT_EQ(step.code, 1);
  EXPECT_THAT(step.output, HasSubstr("broken.pth"));
}

}  // namespace
}  // namespace depthmill::test
