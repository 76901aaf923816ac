// Readings that are taken away from a depth map, to ask afterwards what a fill makes of them. Which ones depends on the
// seed, the frame's name and the map alone: the same for every method, on every machine, for any number of threads.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace depthmill::sample {

enum class HideKind {
  kRandom,     // amount: share of the readings, each by itself
  kSamples,    // amount: readings that are left, as completion networks are given them (500 on NYU Depth V2)
  kBlock,      // amount: side in pixels of squares, until a fifth of the readings is hidden
  kScanline,   // amount: of so many rows one is left, as of a scanner with few beams
  kProjector,  // amount: metres between camera and projector, whose shadow falls beside what stands in front
  kHoles,      // none: what the sensor itself has no reading of, where the truth is known
};

struct HideRule {
  HideKind kind = HideKind::kRandom;
  double amount = 0;

  // "random:0.2", "samples:500", "block:64", "scanline:8", "projector:0.075", "holes"; each without its amount has that
  // of this list. Throws std::invalid_argument that quotes the text and names all.
  static HideRule parse(const std::string& text);
  std::string text() const;
};

// depth: CV_64FC1 metres, 0 = no reading. Returns CV_8UC1 of its size, 255 where a reading is hidden; of kHoles 255 where
// there is none. `frame`: its id.
cv::Mat hidden_readings(const cv::Mat& depth, const HideRule& rule, std::uint64_t seed,
                        std::string_view frame);

}  // namespace depthmill::sample
