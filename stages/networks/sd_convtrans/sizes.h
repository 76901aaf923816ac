// The sizes of an SD-ConvTrans network. The defaults are the published network (ResNet-101, MiT-b0); a
// smaller one of the same make differs in these numbers alone. No torch in this header.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "stages/io/key_table.h"

namespace depthmill::sd_convtrans {

struct NetworkSizes {
  // trunk: stages of bottlenecks at strides 4, 8, 16, 32; a stage ends in 4 x width channels
  int stem = 64;                                 // channels after the first convolution
  std::array<int, 4> trunk_blocks{3, 4, 23, 3};  // bottlenecks a stage
  std::array<int, 4> trunk_widths{64, 128, 256, 512};

  int pyramid = 256;  // channels of the feature pyramid, and of the diffusion block's output
  int detail = 128;   // channels after aggregation, upshuffle and predict1

  // transformer: stages at strides 4, 8, 16, 32
  std::array<int, 4> embed{32, 64, 160, 256};  // channels; a multiple of the heads
  std::array<int, 4> heads{1, 2, 5, 8};
  std::array<int, 4> reductions{8, 4, 2, 1};  // stride of the keys and values
  std::array<int, 4> depths{2, 2, 2, 2};      // blocks a stage
  double drop_path = 0.1;                     // largest probability of skipping a block, in training

  int head = 256;              // channels of decode_head, which no forward pass uses
  bool unused_modules = true;  // carry decode_head and tbdn.conv1, as Python checkpoints do

  // pixels: pictures of the low- and high-resolution branch. The network takes any size; these are what
  // training and inference make of a picture. Predictions have a quarter of it (rounded up).
  int low_height = 360, low_width = 480;
  int high_height = 480, high_width = 640;

  // "" or a sentence naming the field that makes no sense.
  std::string problem() const;

  bool operator==(const NetworkSizes&) const = default;
};

// Section [network] of an INI file: the fields' names; arrays are four numbers with commas, sizes `low_size` and
// `high_size` are HEIGHTxWIDTH.
const std::vector<io::Key<NetworkSizes>>& size_keys();

// A file with that section alone, as checkpoints carry it; absent keys keep the defaults. Throws io::TextFileError
// naming file and line (unknown key, malformed value), std::runtime_error (sizes with a problem()).
NetworkSizes read_sizes(const io::IniFile& ini);

// Section [network] that read_sizes reads back to the same sizes.
std::string sizes_text(const NetworkSizes& sizes);

}  // namespace depthmill::sd_convtrans
