// From an image to the values a network wants, and from its answer back to a depth map: what the Python
// around the network did, as the model card tells it. Pure functions, safe from several threads.
#pragma once

#include <opencv2/core.hpp>
#include <span>

#include "stages/networks/model_card.h"

namespace depthmill::networks {

// Where an image of one size goes: `crop` of the image is resized to `resized`, which lies in the network's
// input `network` with its top left corner at `offset`; the rest is padding.
struct InputGeometry {
  cv::Rect crop;
  cv::Size resized;
  cv::Point offset;
  cv::Size network;
  double scale = 1;  // network pixels an image pixel, before rounding to whole pixels
};

// Throws std::invalid_argument when the card's crop is part of images of another shape, or its padding target is
// smaller than the resized image.
InputGeometry input_geometry(const ModelCard& card, cv::Size image);

// The focal length of an image of this size, pixels; 0 where the card has none. Throws std::invalid_argument when the
// card's is that of images of another shape: of another camera, for which its metres would be wrong.
double focal_in(const ModelCard& card, cv::Size image);

// Image CV_8UC3 RGB -> 3 planes of network.height x network.width floats at `planes` (3 * h * w values). With
// `mirrored` the image is flipped left to right first.
void preprocess(const ModelCard& card, const InputGeometry& geometry, const cv::Mat& rgb, bool mirrored,
                std::span<float> planes);

// Network output CV_32FC1 of any size -> CV_32FC1 at `image` size: padding cut off, resized to the crop,
// turned into metres where the kind is metric, clamped to the card's depths, put at its place in the image.
// Non-finite values stay non-finite.
cv::Mat postprocess(const ModelCard& card, const InputGeometry& geometry, const cv::Mat& output,
                    cv::Size image);

}  // namespace depthmill::networks
