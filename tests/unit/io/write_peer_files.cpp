// Writes one plane in every format into a folder, for read_peer_files.py.
#include <opencv2/core.hpp>

#include "stages/io/plane_file.h"

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const std::filesystem::path folder = argv[1];
  cv::Mat depth(5, 7, CV_64FC1);
  cv::Mat rgb(5, 7, CV_8UC3);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 7; ++j) {
      depth.at<double>(i, j) = 0.1 * i + j + 1.0 / 3.0;
      rgb.at<cv::Vec3b>(i, j) = {static_cast<unsigned char>(10 * i), static_cast<unsigned char>(20 * j), 200};
    }
  using depthmill::io::PlaneKind;
  using depthmill::io::write_plane;
  for (const char* name : {"d.h5", "d.mat", "d.npy", "d.pfm", "d.png"})
    write_plane(folder / name, depth, PlaneKind::kDepth);
  write_plane(folder / "rgb.png", rgb, PlaneKind::kRgb);
  write_plane(folder / "rgb.ppm", rgb, PlaneKind::kRgb);
  return 0;
}
