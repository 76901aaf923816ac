// Does this program hand a network the same numbers as the Python it was trained with? Both sides preprocess
// one built-in image as a model card says and print the same description of the tensor;
// scripts/fingerprint.py is the Python side (PIL, OpenCV, torch themselves) and compares.
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "stages/networks/model_card.h"

namespace depthmill::networks {

// The built-in image, CV_8UC3 RGB: red a ramp along x, green a ramp along y, blue a chessboard of 16 pixels
// under a fine sawtooth. Smooth and sharp parts, no symmetry, integers alone.
cv::Mat fingerprint_image(cv::Size size);

struct Fingerprint {
  std::string card;
  cv::Size image, network;
  std::uint32_t image_hash = 0;   // CRC-32 of the image's bytes, row-major RGB
  std::uint32_t tensor_hash = 0;  // CRC-32 of round(1000 v) as little-endian 32-bit integers
  struct Channel {
    double mean = 0, std = 0, min = 0, max = 0;  // std: population
  };
  std::array<Channel, 3> channels;
  // Mean of v over the tensor with signs drawn from its index: moves with any shift, swap or other kernel,
  // which means and extremes do not. sign_k(i) is + where bit 31 of (i * 2654435761 + k * 40503) mod 2^32 is
  // set.
  std::array<double, 8> probes{};
  struct Sample {
    int channel = 0, y = 0, x = 0;
    double value = 0;
  };
  std::vector<Sample> samples;  // 4 x 4 points a channel
};

Fingerprint fingerprint(const ModelCard& card, cv::Size image = {640, 480});

// One "key value..." line an item, numbers with 7 digits: what `depthmill fingerprint` prints and
// scripts/fingerprint.py --compare reads. Equal hashes are equal tensors; otherwise the numbers say how far
// apart they are (3e-5 of the range over the std is the float32 arithmetic of two libraries).
std::string fingerprint_text(const Fingerprint& f);

}  // namespace depthmill::networks
