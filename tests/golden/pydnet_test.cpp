// A real trained network through the infer stage: PyDNet++ (TorchScript) on registered Kinect images. The
// expected array is the same file's output under PyTorch 1.13 in Python; 1e-4 leaves room for another order
// of float32 sums in the convolutions. Weights and images are third-party and not shipped: absent means
// skipped.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/networks/infer.h"
#include "stages/networks/torch_module/find_torch.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

// The float32 values behind the header of a version 1 .npy file.
cv::Mat read_npy(const std::filesystem::path& file, int rows, int cols) {
  std::ifstream in(file, std::ios::binary);
  unsigned char head[10] = {};
  in.read(reinterpret_cast<char*>(head), sizeof head);
  in.seekg(10 + head[8] + 256 * head[9]);
  cv::Mat values(rows, cols, CV_32FC1);
  in.read(values.ptr<char>(), static_cast<std::streamsize>(values.total() * sizeof(float)));
  EXPECT_TRUE(in) << file;
  return values;
}

TEST(PyDNet, EqualsThePythonOutput) {
  DEPTHMILL_REAL(weights, "weights/pydnet/pydnet_448x640.pt");
  DEPTHMILL_REAL(expected_file, "weights/pydnet/expected_cafe_rgb1.npy");
  DEPTHMILL_REAL(image_file, "real/nyu_projected_pairs/cafe_rgb1.png");
  if (!networks::find_torch()) GTEST_SKIP() << networks::no_torch_sentence();

  cv::Mat rgb;
  cv::cvtColor(cv::imread(image_file.string(), cv::IMREAD_COLOR), rgb, cv::COLOR_BGR2RGB);
  ASSERT_EQ(rgb.size(), cv::Size(640, 480));
  const cv::Mat expected = read_npy(expected_file, 448, 640);

  for (const bool optimise : {false, true}) {
    SCOPED_TRACE(testing::Message() << "optimise " << optimise);
    InferOptions options;
    options.model = "pydnet";
    options.models_folder = std::string(test::kConfigs) + "/models";
    options.weights = weights.string();
    options.device = "cpu";
    options.batch = 2;
    options.replicas = options.intra_op_threads = 1;
    options.optimise = optimise;
    auto stage = make_infer_stage(options);
    stage->prepare();
    EXPECT_FALSE(stage->metric());

    // Twice the same image in one batch, and a mirrored one between them that must not leak into the others.
    std::vector<Frame> frames(3);
    for (Frame& f : frames) f.planes[plane::kRgb] = rgb;
    cv::Mat mirrored;
    cv::flip(rgb, mirrored, 1);
    frames[1].planes[plane::kRgb] = mirrored;
    stage->run(frames);
    for (int i : {0, 2}) {
      ASSERT_TRUE(frames[i].ok()) << frames[i].failure_text;
      const cv::Mat& pred = frames[i].plane(plane::kPred);
      ASSERT_EQ(pred.size(), rgb.size());
      EXPECT_LE(cv::norm(pred.rowRange(16, 464), expected, cv::NORM_INF), 1e-4);
      EXPECT_EQ(cv::norm(pred.row(0), pred.row(16), cv::NORM_INF), 0)
          << "outside the crop its edge is repeated";
    }
    EXPECT_GT(cv::norm(frames[1].plane(plane::kPred).rowRange(16, 464), expected, cv::NORM_INF), 0.1);
  }
}

}  // namespace
}  // namespace depthmill
