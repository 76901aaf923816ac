// Every shipped card against the Python libraries themselves: scripts/fingerprint.py preprocesses the
// built-in image with PIL, OpenCV or torch, whichever the card names. Skipped for cards whose library the
// interpreter lacks that the build has found (DEPTHMILL_PYTHON; setup.sh installs all three).
#include "stages/networks/fingerprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "stages/io/ini_folder.h"
#include "stages/networks/preprocess.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

const std::filesystem::path kConfigs(test::kConfigs);

TEST(Fingerprint, MovesWithEverythingThatMatters) {
  const ModelCard plain;
  const std::string text = fingerprint_text(fingerprint(plain));
  EXPECT_EQ(fingerprint_text(fingerprint(plain)), text);
  ModelCard bgr = plain, crop = plain, filtered = plain, other = plain;
  bgr.bgr = true;
  crop.crop = {1, 0, 639, 480};
  crop.crop_of = {640, 480};
  filtered.rule = other.rule = ResizeRule::kExact;
  filtered.size = other.size = {320, 240};
  filtered.filter = ResizeFilter::kPilBilinear;
  other.filter = ResizeFilter::kPilBicubic;
  for (const ModelCard& card : {bgr, crop, filtered})
    EXPECT_NE(fingerprint(card).tensor_hash, fingerprint(plain).tensor_hash);
  double apart = 0;
  for (int k = 0; k < 8; ++k)
    apart = std::max(apart, std::abs(fingerprint(filtered).probes[k] - fingerprint(other).probes[k]));
  EXPECT_GT(apart, 1e-5) << "two kernels are told apart by the probes";
}

class CardAgainstPython : public ::testing::TestWithParam<std::string> {};

TEST_P(CardAgainstPython, SamePreprocessing) {
  const auto card = kConfigs / "models" / (GetParam() + ".ini");
  const auto script = kConfigs.parent_path() / "scripts" / "fingerprint.py";
  const ModelCard read = read_model_card(card);
  test::ScratchFolder folder;
  // A Kinect's, KITTI's and an upright one: each rule, rounding and padding shows in one of them.
  std::vector<cv::Size> sizes{{640, 480}, {1242, 375}, {333, 500}};
  if (!read.crop.empty()) sizes = {read.crop_of, {803, 602}};  // in proportion, with edges to be rounded
  for (const cv::Size size : sizes) {
    const std::string spelled = std::to_string(size.height) + "x" + std::to_string(size.width);
    std::ofstream(folder / "cpp.txt") << fingerprint_text(fingerprint(read, size));
    const std::string command = std::string(DEPTHMILL_PYTHON) + " '" + script.string() + "' '" +
                                card.string() + "' --image-size " + spelled + " --compare '" +
                                (folder / "cpp.txt").string() + "' > '" + (folder / "out.txt").string() +
                                "' 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream out(folder / "out.txt");
    const std::string said((std::istreambuf_iterator<char>(out)), {});
    const bool absent =
        said.find("No module named") != std::string::npos || said.find("not found") != std::string::npos;
    if (status != 0 && absent) GTEST_SKIP() << said;
    EXPECT_EQ(status, 0) << spelled << ": " << said;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CardAgainstPython, ::testing::ValuesIn(io::list_ini(kConfigs / "models")),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::ranges::replace(name, '-', '_');  // all that GoogleTest takes in a name
                           return name;
                         });

}  // namespace
}  // namespace depthmill::networks
