#include "stages/networks/preprocess.h"
#include "tests/support/paths.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "stages/io/ini_folder.h"
namespace depthmill::networks {
namespace {

using ::testing::HasSubstr;

// Channel c of pixel (y, x) is distinct, so a swap or a shift shows.
cv::Mat coded_image(int height, int width) {
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<unsigned char>(10 * y + x), 100, static_cast<unsigned char>(200 + x));
  return image;
}

std::vector<float> run(const ModelCard& card, const cv::Mat& image, bool mirrored = false) {
  const InputGeometry g = input_geometry(card, image.size());
  std::vector<float> planes(3 * static_cast<std::size_t>(g.network.area()));
  preprocess(card, g, image, mirrored, planes);
  return planes;
}

cv::Size network_size(const ModelCard& card, cv::Size image) { return input_geometry(card, image).network; }

TEST(InputGeometry, FollowsTheRulesOfTheLiterature) {
  ModelCard card;
  EXPECT_EQ(network_size(card, {640, 480}), cv::Size(640, 480));

  card.multiple_of = 32;  // 480 is one, 641 is not
  EXPECT_EQ(network_size(card, {641, 480}), cv::Size(640, 480));
  EXPECT_EQ(network_size(card, {80, 112}), cv::Size(64, 128))
      << "2.5 and 3.5 go to the even one, as Python rounds";
  card.rounding = RoundRule::kUp;
  EXPECT_EQ(network_size(card, {641, 480}), cv::Size(672, 480));
  card.rounding = RoundRule::kNearest;

  // Depth Anything V2: shorter side 518, multiples of 14 (its README: 640x480 -> 686x518).
  card.rule = ResizeRule::kLowerBound;
  card.size = {518, 518};
  card.multiple_of = 14;
  EXPECT_EQ(network_size(card, {640, 480}), cv::Size(686, 518));
  EXPECT_EQ(network_size(card, {1920, 1080}), cv::Size(924, 518));

  // MiDaS v2.1 small: longer side 256, multiples of 32.
  card.rule = ResizeRule::kUpperBound;
  card.size = {256, 256};
  card.multiple_of = 32;
  EXPECT_EQ(network_size(card, {640, 480}), cv::Size(256, 192));

  // DPT: "minimal" keeps the side whose change is smaller: 640x480 by 384/480 -> 512x384.
  card.rule = ResizeRule::kMinimal;
  card.size = {384, 384};
  EXPECT_EQ(network_size(card, {640, 480}), cv::Size(512, 384));

  card.rule = ResizeRule::kExact;
  card.size = {224, 224};
  EXPECT_EQ(network_size(card, {640, 480}), cv::Size(224, 224));
}

// What the authors' code makes of a Kinect image, worked out from the source each card names.
TEST(InputGeometry, OfTheShippedCardsForAKinectImage) {
  const std::map<std::string, cv::Size> expected{{"adabins_nyu", {640, 480}},
                                                 {"bts_nyu", {640, 480}},
                                                 {"depth_anything_v2", {686, 518}},
                                                 {"depth_anything_v2_metric_indoor", {686, 518}},
                                                 {"dpt", {512, 384}},
                                                 {"fastdepth_nyu", {224, 224}},
                                                 {"glpdepth_nyu", {640, 480}},
                                                 {"idisc_nyu", {640, 480}},
                                                 {"lite_mono", {640, 192}},
                                                 {"metric3d_convnext", {1216, 544}},
                                                 {"metric3d_vit", {1064, 616}},
                                                 {"midas_v21", {384, 288}},
                                                 {"midas_v21_small", {256, 192}},
                                                 {"newcrfs_nyu", {640, 480}},
                                                 {"pydnet", {640, 448}},
                                                 {"sd-convtrans", {640, 480}},
                                                 {"sd-convtrans-small", {160, 120}},
                                                 {"unidepth_v1", {616, 462}},
                                                 {"zoedepth_nyu", {640, 480}},
                                                 {"constant", {640, 480}}};
  const std::filesystem::path folder = std::filesystem::path(test::kConfigs) / "models";
  for (const std::string& name : io::list_ini(folder)) {
    SCOPED_TRACE(name);
    ASSERT_EQ(expected.count(name), 1u) << "a new card needs its row here";
    EXPECT_EQ(network_size(read_model_card(folder / (name + ".ini")), {640, 480}), expected.at(name));
  }
  // FastDepth: 250/480 of the image, of that the central 228 rows and 304 columns, which are 438 and 584 of it.
  EXPECT_EQ(input_geometry(read_model_card(folder / "fastdepth_nyu.ini"), {640, 480}).crop,
            cv::Rect(28, 21, 584, 438));
  // Metric3D: int(w * scale), rounded down, in the middle of the padding.
  const InputGeometry g = input_geometry(read_model_card(folder / "metric3d_vit.ini"), {640, 480});
  EXPECT_EQ(g.resized, cv::Size(821, 616));
  EXPECT_EQ(g.offset, cv::Point(121, 0));
  EXPECT_NEAR(g.scale, 616.0 / 480, 1e-12);
}

TEST(InputGeometry, BoundsHoldAfterRounding) {
  ModelCard card;
  card.multiple_of = 32;
  card.size = {384, 384};
  for (int width = 300; width < 2000; width += 37)
    for (int height = 300; height < 2000; height += 41) {
      card.rule = ResizeRule::kLowerBound;
      const cv::Size lower = network_size(card, {width, height});
      card.rule = ResizeRule::kUpperBound;
      const cv::Size upper = network_size(card, {width, height});
      ASSERT_GE(lower.width, 384);
      ASSERT_GE(lower.height, 384);
      ASSERT_LE(upper.width, 384);
      ASSERT_LE(upper.height, 384);
      ASSERT_EQ(lower.width % 32 + lower.height % 32 + upper.width % 32 + upper.height % 32, 0);
    }
}

TEST(InputGeometry, ACropIsInProportionToTheImageOrRefused) {
  ModelCard card;
  card.name = "net";
  card.crop = {0, 16, 640, 448};
  card.crop_of = {640, 480};
  EXPECT_EQ(input_geometry(card, {640, 480}).crop, card.crop);
  EXPECT_EQ(input_geometry(card, {1600, 1200}).crop, cv::Rect(0, 40, 1600, 1120));
  EXPECT_EQ(input_geometry(card, {320, 240}).crop, cv::Rect(0, 8, 320, 224));
  // 602.25 rows would be the shape: the rounded number is it, the next is not.
  EXPECT_EQ(input_geometry(card, {803, 602}).crop, cv::Rect(0, 20, 803, 562));
  for (const cv::Size other :
       {cv::Size(1242, 375), cv::Size(480, 640), cv::Size(640, 478), cv::Size(642, 480)}) {
    try {
      input_geometry(card, other);
      ADD_FAILURE() << other;
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), HasSubstr("'net' is that of images of 480x640"));
      EXPECT_THAT(e.what(), HasSubstr(std::to_string(other.height) + "x" + std::to_string(other.width)));
    }
  }
  // PyDNet sees the same part of a photograph of any size, at the size that it was traced for.
  const auto pydnet = read_model_card(std::filesystem::path(test::kConfigs) / "models/pydnet.ini");
  for (const cv::Size size : {cv::Size(640, 480), cv::Size(1600, 1200), cv::Size(320, 240)})
    EXPECT_EQ(network_size(pydnet, size), cv::Size(640, 448)) << size;
}

TEST(Preprocess, PlanesAreNormalisedRgb) {
  ModelCard card;
  card.mean = {0.485, 0.456, 0.406};
  card.std = {0.229, 0.224, 0.225};
  const cv::Mat image = coded_image(3, 4);
  const std::vector<float> planes = run(card, image);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 4; ++x)
      for (int c = 0; c < 3; ++c)
        EXPECT_EQ(planes[c * 12 + y * 4 + x],
                  (image.at<cv::Vec3b>(y, x)[c] / 255.0f - static_cast<float>(card.mean[c])) /
                      static_cast<float>(card.std[c]));
}

// Resized floats take another way than bytes to the same formula: a constant image stays (value - mean) / std.
TEST(Preprocess, AResizedConstantIsNormalisedChannelByChannel) {
  const cv::Mat image(6, 8, CV_8UC3, cv::Scalar(51, 102, 204));
  for (const bool bytes : {false, true})
    for (const bool bgr : {false, true})
      for (const double range : {1.0, 255.0}) {
        SCOPED_TRACE(testing::Message() << "bytes " << bytes << " bgr " << bgr << " range " << range);
        ModelCard card;
        card.rule = ResizeRule::kExact;
        card.size = {5, 3};
        card.filter = ResizeFilter::kTorchBicubic;
        card.resize_uint8 = bytes;
        card.bgr = bgr;
        card.range = range;
        for (int c = 0; c < 3; ++c) {  // ImageNet's, which are of no two channels the same
          card.mean[c] = std::array{0.485, 0.456, 0.406}[c] * range;
          card.std[c] = std::array{0.229, 0.224, 0.225}[c] * range;
        }
        const std::vector<float> planes = run(card, image);
        ASSERT_EQ(planes.size(), 3u * 15u);
        for (int c = 0; c < 3; ++c) {
          const double value = image.at<cv::Vec3b>(0, 0)[bgr ? 2 - c : c] / 255.0 * range;
          for (int i = 0; i < 15; ++i)
            EXPECT_NEAR(planes[c * 15 + i], (value - card.mean[c]) / card.std[c], 2e-6) << c << ' ' << i;
        }
      }
}

TEST(Preprocess, BgrAndRange255AndCrop) {
  ModelCard card;
  card.bgr = true;
  card.range = 255;
  card.mean = {1, 2, 3};  // of B, G, R: in the card's order
  card.crop = {1, 1, 2, 2};
  card.crop_of = {4, 3};
  const std::vector<float> planes = run(card, coded_image(3, 4));
  EXPECT_THAT(planes, ::testing::ElementsAre(200, 201, 200, 201, 98, 98, 98, 98, 8, 9, 18, 19));
}

TEST(Preprocess, MirroredReadsRightToLeft) {
  ModelCard card;
  const cv::Mat image = coded_image(2, 5);
  const std::vector<float> plain = run(card, image), mirrored = run(card, image, true);
  for (int row = 0; row < 6; ++row)
    for (int x = 0; x < 5; ++x) EXPECT_EQ(mirrored[row * 5 + x], plain[row * 5 + 4 - x]);
}

// A mean colour as padding is 0 after normalising (Metric3D relies on it), whatever the resize worked on.
TEST(Preprocess, PaddingWithTheMeanColourIsZero) {
  for (bool resized : {false, true})
    for (bool bgr : {false, true})
      for (double range : {1.0, 255.0}) {
        SCOPED_TRACE(testing::Message() << "resized " << resized << " bgr " << bgr << " range " << range);
        ModelCard card;
        card.bgr = bgr;
        card.range = range;
        card.pad_value = {123.675, 116.28, 103.53};  // in the card's order of colours, as its mean is
        for (int c = 0; c < 3; ++c) card.mean[c] = card.pad_value[c] / (range == 1 ? 255 : 1);
        if (resized) {
          card.rule = ResizeRule::kExact;
          card.size = {6, 4};
        }
        card.pad_to = {8, 8};
        card.pad_centre = true;
        const std::vector<float> planes = run(card, coded_image(2, 4));
        for (int c = 0; c < 3; ++c) {
          EXPECT_NEAR(planes[c * 64], 0, 1e-5 * range);
          EXPECT_NEAR(planes[c * 64 + 63], 0, 1e-5 * range);
          EXPECT_GT(std::abs(planes[c * 64 + 3 * 8 + 3]), 1e-3 * range) << "the image itself";
        }
      }
}

TEST(Postprocess, KindsBecomeMetres) {
  const cv::Mat x = (cv::Mat_<float>(1, 2) << 0.5f, 0.25f);
  const InputGeometry g{{0, 0, 2, 1}, {2, 1}, {}, {2, 1}};
  auto result = [&](OutputKind kind, double scale) {
    ModelCard card;
    card.kind = kind;
    card.scale = scale;
    if (kind != OutputKind::kDisparity && kind != OutputKind::kRelativeDepth) card.max_depth = 10;
    if (kind == OutputKind::kMonodepth) card.min_depth = 0.1;
    const cv::Mat depth = postprocess(card, g, x, {2, 1});
    return std::vector<float>{depth.at<float>(0, 0), depth.at<float>(0, 1)};
  };
  using ::testing::ElementsAre;
  using ::testing::FloatNear;
  EXPECT_THAT(result(OutputKind::kMetric, 2), ElementsAre(1.0f, 0.5f));
  EXPECT_THAT(result(OutputKind::kNormalised, 1), ElementsAre(5.0f, 2.5f));
  EXPECT_THAT(result(OutputKind::kInverse, 1), ElementsAre(2.0f, 4.0f));
  EXPECT_THAT(result(OutputKind::kLog, 1),
              ElementsAre(FloatNear(std::exp(0.5f), 1e-6f), FloatNear(std::exp(0.25f), 1e-6f)));
  EXPECT_THAT(result(OutputKind::kMonodepth, 5.4),
              ElementsAre(FloatNear(5.4f / (0.1f + 9.9f * 0.5f), 1e-5f),
                          FloatNear(5.4f / (0.1f + 9.9f * 0.25f), 1e-5f)));
  EXPECT_THAT(result(OutputKind::kDisparity, 3), ElementsAre(0.5f, 0.25f)) << "relative values are handed on";
}

TEST(Postprocess, Clamps) {
  ModelCard card;
  card.min_depth = 1;
  card.max_depth = 2;
  const cv::Mat x = (cv::Mat_<float>(1, 3) << 0.5f, 1.5f, 3.0f);
  const cv::Mat depth = postprocess(card, {{0, 0, 3, 1}, {3, 1}, {}, {3, 1}}, x, {3, 1});
  EXPECT_EQ(depth.at<float>(0, 0), 1);
  EXPECT_EQ(depth.at<float>(0, 1), 1.5f);
  EXPECT_EQ(depth.at<float>(0, 2), 2);
}

// 1 / infinity and exp(-infinity) are numbers, and a clamp would make one of infinity: none may pass for a depth.
TEST(Postprocess, WhatIsNotFiniteStaysSo) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                  kInf = std::numeric_limits<float>::infinity();
  const cv::Mat x = (cv::Mat_<float>(1, 3) << kNan, kInf, -kInf);
  for (const OutputKind kind :
       {OutputKind::kMetric, OutputKind::kNormalised, OutputKind::kInverse, OutputKind::kLog,
        OutputKind::kMonodepth, OutputKind::kRelativeDepth, OutputKind::kDisparity}) {
    ModelCard card;
    card.kind = kind;
    card.min_depth = 1;
    card.max_depth = 2;
    const cv::Mat depth = postprocess(card, {{0, 0, 3, 1}, {3, 1}, {}, {3, 1}}, x, {3, 1});
    for (int i = 0; i < 3; ++i)
      EXPECT_FALSE(std::isfinite(depth.at<float>(0, i)))
          << "kind " << static_cast<int>(kind) << " value " << i;
  }
}

// No inverse depth is as far as the card says that there is anything.
TEST(Postprocess, NoInverseDepthIsTheFarthest) {
  ModelCard card;
  card.kind = OutputKind::kInverse;
  card.max_depth = 10;
  const cv::Mat x = (cv::Mat_<float>(1, 3) << 0.0f, -0.5f, 0.25f);
  const cv::Mat depth = postprocess(card, {{0, 0, 3, 1}, {3, 1}, {}, {3, 1}}, x, {3, 1});
  EXPECT_EQ(depth.at<float>(0, 0), 10);
  EXPECT_EQ(depth.at<float>(0, 1), 10);
  EXPECT_EQ(depth.at<float>(0, 2), 4);
}

TEST(Postprocess, CutsPaddingAndPlacesTheCrop) {
  ModelCard card;
  card.crop = {1, 1, 2, 2};
  card.crop_of = {4, 3};
  card.pad_to = {4, 4};
  card.pad_centre = true;
  const cv::Size image(4, 3);
  const InputGeometry g = input_geometry(card, image);
  cv::Mat out(4, 4, CV_32FC1, cv::Scalar(9));
  out(cv::Rect(1, 1, 2, 2)) = cv::Scalar(5);
  cv::Mat depth = postprocess(card, g, out, image);
  EXPECT_EQ(depth.size(), image);
  EXPECT_EQ(cv::sum(depth)[0], 20) << "four predicted pixels, nothing outside the crop";
  EXPECT_EQ(depth.at<float>(1, 1), 5);
  card.outside_edge = true;
  depth = postprocess(card, g, out, image);
  EXPECT_EQ(cv::sum(depth)[0], 60);
}

TEST(Postprocess, CanonicalFocalFollowsTheResize) {
  ModelCard card;
  card.rule = ResizeRule::kExact;
  card.size = {1280, 960};
  card.canonical_focal = 1000;
  card.focal = 500;  // of the image; twice that after resizing, so the factor is 1
  card.focal_of = {640, 480};
  const auto metres = [&](cv::Size image) {
    return postprocess(card, input_geometry(card, image), cv::Mat(4, 4, CV_32FC1, cv::Scalar(3)), image)
        .at<float>(7, 7);
  };
  EXPECT_EQ(metres({640, 480}), 3);
  // A larger picture of the same view has a longer focal length, and the network sees the same: the same metres.
  EXPECT_EQ(metres({1600, 1200}), 3);
  EXPECT_EQ(focal_in(card, {1600, 1200}), 1250);
  EXPECT_EQ(focal_in(card, {803, 602}), 500 * 803. / 640) << "rounded to whole pixels it is of that shape";
  EXPECT_EQ(focal_in(ModelCard(), {5, 4}), 0);
  try {
    metres({1920, 1080});
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("focal length"));
    EXPECT_THAT(e.what(), ::testing::HasSubstr("480x640; an image of 1080x1920 has another shape"));
  }
}

// Corner pixels stay what they are, a linear ramp stays linear.
TEST(Resample, AlignCornersKeepsCornersAndRamps) {
  cv::Mat ramp(3, 5, CV_32FC1);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x) ramp.at<float>(y, x) = static_cast<float>(10 * y + x);
  const cv::Mat big = resample(ramp, {9, 7}, ResizeFilter::kTorchBilinearCorners);
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 9; ++x) EXPECT_NEAR(big.at<float>(y, x), 10 * y * 2 / 6.0 + x * 4 / 8.0, 1e-5);
}

}  // namespace
}  // namespace depthmill::networks
