// What surrounds the network: preprocessing, and the two file formats of checkpoints.
#include <algorithm>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "stages/networks/sd_convtrans/archive.h"
#include "stages/networks/sd_convtrans/checkpoint.h"
#include "stages/networks/sd_convtrans/net.h"
#include "stages/resample/resize.h"
#include "tests/support/formula.h"
#include "tests/support/sd_convtrans_parity_torch.h"

namespace depthmill::test {

using namespace sd_convtrans;

Findings parity_preprocess(const std::filesystem::path& folder) {
  const H5File file(folder / "preprocess.h5");
  const auto seed = static_cast<std::uint64_t>(file.attribute("seed").values.at(0));
  Findings findings;
  for (const std::string& name : file.children("/")) {
    const bool rgb = name.rfind("rgb", 0) == 0;
    const H5Array want = file.dataset(name + "/output"), input = file.attribute(name, "input");
    const int rows = static_cast<int>(input.values.at(0)), cols = static_cast<int>(input.values.at(1));
    const int cell = static_cast<int>(file.attribute(name, "cell").values.at(0));
    const int channels = rgb ? 3 : 1;
    cv::Mat picture(rows, cols, rgb ? CV_8UC3 : CV_32FC1);
    if (rgb) {
      const auto bytes = formula_picture("resize/" + name, channels, rows, cols, cell, seed);
      for (int c = 0; c < channels; ++c)
        for (int i = 0; i < rows * cols; ++i) picture.data[i * channels + c] = bytes[c * rows * cols + i];
    } else {
      const auto depth = formula_depth01("resize/" + name, rows, cols, cell, seed);
      std::copy(depth.begin(), depth.end(), picture.ptr<float>());
    }
    const int height = static_cast<int>(want.shape.at(1)), width = static_cast<int>(want.shape.at(2));
    const cv::Mat got = resample(picture, {width, height}, ResizeFilter::kPilBilinear);
    double worst = 0;
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < height * width; ++i) {
        const double value = rgb ? got.data[i * channels + c] : got.ptr<float>()[i];
        worst =
            std::max(worst, std::abs(value - want.values[static_cast<std::size_t>(c * height * width + i)]));
      }
    findings.push_back({"preprocess " + name, worst, rgb ? 0.0 : 1e-6});
  }
  return findings;
}

Findings parity_checkpoint(const std::filesystem::path& folder) {
  const auto seed =
      static_cast<std::uint64_t>(H5File(folder / "preprocess.h5").attribute("seed").values.at(0));
  const std::filesystem::path file = folder / "part_zip.pth";
  SdConvTrans net(NetworkSizes{});
  const CheckpointReport report = load_checkpoint(*net, file, /*strict=*/false);
  const TensorMap stored = tensors_of(entry(read_archive(file), "model"));
  auto state = net->named_parameters();
  for (const auto& b : net->named_buffers()) state.insert(b.key(), b.value());
  double different = 0;
  for (const auto& [key, tensor] : stored) {
    const std::string name = key.rfind("module.", 0) == 0 ? key.substr(7) : key;
    const std::vector<std::int64_t> shape = tensor.sizes().vec();
    const torch::Tensor* own = state.find(name);
    different += !own || !own->to(torch::kFloat).equal(tensor_of(formula_weights(name, shape, seed), shape));
  }
  return {{"checkpoint, zip: tensors that differ from the formula", different, 0},
          {"checkpoint, zip: tensors not loaded", static_cast<double>(stored.size() - report.loaded), 0},
          {"checkpoint, zip: names not in the network", static_cast<double>(report.unexpected.size()), 0}};
}

Findings parity_legacy_checkpoint(const std::filesystem::path& folder) {
  double unexplained = 1;
  try {
    read_archive(folder / "part_legacy.pth");
  } catch (const std::runtime_error& e) {
    unexplained = std::string(e.what()).find("torch.save(torch.load(") == std::string::npos;
  }
  return {{"checkpoint, old format: not answered with the conversion", unexplained, 0}};
}

}  // namespace depthmill::test
