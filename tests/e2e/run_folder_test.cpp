// What a run folder promises: no old number for new inputs, nothing wrong called done, and what is wrong found and
// mended. Through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <random>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "stages/run_folder/journal.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> kWhen{"timing.csv"};

double mean_of(const fs::path& run, const std::string& metric) {
  const io::CsvTable table = io::read_csv_file(run / "metrics/summary.csv");
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][table.column("metric")] == metric) return table.number(i, table.column("value"));
  return -1;
}

class RunFolderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    raw_ = fs::temp_directory_path() / ("depthmill.e2e.folder." + std::to_string(::getpid()));
    fs::remove_all(raw_);
    const auto made = run_depthmill("sample --quiet --scenes 2 --frames 3 --seed 5 --out " + raw_.string());
    ASSERT_EQ(made.code, 0) << made.output;
  }
  static void TearDownTestSuite() { fs::remove_all(raw_); }

  void depth(const std::string& path, double metres) {
    io::write_plane(scratch_ / path, cv::Mat(480, 640, CV_64FC1, cv::Scalar(metres)), io::PlaneKind::kDepth);
  }
  ProgramResult run(const std::string& line) {
    return run_shell("cd " + scratch_.path().string() + " && " + kProgram + " " + line);
  }
  // Extraction alone: all the ways of a run, and quick.
  std::string extract(const std::string& out) {
    return "extract --raw " + raw_.string() + " --threads 1 --quiet --out " + out;
  }

  static inline fs::path raw_;
  ScratchFolder scratch_;
};

TEST_F(RunFolderTest, AnEvaluationIsOfThePredictionsThatLieThereNow) {
  for (int i = 0; i < 3; ++i) {
    const std::string name = "/000" + std::to_string(i) + ".npy";
    depth("gt" + name, 2.0), depth("p1" + name, 2.2), depth("p2" + name, 2.6);
  }
  const std::string evaluate = "evaluate --gt gt --protocol eigen-nocrop --out o --pred ";
  ASSERT_EQ(run(evaluate + "p1").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.1, 1e-9);
  ASSERT_EQ(run(evaluate + "p2").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.3, 1e-9) << "another folder";
  for (int i = 0; i < 3; ++i) depth("p2/000" + std::to_string(i) + ".npy", 2.4);
  ASSERT_EQ(run(evaluate + "p2").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.2, 1e-9) << "other files in the same folder";
  depth("p2/0000.npy", 2.0);
  std::ofstream(scratch_ / "list.txt") << "0000\n";
  ASSERT_EQ(run(evaluate + "p2 --list list.txt").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0, 1e-9) << "a smaller list";
  fs::remove(scratch_ / "o/config.ini");
  ASSERT_EQ(run(evaluate + "p2").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 2 * 0.2 / 3, 1e-9);
}

TEST_F(RunFolderTest, AnEditedProtocolAndAnotherUnitCount) {
  depth("gt/0000.npy", 2.0), depth("p/0000.npy", 2.2);
  const fs::path mine = scratch_ / "mine.ini";
  fs::copy_file(protocol_folder() / "eigen-nocrop.ini", mine);
  const std::string evaluate = "evaluate --gt gt --pred p --protocol mine.ini --out o";
  ASSERT_EQ(run(evaluate).code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.1, 1e-9);
  std::string text = file_text(mine);
  const std::string clamp = "clamp = 0.001:10";
  ASSERT_NE(text.find(clamp), std::string::npos);
  std::ofstream(mine) << text.replace(text.find(clamp), clamp.size(), "clamp = 0.001:2.1");
  ASSERT_EQ(run(evaluate).code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.05, 1e-9);
  cv::Mat millimetres(480, 640, CV_64FC1, cv::Scalar(2.2));
  io::write_plane(scratch_ / "p16/0000.png", millimetres, io::PlaneKind::kDepth);
  const std::string scaled = "evaluate --gt gt --pred p16 --protocol eigen-nocrop --out o16 --depth-scale ";
  ASSERT_EQ(run(scaled + "1000").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o16", "abs_rel"), 0.1, 1e-9);
  ASSERT_EQ(run(scaled + "2000").code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o16", "abs_rel"), 0.45, 1e-9);
}

TEST_F(RunFolderTest, PredictionsAreOfTheImagesTheCardAndTheValuesOfNow) {
  const auto image = [&](const std::string& folder, int shade) {
    io::write_plane(scratch_ / (folder + "/0001.png"),
                    cv::Mat(48, 64, CV_8UC3, cv::Scalar(shade, shade, shade)), io::PlaneKind::kRgb);
  };
  image("A", 10), image("B", 200);
  const auto card = [&](const char* value) {
    std::ofstream(scratch_ / "c.ini") << "[model]\nbackend = constant\nvalue = " << value << "\n";
  };
  card("2");
  const std::string infer = "infer --model c.ini --out o --images ";
  ASSERT_EQ(run(infer + "A").code, 0);
  EXPECT_THAT(run(infer + "A").output, HasSubstr("1 of 1 frame done already"));
  EXPECT_THAT(run(infer + "B").output, HasSubstr("1 frame of which the files are not those that were read"));
  card("3");
  const auto changed = run(infer + "B");
  EXPECT_EQ(changed.code, 1) << changed.output;
  EXPECT_THAT(changed.output, HasSubstr("the content of the model card (c.ini) was"));
  EXPECT_EQ(run(infer + "B --restart").code, 0);
  const cv::Mat pred =
      io::read_plane({scratch_ / "o/planes/0001.pred.png", "", 1000, 1}, io::PlaneKind::kDepth, "pred");
  EXPECT_EQ(pred.at<double>(0, 0), 3.0);
}

TEST_F(RunFolderTest, OtherPairsOfTheSameNamesAreFilledAnew) {
  for (const auto& [folder, metres] : {std::pair("C", 2.0), std::pair("E", 4.0)}) {
    io::write_plane(scratch_ / (std::string(folder) + "/0001.rgb.png"),
                    cv::Mat(48, 64, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
    cv::Mat holes(48, 64, CV_64FC1, cv::Scalar(metres));
    holes(cv::Rect(5, 5, 9, 9)) = 0;
    io::write_plane(scratch_ / (std::string(folder) + "/0001.raw_depth.png"), holes, io::PlaneKind::kDepth);
  }
  ASSERT_EQ(run("fill --in C --out o").code, 0);
  ASSERT_EQ(run("fill --in E --out o").code, 0);
  const cv::Mat filled =
      io::read_plane({scratch_ / "o/planes/0001.depth.png", "", 1000, 1}, io::PlaneKind::kDepth, "depth");
  EXPECT_NEAR(filled.at<double>(8, 8), 4.0, 1e-3);
}

// 16-bit files do not say their unit; the journal does, of each plane that a stage has written.
TEST_F(RunFolderTest, PlanesAreReadInTheUnitTheyWereWrittenIn) {
  ASSERT_EQ(run(extract("o") + " --limit 1").code, 0);
  ASSERT_EQ(run(extract("five") + " --limit 1 --depth-scale 5000").code, 0);
  const auto statistics = [&](const std::string& folder) {
    const auto made = run("stats --in " + folder + " --out s --quiet");
    EXPECT_EQ(made.code, 0) << made.output;
    const io::CsvTable table = io::read_csv_file(scratch_ / "s/stats.csv");
    return table.number(0, table.column("depth_median"));
  };
  EXPECT_NEAR(statistics("five"), statistics("o"), 0.02);
  // The same files come by in another way.
  EXPECT_NEAR(statistics("five/planes"), statistics("o"), 0.02);
  // A journal that is lost is said.
  fs::copy(scratch_ / "five", scratch_ / "lost", fs::copy_options::recursive);
  std::ofstream(scratch_ / "lost/journal").flush();
  EXPECT_THAT(run("stats --in lost --out s").output,
              HasSubstr("does not say the unit of its 16-bit raw_depth"));
  // Two units in one folder, a stage each.
  const auto filled = run("fill --method none --depth-scale 1000 --in five --out five");
  ASSERT_EQ(filled.code, 0) << filled.output;
  EXPECT_THAT(filled.output,
              HasSubstr("its 16-bit raw_depth is written in 5000 samples a metre and read so"));
  const auto same = run(
      "evaluate --pred five --pred-plane depth --gt o --gt-plane raw_depth --protocol eigen-nocrop --out e "
      "--quiet");
  ASSERT_EQ(same.code, 0) << same.output;
  EXPECT_LT(mean_of(scratch_ / "e", "abs_rel"), 0.001);
  const auto told = run(
      "evaluate --pred five --pred-plane raw_depth --pred-scale 1000 --gt o --gt-plane raw_depth --out f");
  EXPECT_EQ(told.code, 1) << told.output;
  EXPECT_THAT(told.output, HasSubstr("in 5000 samples a metre, not 1000"));
}

// Files that a call would write and that are somebody else's stay.
TEST_F(RunFolderTest, NamedFilesReplaceNothingOfTheUsers) {
  std::ofstream(scratch_ / "c.ini") << "[model]\nbackend = constant\nvalue = 2\n";
  for (const char* name : {"p/1.png", "p/2.png"})
    io::write_plane(scratch_ / name, cv::Mat(48, 64, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  const auto before = folder_bytes(scratch_ / "p");
  for (const char* more : {"", " --shard 1/2"}) {
    const auto refused = run(std::string("infer --images p --model c.ini --out p --name '{stem}'") + more);
    EXPECT_EQ(refused.code, 1) << refused.output;
    EXPECT_THAT(refused.output, HasSubstr("is there already"));
  }
  EXPECT_EQ(run("infer --images p/1.png --model c.ini --out p/1.png").code, 1);
  EXPECT_THAT(differing(folder_bytes(scratch_ / "p"), before), IsEmpty());
  ASSERT_EQ(run("infer --images p --model c.ini --out q --name '{stem}' --depth-scale 256 "
                "--quiet")
                .code,
            0);
  ASSERT_EQ(run("stats --in q --out s --quiet").code, 0);
  const io::CsvTable table = io::read_csv_file(scratch_ / "s/stats.csv");
  EXPECT_NEAR(table.number(0, table.column("depth_max")), 2, 0.01);
}

// A frame that a stage could not do stays on record as such, whatever another stage makes of it later.
TEST_F(RunFolderTest, AFailureIsAnsweredByTheStageThatFailedAlone) {
  for (const char* frame : {"1", "2"}) {
    io::write_plane(scratch_ / ("d/" + std::string(frame) + ".rgb.png"),
                    cv::Mat(48, 64, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
    cv::Mat metres(48, 64, CV_64FC1, cv::Scalar(*frame == '1' ? 0.0 : 2.0));
    io::write_plane(scratch_ / ("d/" + std::string(frame) + ".raw_depth.png"), metres, io::PlaneKind::kDepth);
  }
  std::ofstream(scratch_ / "c.ini") << "[model]\nbackend = constant\nvalue = 2\n";
  ASSERT_EQ(run("fill --in d --out o --quiet").code, 2) << "frame 1 has no reading";
  ASSERT_EQ(run("infer --images d --model c.ini --out o --quiet").code, 0);
  const std::string manifest = file_text(scratch_ / "o/manifest.csv");
  EXPECT_THAT(manifest, HasSubstr("1,fill,failed"));
  EXPECT_THAT(manifest, HasSubstr("1,infer,ok"));
  EXPECT_THAT(run("status o --json").output,
              HasSubstr("\"fill\": {\"ok\": 1, \"failed\": 1, \"skipped\": 0}"));
  io::write_plane(scratch_ / "d/1.raw_depth.png", cv::Mat(48, 64, CV_64FC1, cv::Scalar(2.0)),
                  io::PlaneKind::kDepth);
  ASSERT_EQ(run("fill --in d --out o --quiet").code, 0);
  EXPECT_THAT(file_text(scratch_ / "o/manifest.csv"), Not(HasSubstr("failed")));
}

TEST_F(RunFolderTest, EveryCallKeepsItsTimesAndItsSettings) {
  ASSERT_EQ(run(extract("o")).code, 0);
  ASSERT_EQ(run("fill --in o --out o --alpha 2 --quiet").code, 0);
  const io::CsvTable times = io::read_csv_file(scratch_ / "o/timing.csv");
  const auto step_of = [&](const std::string& stage) {
    for (const auto& row : times.rows)
      if (row[times.column("stage")] == stage) return row[times.column("step")];
    return std::string();
  };
  EXPECT_EQ(step_of("extract"), "1");
  EXPECT_EQ(step_of("fill"), "2");
  std::map<std::string, int> bounds;  // by step
  for (const auto& row : times.rows)
    if (!row[times.column("bound")].empty()) ++bounds[row[times.column("step")]];
  EXPECT_EQ(bounds, (std::map<std::string, int>{{"1", 1}, {"2", 1}}))
      << "one row of each call says what bounded it";
  EXPECT_THAT(times.rows[0][times.column("program")], ::testing::StartsWith("depthmill "));
  const std::string settings = file_text(scratch_ / "o/config.ini");
  EXPECT_THAT(settings, HasSubstr("raw = " + raw_.string()));
  EXPECT_THAT(settings, HasSubstr("in = o"));
}

TEST_F(RunFolderTest, OneProcessWritesAndTheOtherSaysWho) {
  ASSERT_EQ(run(extract("o")).code, 0);
  run_folder::Journal held(scratch_ / "o/journal", run_folder::Journal::Open::kWrite);
  ASSERT_EQ(held.lock(), run_folder::Journal::Lock::kTaken);
  const auto refused = run(extract("o"));
  EXPECT_EQ(refused.code, 4) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("works on this folder"));
  EXPECT_EQ(run("status o").code, 0) << "readers go on";
  EXPECT_EQ(run("verify o").code, 0);
}

TEST_F(RunFolderTest, StatusTellsHowFarARunIs) {
  const fs::path out = scratch_ / "o";
  const auto killed =
      run_signalled("run --stages extract,fill --threads 1 --raw " + raw_.string() + " --out " + out.string(),
                    SIGKILL, [&] {
                      return fs::exists(out / "journal") &&
                             file_text(out / "journal").find("\tframe\t") != std::string::npos;
                    });
  ASSERT_EQ(killed.code, 128 + SIGKILL);
  const auto cut = run("status o");
  EXPECT_EQ(cut.code, 0);
  EXPECT_THAT(cut.output, HasSubstr("cut off"));
  EXPECT_THAT(cut.output, HasSubstr("of 6 frames are done"));
  ASSERT_EQ(run("run --stages extract,fill --raw " + raw_.string() + " --out o --quiet").code, 0);
  EXPECT_THAT(run("status --run o").output, HasSubstr("6 of 6 frames are done"));
  const auto json = run("status o --json");
  EXPECT_THAT(json.output, HasSubstr("\"fill\": {\"ok\": 6, \"failed\": 0, \"skipped\": 0}"));
  EXPECT_EQ(run("status " + raw_.string()).code, 3) << "no journal";
  EXPECT_EQ(run("status").code, 1);
  EXPECT_EQ(run("status absent").code, 1);
}

TEST_F(RunFolderTest, WhatIsWrongIsFoundAndMended) {
  ASSERT_EQ(run(extract("o")).code, 0);
  ASSERT_EQ(run("fill --method none --in o --out o --quiet").code, 0);
  ASSERT_EQ(
      run("evaluate --pred o --pred-plane depth --gt " + (raw_ / "truth").string() + " --out o --quiet").code,
      0);
  const auto whole = folder_bytes(scratch_ / "o", kWhen);
  EXPECT_THAT(run("verify o").output, HasSubstr("all as they were written"));
  ASSERT_EQ(run("verify o").code, 0);

  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "o"))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::mt19937 random(3);
  for (int round = 0; round < (thorough() ? 60 : 1); ++round) {
    // A bit in some of the files, and one that is gone.
    std::shuffle(files.begin(), files.end(), random);
    std::vector<std::string> broken;
    for (const fs::path& file : files) {
      if (file.filename() == "timing.csv" || broken.size() > 16) continue;
      std::string bytes = file_text(file);
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      std::ofstream(file, std::ios::binary) << bytes;
      broken.push_back(fs::relative(file, scratch_ / "o").string());
    }
    const fs::path gone =
        scratch_ / "o" /
        (std::next(whole.begin(), static_cast<std::ptrdiff_t>(random() % whole.size()))->first);
    fs::remove(gone);
    const auto found = run("verify o");
    EXPECT_EQ(found.code, 2) << found.output;
    for (const std::string& name : broken) EXPECT_THAT(found.output, HasSubstr(name));
    const auto mended = run("repair o --quiet");
    EXPECT_EQ(mended.code, 0) << mended.output;
    EXPECT_THAT(differing(folder_bytes(scratch_ / "o", kWhen), whole), IsEmpty()) << mended.output;
    const auto clean = run("verify o");
    EXPECT_EQ(clean.code, 0) << clean.output;
  }
  std::ofstream(scratch_ / "o/planes/mine.png") << "mine";
  std::ofstream(scratch_ / "o/planes/.x.part1-2.png") << "half";
  const auto foreign = run("verify o");
  EXPECT_EQ(foreign.code, 2);
  EXPECT_THAT(foreign.output, HasSubstr("foreign: planes/mine.png"));
  EXPECT_THAT(foreign.output, HasSubstr("half-written: planes/.x.part1-2.png"));
}

// One line of the journal tells of all stages of a run; a stage done again on its own takes back its own planes alone.
TEST_F(RunFolderTest, AStageLeavesThePlanesOfOthers) {
  ASSERT_EQ(run("run --stages extract,fill --method none --quiet --raw " + raw_.string() + " --out o").code,
            0);
  const auto planes = [&] {
    std::map<std::string, int> count;
    for (const auto& [name, bytes] : folder_bytes(scratch_ / "o/planes"))
      ++count[fs::path(fs::path(name).stem()).extension().string()];
    return count;
  };
  const std::map<std::string, int> all{{".rgb", 6}, {".raw_depth", 6}, {".depth", 6}};
  ASSERT_EQ(planes(), all);
  ASSERT_EQ(run("fill --method none --in o --out o --quiet").code, 0);
  EXPECT_EQ(planes(), all);
  EXPECT_EQ(run("verify o").code, 0) << run("verify o").output;
  ASSERT_EQ(run("fill --method cross-bilateral --restart --in o --out o --quiet").code, 0);
  EXPECT_EQ(planes(), all);
  EXPECT_EQ(run("verify o").code, 0) << run("verify o").output;
  // What is made of planes that are made anew is not there for others to find.
  ASSERT_EQ(run("extract --restart --quiet --raw " + raw_.string() + " --out o").code, 0);
  EXPECT_EQ(planes(), (std::map<std::string, int>{{".rgb", 6}, {".raw_depth", 6}}));
  EXPECT_EQ(run("verify o").code, 0) << run("verify o").output;
}

TEST_F(RunFolderTest, InputsThatChangedSinceAreStaleAndRepaired) {
  depth("gt/0000.npy", 2.0), depth("p/0000.npy", 2.2);
  ASSERT_EQ(run("evaluate --pred p --gt gt --protocol eigen-nocrop --out o --quiet").code, 0);
  depth("p/0000.npy", 2.6);
  const auto stale = run("verify o");
  EXPECT_EQ(stale.code, 2);
  EXPECT_THAT(stale.output, HasSubstr("stale: p/0000.npy"));
  // From another folder: the command is repeated from where it was given.
  ASSERT_EQ(
      run_shell("cd / && " + std::string(kProgram) + " repair --quiet " + (scratch_ / "o").string()).code, 0);
  EXPECT_NEAR(mean_of(scratch_ / "o", "abs_rel"), 0.3, 1e-9);
}

// One repair makes a plane again and what goes back to it.
TEST_F(RunFolderTest, ARepairGoesOnToWhatWasMadeOfThePlane) {
  fs::copy(raw_, scratch_ / "raw", fs::copy_options::recursive);
  ASSERT_EQ(run("extract --raw raw --out o --quiet").code, 0);
  ASSERT_EQ(run("fill --method none --in o --out o --quiet").code, 0);
  ASSERT_EQ(run("evaluate --pred o --pred-plane depth --gt raw/truth --out o --quiet").code, 0);
  std::vector<fs::path> depth;
  for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "raw"))
    if (entry.path().extension() == ".pgm") depth.push_back(entry.path());
  ASSERT_GE(depth.size(), 2u);
  std::sort(depth.begin(), depth.end());
  const double before = mean_of(scratch_ / "o", "rmse");
  fs::copy_file(depth.back(), depth.front(), fs::copy_options::overwrite_existing);
  EXPECT_THAT(run("verify o").output, HasSubstr("1 stale"));
  const auto mended = run("repair o --quiet");
  EXPECT_EQ(mended.code, 0) << mended.output;
  EXPECT_NE(mean_of(scratch_ / "o", "rmse"), before);
  ASSERT_EQ(run("run --stages extract,fill --method none --raw raw --out fresh --quiet").code, 0);
  ASSERT_EQ(run("evaluate --pred fresh --pred-plane depth --gt raw/truth --out fresh --quiet").code, 0);
  EXPECT_EQ(mean_of(scratch_ / "o", "rmse"), mean_of(scratch_ / "fresh", "rmse"));
}

// A folder that was moved or copied is verified and repaired by itself: its planes are its own, not those that lie
// where it lay.
TEST_F(RunFolderTest, AFolderThatWasMovedIsItself) {
  ASSERT_EQ(run(extract("o")).code, 0);
  ASSERT_EQ(run("fill --method none --in o --out o --quiet").code, 0);
  const auto whole = folder_bytes(scratch_ / "o/planes");
  fs::copy(scratch_ / "o", scratch_ / "copy", fs::copy_options::recursive);
  fs::rename(scratch_ / "o", scratch_ / "moved");
  EXPECT_EQ(run("verify moved").code, 0) << run("verify moved").output;
  // Something else lies in the old place now.
  ASSERT_EQ(run("extract --crop toolbox --raw " + raw_.string() + " --out o --quiet").code, 0);
  for (const char* folder : {"moved", "copy"}) {
    for (const auto& [name, bytes] : whole)
      if (name.ends_with(".depth.png")) fs::remove(scratch_ / folder / "planes" / name);
    const auto mended = run(std::string("repair ") + folder + " --quiet");
    EXPECT_EQ(mended.code, 0) << mended.output;
    EXPECT_THAT(differing(folder_bytes(scratch_ / folder / "planes"), whole), IsEmpty());
  }
  // A copy of what was repaired goes by its own planes, too.
  fs::copy(scratch_ / "copy", scratch_ / "again", fs::copy_options::recursive);
  fs::remove(scratch_ / "again/planes" / whole.begin()->first);
  EXPECT_EQ(run("repair again --quiet").code, 0);
  EXPECT_THAT(differing(folder_bytes(scratch_ / "again/planes"), whole), IsEmpty());
}

// What a repair cannot make again stays on record, so that verify goes on to miss it.
TEST_F(RunFolderTest, WhatCannotBeMadeAgainIsStillMissed) {
  fs::copy(raw_, scratch_ / "raw", fs::copy_options::recursive);
  ASSERT_EQ(run("extract --raw raw --out o --quiet").code, 0);
  const auto whole = folder_bytes(scratch_ / "o/planes");
  const std::string gone = whole.begin()->first;
  fs::remove(scratch_ / "o/planes" / gone);
  fs::rename(scratch_ / "raw", scratch_ / "away");
  const auto failed = run("repair o --quiet");
  EXPECT_EQ(failed.code, 2) << failed.output;
  EXPECT_THAT(failed.output, HasSubstr("raw: is not there"));
  EXPECT_THAT(run("verify o").output, HasSubstr("missing: planes/" + gone));
  fs::rename(scratch_ / "away", scratch_ / "raw");
  EXPECT_EQ(run("repair o --quiet").code, 0);
  EXPECT_THAT(differing(folder_bytes(scratch_ / "o/planes"), whole), IsEmpty());
}

// Each call that changes a file of a run fails once, for two reasons, and is the last one once: after the same command
// again the folder has the bytes of an undisturbed run, nothing wrong was called done, nothing half-written is left.
TEST_F(RunFolderTest, AFaultAnywhereIsToldAndMended) {
  if (!fs::exists(kFaultShim))
    GTEST_SKIP() << "built with sanitizers: nothing can be preloaded (" << kFaultShim << ")";
  const auto job = [&](const std::string& out) {
    return "run --stages extract,fill --method none --raw " + raw_.string() + " --threads 1 --quiet --out " +
           (scratch_ / out).string();
  };
  const auto disturbed = [&](const std::string& out, const std::string& faults) {
    return run_shell("LD_PRELOAD=" + std::string(kFaultShim) + " FAULT_FOLDER=" + (scratch_ / out).string() +
                     " " + faults + " " + kProgram + " " + job(out));
  };
  const auto same_but_names = [&](const std::string& out) {
    auto bytes = folder_bytes(scratch_ / out, kWhen);
    bytes.erase("config.ini");  // names its own folder
    return bytes;
  };
  ASSERT_EQ(disturbed("whole", "FAULT_COUNT=" + (scratch_ / "count").string()).code, 0);
  const auto whole = same_but_names("whole");
  const int calls = std::stoi(file_text(scratch_ / "count"));
  EXPECT_GT(calls, 60);
  int told = 0;
  const int step = thorough() ? 1 : 37;
  int kind = 0;
  for (int at = 1; at <= calls; at += step)
    for (const char* how : {"5", "28", "kill"}) {
      if (!thorough() && kind++ % 2 == 1) continue;
      fs::remove_all(scratch_ / "o");
      const auto first = disturbed("o", "FAULT_AT=" + std::to_string(at) + " FAULT_HOW=" + how);
      told += first.code != 0;
      if (first.code == 0) {
        EXPECT_THAT(differing(same_but_names("o"), whole), IsEmpty())
            << "call " << at << " failed (" << how << ") without a word";
      }
      const auto second = run_depthmill(job("o"));
      ASSERT_EQ(second.code, 0) << at << " " << how << ": " << first.output << second.output;
      ASSERT_THAT(differing(same_but_names("o"), whole), IsEmpty())
          << at << " " << how << ": " << first.output;
      if (thorough()) {
        ASSERT_EQ(run("verify o").code, 0) << at << " " << how;
      }
    }
  EXPECT_GT(told, 0);
}

}  // namespace
}  // namespace depthmill::test
