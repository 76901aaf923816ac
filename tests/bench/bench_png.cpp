// PNG as the pipeline reads and writes it, against OpenCV (libpng, zlib) on the same pictures in the same
// run.
//   bench_png FILE.png...     medians of 21 turns, ms; and the sizes of what is written
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/image_file.h"
#include "stages/io/png.h"

namespace {

template <class Work>
double milliseconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace depthmill;
  cv::setNumThreads(0);
  std::puts("| picture | read: ours | OpenCV | times | write: ours | OpenCV | times | size of OpenCV's |");
  std::puts("|---|---:|---:|---:|---:|---:|---:|---:|");
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::uint8_t> file = io::read_bytes(argv[i]);
    cv::Mat bgr = cv::imdecode(file, cv::IMREAD_UNCHANGED), picture = bgr;
    if (bgr.channels() == 3) cv::cvtColor(bgr, picture, cv::COLOR_BGR2RGB);
    std::vector<double> read, read_opencv, write, write_opencv;
    std::vector<std::uint8_t> written, written_opencv;
    for (int turn = 0; turn < 21; ++turn) {
      read.push_back(milliseconds([&] { io::parse_image(file, argv[i]); }));
      read_opencv.push_back(milliseconds([&] { bgr = cv::imdecode(file, cv::IMREAD_UNCHANGED); }));
      write.push_back(milliseconds([&] { written = io::encode_png(picture); }));
      write_opencv.push_back(milliseconds([&] { cv::imencode(".png", bgr, written_opencv); }));
    }
    std::printf("| %s | %.2f | %.2f | %.1f | %.2f | %.2f | %.1f | %.2f |\n", argv[i], median(read),
                median(read_opencv), median(read_opencv) / median(read), median(write), median(write_opencv),
                median(write_opencv) / median(write),
                static_cast<double>(written.size()) / static_cast<double>(written_opencv.size()));
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
