// Inputs as people have them, through the built program: what is read must be what lies there. The files are
// small and made for this; the right values were computed with NumPy, apart from the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <opencv2/core.hpp>
#include <sstream>

#include "stages/io/plane_file.h"
#include "tests/support/exif_bytes.h"
#include "tests/support/exr_file.h"
#include "tests/support/paths.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class CasesTest : public ::testing::Test {
 protected:
  static std::string at(const std::string& below) { return (fs::path(kTestData) / "cases" / below).string(); }
  std::string out() const { return (scratch_.path() / "out").string(); }

  // The value behind the metric's name; NaN when the run failed.
  static double metric(const ProgramResult& result, const std::string& name) {
    EXPECT_EQ(result.code, 0) << result.output;
    std::istringstream words(result.output);
    for (std::string word; words >> word;)
      if (word == name && words >> word) return std::atof(word.c_str());
    return std::nan("");
  }
  double abs_rel(const std::string& arguments, bool folders = true) const {
    return metric(run_depthmill("evaluate " + arguments + (folders ? " --out " + out() : "")), "abs_rel");
  }
  // Names of the planes that the run has written, below planes/.
  std::vector<std::string> written() const {
    std::vector<std::string> names;
    const fs::path planes = scratch_.path() / "out" / "planes";
    for (const auto& entry : fs::recursive_directory_iterator(planes))
      if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), planes).generic_string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::vector<std::string> filled(const std::string& arguments) const {
    fs::remove_all(scratch_.path() / "out");
    const auto result = run_depthmill("fill --method none " + arguments + " --out " + out());
    EXPECT_EQ(result.code, 0) << result.output;
    std::vector<std::string> names = written();  // the pictures are kept beside them
    std::erase_if(names, [](const std::string& name) { return name.find(".rgb.") != std::string::npos; });
    return names;
  }
  std::vector<std::string> predicted(const std::string& images, std::string* said = nullptr) const {
    fs::remove_all(scratch_.path() / "out");
    const auto result = run_depthmill("infer --model constant --images " + images + " --out " + out());
    EXPECT_EQ(result.code, 0) << result.output;
    if (said) *said = result.output;
    return written();
  }
  cv::Mat depth(const std::string& file) const {
    PlaneSource source;
    source.file = scratch_.path() / "out" / "planes" / file;
    return io::read_plane(source, PlaneKind::kDepth, plane::kDepth);
  }

  ScratchFolder scratch_;
};

TEST_F(CasesTest, ColourAndDepthInSiblingFolders) {
  EXPECT_THAT(filled("--in " + at("siblings/nicr")), ElementsAre("0.depth.png", "1.depth.png"));
  std::string said;
  EXPECT_THAT(predicted(at("siblings/nicr"), &said), ElementsAre("0.pred.png", "1.pred.png"));
  EXPECT_THAT(said,
              HasSubstr("4 files: 2 frames taken; 2 left out: 2 of plane depth: depth/0.png, depth/1.png"));
  EXPECT_NEAR(abs_rel("--pred " + at("siblings/nicr_pred") + " --gt " + at("siblings/nicr") +
                      " --protocol eigen-nocrop"),
              0.1, 1e-5);
}

// The depth is filled along its colour picture: filled along itself the holes would look otherwise.
TEST_F(CasesTest, SiblingsFillAsTheTwoFilesDo) {
  ASSERT_EQ(run_depthmill("fill --depth-format npy --in " + at("siblings/nicr") + " --out " + out()).code, 0);
  const std::string single = (scratch_.path() / "0.npy").string();
  ASSERT_EQ(run_depthmill("fill --rgb " + at("siblings/nicr/rgb/0.png") + " --depth " +
                          at("siblings/nicr/depth/0.png") + " --out " + single)
                .code,
            0);
  PlaneSource alone;
  alone.file = single;
  EXPECT_EQ(cv::norm(depth("0.depth.npy"), io::read_plane(alone, PlaneKind::kDepth), cv::NORM_INF), 0);
}

TEST_F(CasesTest, EveryPhotographIsPredictedWhateverItIsCalled) {
  EXPECT_THAT(predicted(at("skip/words")),
              UnorderedElementsAre("a.pred.png", "depth-of-field.pred.png", "ford-gt-2005.pred.png",
                                   "gt 86.pred.png", "pred_01.pred.png", "room.depth.pred.png"));
  EXPECT_THAT(predicted(at("skip/stems")),
              UnorderedElementsAre("a.JPG.pred.png", "a.jpg.pred.png", "a.png.pred.png"));
  EXPECT_THAT(predicted(at("skip/prefix")),
              UnorderedElementsAre("7.pred.png", "color-7.pred.png", "image_7.pred.png", "img 7.pred.png",
                                   "rgb_7.pred.png"));
}

TEST_F(CasesTest, AGreyPictureBesideItsDepthIsNoGroundTruth) {
  EXPECT_NEAR(
      abs_rel("--pred " + at("graygt/pred") + " --gt " + at("graygt/gt") + " --protocol eigen-nocrop"), 0.1,
      1e-5);
}

TEST_F(CasesTest, TheLargest16BitSampleIsNoReading) {
  const std::string file = (scratch_.path() / "filled.npy").string();
  ASSERT_EQ(run_depthmill("fill --rgb " + at("sevenscenes/seq/frame-000000.color.png") + " --depth " +
                          at("sevenscenes/seq/frame-000000.depth.png") + " --out " + file)
                .code,
            0);
  PlaneSource source;
  source.file = file;
  const cv::Mat filled = io::read_plane(source, PlaneKind::kDepth);
  EXPECT_NEAR(cv::mean(filled(cv::Range(20, 28), cv::Range(20, 40)))[0], 2.776, 5e-4);
  double largest = 0;
  cv::minMaxLoc(filled, nullptr, &largest);
  EXPECT_NEAR(largest, 4.455, 1e-3);
}

TEST_F(CasesTest, EachSideHasItsUnit) {
  EXPECT_NEAR(abs_rel("--pred " + at("scales/pred") + " --gt " + at("scales/gt") +
                      " --protocol eigen-nocrop --pred-scale 256"),
              0.02, 1e-5);
  EXPECT_NEAR(abs_rel("--pred " + at("scales/pred") + " --gt " + at("scales/gt") +
                      " --protocol eigen-nocrop --depth-scale 256 --gt-scale 1000 --restart"),
              0.02, 1e-5);
  EXPECT_NEAR(abs_rel("--pred " + at("scales/pred_mm.npy") + " --gt " + at("scales/gt/0000.png") +
                          " --protocol eigen-nocrop --pred-scale 1000",
                      false),
              0.02, 1e-5);
}

TEST_F(CasesTest, SequencesWithTimes) {
  const std::vector<std::string> two{"1305031102.175304.depth.png", "1305031102.211214.depth.png"};
  EXPECT_EQ(filled("--in " + at("tum/seq/associations.txt") + " --depth-scale 5000"), two);
  const cv::Mat by_list = depth(two[0]);
  // The folder is known by its lists, and with it the unit; what is written has the usual one.
  EXPECT_EQ(filled("--in " + at("tum/seq")), two);
  // By the list it was written at 5000 a metre, and is read here as millimetres.
  EXPECT_LT(cv::norm(depth(two[0]), by_list / 5, cv::NORM_INF), 1e-3);
  // The list of times and pairs itself says as much as its folder.
  EXPECT_EQ(filled("--in " + at("tum/seq/associations.txt")), two);
  EXPECT_LT(cv::norm(depth(two[0]), by_list / 5, cv::NORM_INF), 1e-3);
  EXPECT_EQ(filled("--pairs " + at("tum/seq/pairs.txt") + " --depth-scale 5000"), two);
  EXPECT_THAT(predicted(at("tum/seq/rgb.txt")),
              ElementsAre("1305031102.175304.pred.png", "1305031102.211214.pred.png"));
}

TEST_F(CasesTest, ListsOfEveryForm) {
  for (const char* list :
       {"back.txt", "comma.txt", "comma.csv", "dot.txt", "tab.txt", "utf16.txt", "k.lst", "UPPER.TXT"})
    EXPECT_THAT(filled("--in " + at(std::string("lists/") + list)),
                ElementsAre("data/kitchen/1.depth.png", "data/kitchen/2.depth.png"))
        << list;
  for (const char* list : {"quoted.txt", "space.txt"})
    EXPECT_THAT(filled("--in " + at(std::string("lists/") + list)),
                ElementsAre("data/living room/1.depth.png", "data/living room/2.depth.png"))
        << list;
  EXPECT_THAT(filled("--in " + at("lists/stemclash.txt")),
              ElementsAre("data/kitchen/1.jpg.depth.png", "data/kitchen/1.png.depth.png"));
}

TEST_F(CasesTest, ListsOfPicturesKeepTheirNamesWhole) {
  const std::string list = (scratch_.path() / "pictures.lst").string();
  std::ofstream out_list(list);
  for (const auto& entry : fs::directory_iterator(at("skip/words")))
    out_list << '"' << entry.path().string() << "\"\n";
  out_list.close();
  EXPECT_THAT(predicted(list), UnorderedElementsAre("words/a.pred.png", "words/depth-of-field.pred.png",
                                                    "words/ford-gt-2005.pred.png", "words/gt 86.pred.png",
                                                    "words/pred_01.pred.png", "words/room.depth.pred.png"));
  std::ofstream(list).close();
  const auto result = run_depthmill("infer --model constant --images " + list + " --out " + out());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("pictures.lst: is a list without a line"));
}

// 128 of 255 = 10 m in the 8-bit training pictures of DenseDepth; 2560 at 256 a metre in KITTI's lists.
TEST_F(CasesTest, ListsOfKnownSetsHaveTheirUnits) {
  const auto write = [&](const std::string& below, const cv::Mat& plane, PlaneKind kind, double scale) {
    io::write_plane(scratch_.path() / below, plane, kind, {.depth_scale = scale});
  };
  const cv::Mat rgb(24, 32, CV_8UC3, cv::Scalar::all(90)), ten(24, 32, CV_64FC1, cv::Scalar(10));
  write("dd/nyu2_train/cafe_0001_out/1.jpg.png", rgb, PlaneKind::kRgb, 0);
  fs::rename(scratch_.path() / "dd/nyu2_train/cafe_0001_out/1.jpg.png",
             scratch_.path() / "dd/nyu2_train/cafe_0001_out/1.jpg");
  write("dd/nyu2_train/cafe_0001_out/1.png", ten, PlaneKind::kDepth, 25.5);
  std::ofstream(scratch_.path() / "dd/nyu2_train.csv")
      << "nyu2_train/cafe_0001_out/1.jpg,nyu2_train/cafe_0001_out/1.png\n";
  write("k/d_sync/image_02/data/0000000005.png", rgb, PlaneKind::kRgb, 0);
  write("k/d_sync/proj_depth/groundtruth/image_02/0000000005.png", ten, PlaneKind::kDepth, 256);
  std::ofstream(scratch_.path() / "k/eigen.txt")
      << "d_sync/image_02/data/0000000005.png d_sync/proj_depth/groundtruth/image_02/0000000005.png 721.5\n";
  for (const auto& [list, layout] :
       {std::pair{"dd/nyu2_train.csv", "densedepth"}, {"k/eigen.txt", "kitti"}}) {
    fs::remove_all(out());
    const auto result = run_depthmill("stats --in " + (scratch_.path() / list).string() + " --out " + out());
    EXPECT_EQ(result.code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr(std::string("depth by its paths as that of layout ") + layout));
    EXPECT_THAT(result.output, HasSubstr("| 10.000 | 10.000 |")) << list;
  }
}

TEST_F(CasesTest, WhatDoesNotFitTogetherIsSaid) {
  const std::string gt = at("readers/gt.png"), stack = at("readers/stack.npy"), folder = at("readers/d_gt");
  const auto said = [&](const std::string& pred, const std::string& truth) {
    const auto result = run_depthmill("evaluate --protocol eigen-nocrop --pred " + pred + " --gt " + truth);
    EXPECT_EQ(result.code, 1);
    return result.output;
  };
  EXPECT_THAT(said("nosuch", folder), HasSubstr("--pred: nosuch: there is no such file or folder"));
  EXPECT_THAT(said(gt, folder), HasSubstr("--pred is one plane"));
  EXPECT_THAT(said(stack, gt), HasSubstr("holds 2 maps: name one (" + stack + ":0)"));
}

TEST_F(CasesTest, PredictionsOfTheTestScriptsOfBts) {
  for (const char* pred : {"btsnames/result_bts/raw", "btsnames/result_bts"})
    for (const char* gt : {"btsnames/test", "btsnames/test/nyudepthv2_test_files_with_gt.txt"}) {
      fs::remove_all(scratch_.path() / "out");
      EXPECT_NEAR(abs_rel("--pred " + at(pred) + " --gt " + at(gt) + " --protocol eigen"), 0.0998279, 1e-7)
          << pred << " " << gt;
    }
}

// With KITTI's crop NumPy has 0.0999946, over the whole picture 0.0999999.
TEST_F(CasesTest, TheSelectedValidationSetOfKitti) {
  const std::string sides = "--pred " + at("kittisel/pred") + " --gt " + at("kittisel/val_selection_cropped");
  EXPECT_NEAR(abs_rel(sides + " --protocol kitti-garg"), 0.0999946275, 1e-7);
  EXPECT_NEAR(
      abs_rel("--pairs " + at("kittisel/pairs.txt") + " --depth-scale 256 --restart --protocol kitti-garg"),
      0.0999946275, 1e-7);
  EXPECT_EQ(filled("--in " + at("kittisel/val_selection_cropped")).size(), 2u);
}

TEST_F(CasesTest, HypersimInItsFolders) {
  EXPECT_NEAR(abs_rel("--pred " + at("hypersim/pred") + " --gt " + at("hypersim/ai_001_001") +
                      " --protocol eigen-nocrop"),
              0.1, 1e-6);
  fs::remove_all(out());
  ASSERT_EQ(run_depthmill("fill --in " + at("hypersim/ai_001_001") + " --out " + out()).code, 0);
  EXPECT_EQ(cv::countNonZero(depth("cam_00/frame.0000.depth.png") <= 0), 0);
}

TEST_F(CasesTest, PairsThatLieInOneFolder) {
  EXPECT_THAT(filled("--in " + at("sevenscenes/seq")), ElementsAre("frame-000000.depth.png"));
}

TEST_F(CasesTest, EveryFormatGivesTheSameScore) {
  for (const char* file :
       {"depth_pro.npz", "f32.tif", "struct.mat:data.depth", "cell.mat:depths:0", "cell.mat:depths:1",
        "stack.npy:0", "stack.npy:1", "v5two.mat:depth", "v5two.mat:pred_depth", "lzf.h5"})
    EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --gt " + at("readers/gt.png") + " --pred " +
                            at(std::string("readers/") + file),
                        false),
                0.1, 1e-6)
        << file;
  // Millimetres, so that rounding shows.
  for (const char* file : {"u16.tif", "ga16.png"})
    EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --gt " + at("readers/gt.png") + " --pred " +
                            at(std::string("readers/") + file),
                        false),
                0.100017, 1e-6)
        << file;
  EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --pred-layout sun-rgbd --gt " + at("readers/gt.png") +
                          " --pred " + at("readers/sun.png"),
                      false),
              0.100017, 1e-6);
  for (const char* folder : {"d_npz", "d_tif"}) {
    fs::remove_all(out());
    EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --gt " + at("readers/d_gt") + " --pred " +
                        at(std::string("readers/") + folder)),
                0.1, 1e-6)
        << folder;
  }
}

// Depth apart from its picture, and both in one file; a frame whose file is cut short is left out and said.
TEST_F(CasesTest, FilesOfRenderersAreDepthAndPictures) {
  const cv::Mat z(24, 32, CV_32FC1, cv::Scalar(2.5)), more = z * 1.1F,
                                                      light(24, 32, CV_32FC1, cv::Scalar(0.25));
  const std::vector<ExrTestChannel> colour{{"R", light, true}, {"G", light, true}, {"B", light * 0.5F, true}};
  std::vector<ExrTestChannel> both = colour;
  both.push_back({"Z", z});
  const auto made = [&](const std::string& below) {
    fs::create_directories((scratch_.path() / below).parent_path());
    return scratch_.path() / below;
  };
  const std::string apart = made("apart").string(), one = made("one").string(), pred = made("pred").string();
  for (const std::string frame : {"0.exr", "1.exr", "2.exr"}) {
    write_exr(made("apart/rgb/" + frame), colour);
    write_exr(made("apart/depth/" + frame), {{"Z", z, true}});
    write_exr(made("one/" + frame), both);
    write_exr(made("pred/" + frame), {{"Y", more}});
  }
  for (const std::string& set : {apart, one}) {
    EXPECT_THAT(filled("--depth-format npy --in " + set),
                ElementsAre("0.depth.npy", "1.depth.npy", "2.depth.npy"));
    EXPECT_EQ(cv::norm(depth("1.depth.npy"), cv::Mat(24, 32, CV_64FC1, cv::Scalar(2.5)), cv::NORM_INF), 0);
    PlaneSource picture;
    picture.file = scratch_.path() / "out/planes/1.rgb.png";
    EXPECT_EQ(io::read_plane(picture, PlaneKind::kRgb).at<cv::Vec3b>(5, 5), cv::Vec3b(137, 137, 99));
    fs::remove_all(out());
    EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --pred " + pred + " --gt " + set), 0.1, 1e-6);
  }
  EXPECT_THAT(run_depthmill("fill --dry-run --in " + apart + " --out " + out() + "2").output,
              AllOf(HasSubstr("6 files: 3 frames taken"), HasSubstr("depth/0.exr (24x32, ")));
  std::string said;
  EXPECT_THAT(predicted(apart, &said), ElementsAre("0.pred.png", "1.pred.png", "2.pred.png"));

  fs::resize_file(scratch_ / "apart/depth/1.exr", fs::file_size(scratch_ / "apart/depth/1.exr") - 5);
  fs::remove_all(out());
  const auto result = run_depthmill("fill --in " + apart + " --out " + out());
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("1 of 3 frames failed"), HasSubstr("depth/1.exr: is cut short")));
}

// A card whose metres hang on a focal length: of a picture of another shape nobody has said it.
TEST_F(CasesTest, PicturesThatAModelCardCannotMeanAreRefusedOrFitted) {
  const fs::path images = scratch_.path() / "images", card = scratch_.path() / "card.ini";
  const auto write = [&](const char* name, int rows, int cols) {
    io::write_plane(images / name, cv::Mat(rows, cols, CV_8UC3, cv::Scalar::all(90)), PlaneKind::kRgb);
  };
  write("0.png", 96, 128);
  write("1.png", 48, 64);
  write("2.png", 54, 96);
  std::ofstream(card) << "[model]\nbackend = constant\nvalue = 2\n[input]\nrule = exact\nsize = 48x80\n"
                         "[output]\ncanonical_focal = 100\nfocal = 50\nfocal_of = 48x64\n";
  const auto result = run_depthmill("infer --depth-format npy --model " + card.string() + " --images " +
                                    images.string() + " --out " + out());
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(
      result.output,
      AllOf(HasSubstr("focal length is that of images of 48x64; those of 96x128 get theirs in proportion"),
            HasSubstr("images of 96x128 are stretched to the network's 48x80"),
            HasSubstr("2: the focal length of model card 'card' is that of images of 48x64; an image of "
                      "54x96 has another shape")));
  EXPECT_THAT(written(), ElementsAre("0.pred.npy", "1.pred.npy"));
  // 2 m of a camera of focal length 100; that of the pictures is 50 of 64 columns, which are 80 in the network.
  for (const char* file : {"0.pred.npy", "1.pred.npy"})
    EXPECT_NEAR(depth(file).at<double>(5, 5), 2 * 50. * 80 / 64 / 100, 1e-6) << file;
}

TEST_F(CasesTest, StacksAreFrames) {
  const std::string stack = at("readers/stack.npy");
  EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --pred " + stack + " --gt " + stack), 0, 1e-12);
  fs::remove_all(out());
  const std::string pairs = (scratch_.path() / "pairs.txt").string();
  std::ofstream(pairs) << stack << ":0 " << at("readers/gt.png") << "\n"
                       << stack << ":1 " << at("readers/d_gt/0001.png");
  EXPECT_NEAR(abs_rel("--protocol eigen-nocrop --pairs " + pairs), 0.1, 1e-6);
}

TEST_F(CasesTest, PatternsWhereNoLayoutFits) {
  EXPECT_THAT(filled("--in " + at("siblings") + " --layout nicr/rgb/{frame}.png,nicr/depth/{frame}.png"),
              ElementsAre("0.depth.png", "1.depth.png"));
}

TEST_F(CasesTest, APatternIsAnOptionOfItsOwn) {
  EXPECT_THAT(filled("--in " + at("siblings") + " --pattern nicr/rgb/{frame}.png,nicr/depth/{frame}.png"),
              ElementsAre("0.depth.png", "1.depth.png"));
  const auto result = run_depthmill("fill --in " + at("siblings") + " --pattern nicr --out " + out());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("--pattern: 'nicr' has no {frame}"));
}

TEST_F(CasesTest, AFolderOfPicturesKeepsItsTreeAndNames) {
  const fs::path photos = scratch_.path() / "photos";
  fs::create_directories(photos / "a/b");
  for (const char* file : {"1.png", "a/b/2.png"}) fs::copy_file(at("siblings/nicr/rgb/0.png"), photos / file);
  const std::string infer = "infer --model constant --images " + photos.string() + " --out " + out();
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(out()))
      if (entry.is_regular_file() && entry.path().extension() != ".csv" &&
          entry.path().extension() != ".ini" && entry.path().filename() != "journal")
        found.push_back(fs::relative(entry.path(), out()).generic_string());
    std::sort(found.begin(), found.end());
    return found;
  };
  ASSERT_EQ(run_depthmill(infer + " --name {stem}_depth --preview").code, 0);
  EXPECT_THAT(names(), ElementsAre("1_depth.png", "1_depth.preview.png", "a/b/2_depth.png",
                                   "a/b/2_depth.preview.png"));
  const auto again = run_depthmill(infer + " --name {stem}_depth --preview");
  EXPECT_THAT(again.output, HasSubstr("2 of 2 frames done already"));
  EXPECT_EQ(run_depthmill("verify " + out()).code, 0);
  EXPECT_THAT(run_depthmill(infer + " --name {stem}").output, HasSubstr("infer.name was '{stem}_depth'"));
  fs::remove_all(out());
  ASSERT_EQ(run_depthmill(infer + " --flat").code, 0);
  EXPECT_THAT(names(), ElementsAre("1.png", "a_b_2.png"));
  fs::remove_all(out());
  fs::copy_file(photos / "1.png", photos / "a_b_2.png");
  const auto clash = run_depthmill(infer + " --flat");
  EXPECT_EQ(clash.code, 1);
  EXPECT_THAT(clash.output, HasSubstr("would both become a_b_2; without --flat they are apart"));
  EXPECT_THAT(run_depthmill(infer + " --name depth").output,
              HasSubstr("{stem} stands for the frame's own name"));
}

TEST_F(CasesTest, PreviewsBesideWhatIsFilledOrPredicted) {
  ASSERT_EQ(run_depthmill("fill --preview --in " + at("siblings/nicr") + " --out " + out()).code, 0);
  EXPECT_THAT(written(), ElementsAre("0.depth.png", "0.depth_preview.png", "0.rgb.png", "1.depth.png",
                                     "1.depth_preview.png", "1.rgb.png"));
  const std::string one = (scratch_.path() / "one").string();
  ASSERT_EQ(run_depthmill("infer --preview --model constant --images " + at("siblings/nicr/rgb/0.png") +
                          " --out " + one + ".npy")
                .code,
            0);
  const cv::Mat picture = io::read_plane(io::parse_plane_argument(one + ".preview.png"), PlaneKind::kRgb);
  EXPECT_EQ(picture.size(), cv::Size(64, 48));
}

// A camera held upright notes 6: the picture is to be turned clockwise.
TEST_F(CasesTest, PicturesAreReadUprightAsTheirCameraHasNoted) {
  const fs::path photos = scratch_.path() / "photos";
  fs::create_directories(photos);
  const auto notes = exif_bytes(6, true);
  std::ifstream jpeg(at("skip/words/a.jpg"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(jpeg), {}};
  std::ofstream(photos / "1.jpg", std::ios::binary)
      << std::string(notes.begin(), notes.end()) << bytes.substr(2);
  fs::copy_file(at("skip/words/a.jpg"), photos / "2.jpg");
  std::string said;
  EXPECT_THAT(predicted(photos.string(), &said), ElementsAre("1.pred.png", "2.pred.png"));
  EXPECT_THAT(said, HasSubstr("1 picture that the camera has marked as turned (EXIF)"));
  EXPECT_EQ(depth("1.pred.png").size(), cv::Size(depth("2.pred.png").rows, depth("2.pred.png").cols));
  const auto upright =
      io::read_plane(io::parse_plane_argument((photos / "1.jpg").string() + ":upright"), PlaneKind::kRgb);
  const auto lying = io::read_plane(io::parse_plane_argument((photos / "2.jpg").string()), PlaneKind::kRgb);
  cv::Mat turned;
  cv::transpose(lying, turned);
  cv::flip(turned, turned, 1);
  EXPECT_EQ(cv::norm(upright, turned, cv::NORM_INF), 0);
}

TEST_F(CasesTest, ScenesOfOnePart) {
  const fs::path set = scratch_.path() / "set";
  for (const char* scene : {"bath", "cafe", "den"}) {
    fs::create_directories(set / scene);
    fs::copy_file(at("siblings/nicr/rgb/0.png"), set / scene / "0_rgb.png");
    fs::copy_file(at("siblings/nicr/depth/0.png"), set / scene / "0_depth.png");
  }
  const std::string split = (scratch_.path() / "split.txt").string();
  std::ofstream(split) << "bath train\ncafe test\nden train\nattic test\n";
  EXPECT_THAT(filled("--in " + set.string() + " --split " + split),
              ElementsAre("bath/0.depth.png", "den/0.depth.png"));
  EXPECT_THAT(filled("--in " + set.string() + " --split " + split + " --part test"),
              ElementsAre("cafe/0.depth.png"));
  const auto train = filled("--in " + set.string() + " --split 0.5:3"),
             test = filled("--in " + set.string() + " --split 0.5:3 --part test");
  EXPECT_EQ(train.size() + test.size(), 3u);
  for (const std::string& name : train) EXPECT_THAT(test, ::testing::Not(::testing::Contains(name)));
}

TEST_F(CasesTest, TheManifestNamesTheFilesThatAResultWasMadeFrom) {
  predicted(at("skip/stems"));
  std::ifstream in(out() + "/manifest.csv");
  const std::string manifest{std::istreambuf_iterator<char>(in), {}};
  for (const char* file : {"a.JPG", "a.jpg", "a.png"})
    EXPECT_THAT(manifest,
                HasSubstr(std::string(",") + file + ",infer,ok,,," + at("skip/stems/") + file + "\n"));
}

TEST_F(CasesTest, AFolderOfRunFoldersSaysSo) {
  const std::string runs = (scratch_.path() / "runs").string();
  ASSERT_EQ(run_depthmill("fill --method none --in " + at("siblings/nicr") + " --out " + runs + "/a").code,
            0);
  const auto result = run_depthmill("evaluate --pred " + runs + " --gt " + at("siblings/nicr") +
                                    " --protocol eigen-nocrop --out " + out());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("runs: holds run folders (a), name one of them"));
}

TEST_F(CasesTest, WhatIsNotReadIsNamedAsWhatItIs) {
  const auto said = [&](const std::string& file) {
    const auto result = run_depthmill("evaluate --protocol eigen-nocrop --gt " + at("readers/gt.png") +
                                      " --pred " + at("readers/" + file));
    EXPECT_NE(result.code, 0) << file;
    return result.output;
  };
  EXPECT_THAT(said("v4.mat"), HasSubstr("is neither a MATLAB v5 nor a v7.3 file"));
  EXPECT_THAT(said("rgb16.png"), HasSubstr("is not rows x columns of depth"));
  EXPECT_THAT(said("ext.h5"), HasSubstr("holds no data set of numbers"));
  EXPECT_THAT(said("ascii.pgm"), HasSubstr("is no binary PGM or PPM"));
  EXPECT_THAT(said("comment.pfm"), HasSubstr("holds '#' where a number belongs"));
  EXPECT_THAT(said("struct.mat:data.dept"), HasSubstr("did you mean 'data.depth'?"));
}

TEST_F(CasesTest, NotesNameTheOptionThatReadsIt) {
  const auto said = [&](const std::string& pred, const std::string& gt) {
    return run_depthmill("evaluate --protocol eigen-nocrop --pred " + at(pred) + " --gt " + at(gt)).output;
  };
  EXPECT_THAT(said("scales/pred_mm.npy", "scales/gt/0000.png"), HasSubstr("--pred-scale 1000"));
  EXPECT_THAT(said("scales/pred/0000.png", "scales/gt/0000.png"), HasSubstr("--pred-scale 256"));
  EXPECT_THAT(said("readers/u16.tif", "readers/sun.png"), HasSubstr("--layout sun-rgbd"));
  EXPECT_THAT(said("readers/sun.png", "readers/gt.png"), HasSubstr("--pred-layout sun-rgbd"));
  const std::string sun = (scratch_.path() / "sun").string();
  fs::create_directories(sun);
  fs::copy_file(at("readers/sun.png"), sun + "/0000.png");
  const auto stats = run_depthmill("stats --in " + sun + " --out " + out());
  EXPECT_THAT(stats.output, HasSubstr("--layout sun-rgbd reads them"));
  // Named, a layout's unit goes for a folder that lies otherwise, too: NumPy has 1.65 to 4.876 m.
  const auto told = run_depthmill("stats --layout sun-rgbd --in " + sun + " --out " + out());
  EXPECT_THAT(told.output, HasSubstr("| 1.6500 | "));
  EXPECT_THAT(told.output, HasSubstr(" | 4.8760 |"));
  EXPECT_THAT(run_depthmill("fill --rgb " + at("readers/d_gt/0001.png") + " --depth " +
                            at("readers/sun.png") + " --method none --out " + sun + ".npy")
                  .output,
              HasSubstr("--layout sun-rgbd"));
}

TEST_F(CasesTest, DryRunNamesThePairsAndWritesNothing) {
  const auto result = run_depthmill("fill --dry-run --in " + at("siblings/nicr") + " --out " + out());
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output,
              HasSubstr("0: raw_depth " + at("siblings/nicr/depth/0.png") + " (48x64, 1000 a metre"));
  EXPECT_THAT(result.output, HasSubstr("fill: 2 frames, 0 of them would fail; nothing was done"));
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace depthmill::test
