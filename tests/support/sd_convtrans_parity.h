// Compares the native SD-ConvTrans with the golden vectors of a folder: every case ends in its largest error
// and the tolerance that the folder's README allows. The seed of weights and inputs comes from the files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace depthmill::test {

struct Finding {
  std::string subject;  // "tiny pred_h max", "blocks/gelu output"
  double error = 0;
  double tolerance = 0;
  bool ok() const { return error <= tolerance; }  // NaN is not ok
};
using Findings = std::vector<Finding>;

// Names, shapes and CRC-32 of all tensors against state_dict.csv; error = tensors that differ.
Findings parity_state_dict(const std::filesystem::path& folder);
// Epsilons of every layer norm of the network against the two the architecture has; no golden vector covers
// those of the four stage norms. error = norms that differ.
Findings parity_layer_norms();
// blocks.h5: outputs and input gradients of single modules.
Findings parity_blocks(const std::filesystem::path& folder);
// losses.h5: values and gradients.
Findings parity_losses(const std::filesystem::path& folder);
// full.h5, odd.h5 or tiny.h5: both predictions and every intermediate result. `size` is the stem.
Findings parity_network(const std::filesystem::path& folder, const std::string& size);
// The same predictions from the engine that inference uses (folded, repacked weights).
Findings parity_engine(const std::filesystem::path& folder, const std::string& size);
// train.h5: losses, gradients of all parameters, buffers; with frozen and with training batch norm.
Findings parity_training(const std::filesystem::path& folder);

// preprocess.h5: the resizes of pictures and depth that training and inference make.
Findings parity_preprocess(const std::filesystem::path& folder);
// part_zip.pth: values and names of a file that Python wrote; part_legacy.pth: the old format, which is
// answered with the command that converts it. error = tensors, or 1.
Findings parity_checkpoint(const std::filesystem::path& folder);
Findings parity_legacy_checkpoint(const std::filesystem::path& folder);

// One row a file of the folder and comparison.
struct ParityCheck {
  const char* file;
  std::function<Findings(const std::filesystem::path&)> run;
};
const std::vector<ParityCheck>& parity_checks();

}  // namespace depthmill::test
