// Broken frames cost one manifest row each, with a reason; the others come through untouched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<fs::path> depth_files(const fs::path& scene) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(scene))
    if (entry.path().filename().string().starts_with("d-")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

fs::path only_scene(const fs::path& raw) {
  for (const auto& entry : fs::directory_iterator(raw))
    if (entry.is_directory() && entry.path().filename() != "truth") return entry.path();
  return {};
}

// One row a failed frame: frame -> reason.
std::map<std::string, std::string> failures(const fs::path& run) {
  const io::CsvTable manifest = io::read_csv_file(run / "manifest.csv");
  std::map<std::string, std::string> found;
  for (const auto& row : manifest.rows)
    if (row[manifest.column("status")] == "failed") {
      EXPECT_FALSE(found.contains(row[manifest.column("frame")])) << "more than one row for a failed frame";
      EXPECT_FALSE(row[manifest.column("detail")].empty());
      found[row[manifest.column("frame")]] = row[manifest.column("reason")];
    }
  return found;
}

TEST(DamagedScene, EachBrokenFrameIsOneRowAndTheRunGoesOn) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 6 --seed 3 --out " + raw.string()).code, 0);
  const auto files = depth_files(only_scene(raw));
  ASSERT_GE(files.size(), 6u);
  fs::resize_file(files[0], 100000);         // truncated in the middle of the pixels
  fs::resize_file(files[1], 0);              // written but never filled
  std::string small = "P5 320 240 65535\n";  // another camera's frame
  small.resize(small.size() + 320 * 240 * 2, '\1');
  std::ofstream(files[2], std::ios::binary) << small;
  std::string nothing = "P5 640 480 65535\n";  // 2047 everywhere: nothing was measured
  for (int i = 0; i < 640 * 480; ++i) nothing += "\xff\x07";
  std::ofstream(files[3], std::ios::binary) << nothing;

  const auto result =
      run_depthmill("run --raw " + raw.string() + " --stages extract,fill --out " + run.string());
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("4 of " + std::to_string(files.size()) + " frames failed"));
  const auto failed = failures(run);
  ASSERT_EQ(failed.size(), 4u);
  EXPECT_EQ(failed.at(files[0].stem().string()), "truncated");
  EXPECT_EQ(failed.at(files[1].stem().string()), "truncated");
  EXPECT_EQ(failed.at(files[2].stem().string()), "wrong_size");
  EXPECT_EQ(failed.at(files[3].stem().string()), "no_valid_pixel");
  for (std::size_t i = 0; i < files.size(); ++i) {
    const fs::path plane =
        run / "planes" / files[i].parent_path().filename() / (files[i].stem().string() + ".depth.png");
    EXPECT_EQ(fs::exists(plane), i >= 4) << plane;
  }
}

TEST(DamagedScene, MendedFramesAreDoneByTheNextRun) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 2 --seed 4 --out " + raw.string()).code, 0);
  const auto files = depth_files(only_scene(raw));
  const std::string whole = file_text(files[0]);
  fs::resize_file(files[0], 5000);
  const std::string line = "extract --raw " + raw.string() + " --out " + run.string();
  EXPECT_EQ(run_depthmill(line).code, 2);
  EXPECT_EQ(failures(run).size(), 1u);
  std::ofstream(files[0], std::ios::binary) << whole;
  EXPECT_EQ(run_depthmill(line).code, 0);
  EXPECT_TRUE(failures(run).empty());
}

TEST(DamagedScene, SceneWithoutRgbFailsWithAReasonAndOthersGoOn) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 2 --seed 5 --out " + raw.string()).code, 0);
  const fs::path scene = only_scene(raw);
  for (const auto& entry : fs::directory_iterator(scene))
    if (entry.path().filename().string().starts_with("r-")) fs::remove(entry.path());
  const auto result = run_depthmill("extract --raw " + raw.string() + " --out " + run.string());
  EXPECT_EQ(result.code, 2) << result.output;
  const auto failed = failures(run);
  EXPECT_FALSE(failed.empty());
  for (const auto& [frame, reason] : failed) EXPECT_EQ(reason, "no_partner") << frame;
}

TEST(DamagedScene, SceneWithoutDepthBesideAGoodOneIsExitCode2) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 2 --frames 2 --seed 5 --out " + raw.string()).code, 0);
  for (const fs::path& file : depth_files(only_scene(raw))) fs::remove(file);
  const std::string line = "extract --raw " + raw.string() + " --out " + run.string();
  for (const char* attempt : {"first", "second"}) {
    const auto result = run_depthmill(line);
    EXPECT_EQ(result.code, 2) << attempt << result.output;
    EXPECT_THAT(result.output, HasSubstr("the scene has no depth frame"));
  }
  EXPECT_TRUE(failures(run).empty());
  EXPECT_EQ(io::read_csv_file(run / "manifest.csv").rows.size(), 2u);  // the good scene's frames
}

// No stage reads it.
TEST(DamagedScene, ABrokenAccelerometerFileFailsNothing) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 2 --seed 6 --out " + raw.string()).code, 0);
  int broken = 0;
  for (const auto& entry : fs::directory_iterator(only_scene(raw)))
    if (entry.path().filename().string().starts_with("a-")) fs::resize_file(entry.path(), 5), ++broken;
  ASSERT_GT(broken, 0);
  const auto result = run_depthmill("extract --raw " + raw.string() + " --out " + run.string());
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_TRUE(failures(run).empty());
}

TEST(DamagedScene, SceneWithoutAccelerometerIsFine) {
  ScratchFolder scratch;
  const fs::path raw = scratch / "raw", run = scratch / "run";
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 2 --seed 6 --out " + raw.string()).code, 0);
  for (const auto& entry : fs::directory_iterator(only_scene(raw)))
    if (entry.path().filename().string().starts_with("a-")) fs::remove(entry.path());
  const auto result = run_depthmill("extract --raw " + raw.string() + " --out " + run.string());
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("accelerometer"));
}

// A header may say anything; the terminal and the ledger get one short line of it.
TEST(DamagedFile, BytesOfAHeaderAreSpelledOutAndCut) {
  ScratchFolder scratch;
  fs::create_directories(scratch / "in");
  const std::string types[] = {"<f\n8", "<\x1b[2J\x1b]0;owned\x07\xff", "<" + std::string(60000, 'A')};
  for (int i = 0; i < 3; ++i) {
    const std::string header = "{'descr': '" + types[i] + "', 'fortran_order': False, 'shape': (30, 40), }\n";
    std::string bytes = "\x93NUMPY\x02";
    for (const std::size_t size :
         {std::size_t{0}, header.size(), header.size() >> 8, header.size() >> 16, std::size_t{0}})
      bytes += static_cast<char>(size & 255);
    std::ofstream(scratch / ("in/" + std::to_string(i) + ".raw_depth.npy"), std::ios::binary)
        << bytes << header << std::string(9600, '\0');
    std::ofstream(scratch / ("in/" + std::to_string(i) + ".rgb.ppm"), std::ios::binary)
        << "P6 40 30 255\n"
        << std::string(3600, 'x');
  }
  const auto result =
      run_depthmill("fill --in " + (scratch / "in").string() + " --out " + (scratch / "o").string());
  EXPECT_EQ(result.code, 2) << result.output;
  const std::string ledger = file_text(scratch / "o/manifest.csv");
  for (const std::string& text : {result.output, ledger}) {
    EXPECT_EQ(text.find_first_of("\x1b\x07\xff"), std::string::npos) << text;
    EXPECT_LT(text.size(), 4000u);
  }
  EXPECT_THAT(ledger, HasSubstr("'<\\x1b[2J\\x1b]0;owned\\x07\\xff'"));
  EXPECT_EQ(failures(scratch / "o").size(), 3u);
}

// The frame is ../outside/p: nothing of it may lie outside the run folder, and its name leads back.
TEST(DamagedList, ALineThatLeadsUpStaysInsideTheRunFolder) {
  ScratchFolder scratch;
  fs::create_directories(scratch / "lists");
  fs::create_directories(scratch / "outside");
  std::ofstream(scratch / "outside/p.ppm") << "P6 40 30 255\n" << std::string(40 * 30 * 3, 'x');
  std::ofstream(scratch / "lists/list.txt") << "../outside/p.ppm\n";
  std::ofstream(scratch / "two.ini") << "[model]\nbackend = constant\nvalue = 2\n";
  const fs::path run = scratch / "runs/o";
  const auto before = folder_bytes(scratch.path());
  const auto result = run_depthmill("infer --images " + (scratch / "lists/list.txt").string() + " --model " +
                                    (scratch / "two.ini").string() + " --out " + run.string());
  EXPECT_EQ(result.code, 0) << result.output;
  auto after = folder_bytes(scratch.path());
  const fs::path pred = run / "planes/%2E./outside/p.pred.png";
  ASSERT_TRUE(fs::exists(pred)) << result.output;
  std::erase_if(after, [](const auto& file) { return file.first.starts_with("runs/o/"); });
  EXPECT_EQ(after, before);
  EXPECT_EQ(io::read_csv_file(run / "manifest.csv").rows.at(0).at(0), "../outside");

  const fs::path gt = scratch / "gt", scores = scratch / "scores";
  fs::create_directories(gt / "planes/%2E./outside");
  fs::copy_file(pred, gt / "planes/%2E./outside/p.raw_depth.png");
  const auto scored = run_depthmill("evaluate --protocol eigen-nocrop --gt " + gt.string() + " --pred " +
                                    run.string() + " --out " + scores.string());
  EXPECT_EQ(scored.code, 0) << scored.output << file_text(scores / "manifest.csv");
  EXPECT_EQ(io::read_csv_file(scores / "manifest.csv").rows.at(0).at(0), "../outside");
}

// Files that lie inside (tests/data/damaged): one sentence, exit 2, nothing written. Two of them once ended the
// process or took 20 s and 2 GB.
TEST(DamagedFile, OneSentenceAndNothingWritten) {
  ScratchFolder scratch;
  const auto rgb = scratch / "rgb.png", out = scratch / "out.npy";
  io::write_plane(rgb, cv::Mat(30, 40, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  for (const char* name : {"h5z_2.h5", "bomb.h5", "sparse.h5", "extraw.h5", "zdim28.mat"}) {
    const auto result = run_depthmill("fill --method none --rgb " + rgb.string() + " --depth " + kTestData +
                                      "/damaged/" + name + " --out " + out.string());
    EXPECT_EQ(result.code, 2) << name << result.output;
    EXPECT_THAT(result.output, HasSubstr(name));
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
    EXPECT_FALSE(fs::exists(out)) << name;
  }
}

// What crashes the HDF5 library costs its own frame, the first time and on every resume.
TEST(DamagedFile, OneDamagedHdf5FileCostsItsOwnFrame) {
  ScratchFolder scratch;
  const cv::Mat two(30, 40, CV_32FC1, cv::Scalar(2));
  for (const char* name : {"pred/0000.npy", "pred/0001.npy", "gt/0000.npy"})
    io::write_plane(scratch / name, two, io::PlaneKind::kDepth);
  fs::copy_file(fs::path(kTestData) / "damaged" / "h5z_2.h5", scratch / "gt" / "0001.h5");
  const std::string line = "evaluate --protocol eigen-nocrop --pred " + (scratch / "pred").string() +
                           " --gt " + (scratch / "gt").string() + " --out " + (scratch / "run").string();
  for (const char* attempt : {"first", "second"}) {
    const auto result = run_depthmill(line);
    EXPECT_EQ(result.code, 2) << attempt << result.output;
    const auto failed = failures(scratch / "run");
    ASSERT_EQ(failed.size(), 1u) << attempt;
    EXPECT_EQ(failed.begin()->first, "0001");
  }
}

TEST(DamagedFile, APictureBeyondTheLimitIsRefused) {
  ScratchFolder scratch;
  const auto rgb = scratch / "rgb.png", depth = scratch / "depth.npy";
  io::write_plane(rgb, cv::Mat(30, 40, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  io::write_plane(depth, cv::Mat(30, 40, CV_32FC1, cv::Scalar(2)), io::PlaneKind::kDepth);
  const std::string line = "fill --method none --rgb " + rgb.string() + " --depth " + depth.string() +
                           " --out " + (scratch / "out.npy").string() + " --max-pixels ";
  EXPECT_EQ(run_depthmill(line + "0").code, 1);
  const auto refused = run_depthmill(line + "1199");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.output, HasSubstr("has 1200 pixels, more than the 1199 that are read (--max-pixels)"));
  EXPECT_EQ(run_depthmill(line + "1200").code, 0);
}

// A reader that opened the pipe would wait for ever.
TEST(DamagedFile, APipeInPlaceOfAFileIsNamed) {
  ScratchFolder scratch;
  const auto pipe = scratch / "pipe.npy", rgb = scratch / "rgb.png";
  io::write_plane(rgb, cv::Mat(30, 40, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto result = run_depthmill("fill --method none --rgb " + rgb.string() + " --depth " + pipe.string() +
                                    " --out " + (scratch / "out.npy").string());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("pipe.npy: is a pipe, not a file"));
}

// No file may grow beyond 4 KiB: what a full disk or a quota does.
TEST(FullDisk, StopsTheRunWithOneSentenceWhateverTheFormat) {
  ScratchFolder scratch;
  cv::Mat depth(96, 128, CV_32FC1), rgb(96, 128, CV_8UC3, cv::Scalar(9, 9, 9));
  cv::RNG(7).fill(depth, cv::RNG::UNIFORM, 1, 5);  // does not pack into 4 KiB
  io::write_plane(scratch / "rgb.png", rgb, io::PlaneKind::kRgb);
  io::write_plane(scratch / "depth.npy", depth, io::PlaneKind::kDepth);
  int formats = 0;
  for (const io::FileFormat* format : io::formats()) {
    if (!format->writes.has(io::PlaneKind::kDepth)) continue;
    ++formats;
    const auto out = scratch / ("out/o." + std::string(format->ending()));
    const auto result = run_shell("trap '' XFSZ; ulimit -f 8; " + std::string(kProgram) +
                                  " fill --method none --rgb " + (scratch / "rgb.png").string() +
                                  " --depth " + (scratch / "depth.npy").string() + " --out " + out.string());
    EXPECT_EQ(result.code, 3) << format->ending() << result.output;
    EXPECT_THAT(result.output, HasSubstr(out.filename().string() + ": cannot be written: "));
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
    EXPECT_TRUE(fs::is_empty(out.parent_path())) << format->ending();
  }
  EXPECT_EQ(formats, 5);
}

TEST(FullDisk, StopsALabelledSampleWithOneSentence) {
  ScratchFolder scratch;
  const auto result = run_shell("trap '' XFSZ; ulimit -f 40; " + std::string(kProgram) +
                                " sample --labeled --quiet --out " + (scratch / "set").string());
  EXPECT_EQ(result.code, 3) << result.output;
  EXPECT_THAT(result.output, HasSubstr("nyu_depth_v2_labeled.mat: cannot be written"));
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  EXPECT_FALSE(fs::exists(scratch / "set" / "nyu_depth_v2_labeled.mat"));
}

}  // namespace
}  // namespace depthmill::test
