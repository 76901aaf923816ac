// Checkpoints of SD-ConvTrans: files written by Python's torch.save (zip format) and our own, which Python's
// torch.load reads; and safetensors, of Python's library or our own, which are told by their ending. Weights of half
// or bfloat16 become float32. No torch in this header.
//
// A checkpoint is a dictionary whose `model` maps parameter names to tensors; names may start with `module.`.
// A file that is such a map itself is read too, as every safetensors file is. Ours hold `sizes` (the text of a [network] section) beside
// it (in safetensors as metadata), so that a smaller network finds its shape again.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stages/networks/sd_convtrans/sizes.h"

namespace depthmill::sd_convtrans {

struct SdConvTransImpl;

// How the names of a file and of a network fit.
struct CheckpointReport {
  std::vector<std::string> missing;     // the network's, not in the file
  std::vector<std::string> unexpected;  // the file's, not in the network
  std::vector<std::string> misshapen;   // "name: 64x3x7x7 in the file, 32x3x7x7 in the network"
  bool conv_gg_seeded = false;          // tbdn.conv_gg.weight was not there and comes from a fixed seed
  std::size_t loaded = 0;               // tensors

  bool complete() const { return missing.empty() && unexpected.empty() && misshapen.empty(); }
  // Several lines that list every name; "" when complete and nothing was seeded.
  std::string text() const;
};

// The sizes that a file asks for: its own `sizes`, otherwise the published network's. Throws as
// load_checkpoint.
NetworkSizes checkpoint_sizes(const std::filesystem::path& file);

// Loads `model` of the file. With `strict`, anything missing, unexpected or misshapen is an error that lists
// all of it; otherwise what fits is loaded. Optional always: tbdn.conv_gg.weight (a file saved before the
// first Python forward pass has none; it is then initialised from a fixed seed), num_batches_tracked, and the
// modules no forward pass uses (decode_head, tbdn.conv1). Throws std::runtime_error: no such file, not a
// checkpoint, the old file format of torch.save (with the command that converts it).
CheckpointReport load_checkpoint(SdConvTransImpl& net, const std::filesystem::path& file, bool strict = true);

// Does the name end as one of a checkpoint, .pth or .safetensors?
bool is_checkpoint_name(const std::filesystem::path& file);

// Writes `model` and `sizes`, whole or not at all, as safetensors where the name ends so. Throws std::runtime_error.
void save_checkpoint(const SdConvTransImpl& net, const std::filesystem::path& file);

}  // namespace depthmill::sd_convtrans
