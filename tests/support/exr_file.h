// OpenEXR pictures by OpenEXR's C++ library, which has decoders of its own and none of the C library's.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace depthmill::test {

struct ExrTestChannel {
  std::string name;
  cv::Mat samples;  // CV_32FC1, or CV_32SC1 for whole ones; all of one size
  bool half = false;
};

struct ExrTestFile {
  std::vector<std::vector<ExrTestChannel>> parts;  // one, or several
  int compression = 3;        // of Imf::Compression: 0 none, 1 RLE, 2 ZIPS, 3 ZIP, 4 PIZ, ...
  int tile = 0;               // pixels a side; 0 = lines
  cv::Point at = {0, 0};      // of the samples in the picture
  cv::Size picture = {0, 0};  // of the display window; 0 = the samples'
};

// Throws std::exception.
void write_exr(const std::filesystem::path& file, const ExrTestFile& what);
// One part of depth or whatever the channels are.
void write_exr(const std::filesystem::path& file, const std::vector<ExrTestChannel>& channels);

// A channel of a file of one part, float32.
cv::Mat read_exr(const std::filesystem::path& file, const std::string& channel);

// A file of a deep picture: one pixel, two samples.
void write_deep_exr(const std::filesystem::path& file);

}  // namespace depthmill::test
