#include "tests/unit/report/fake_run.h"

#include <cmath>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "stages/io/csv.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;

struct Planes {
  cv::Mat bgr, depth, raw, pred;
};

Planes make_planes(const FakeRun& options, std::size_t scene, std::size_t frame) {
  Planes p;
  const cv::Size size(options.cols, options.rows);
  p.bgr.create(size, CV_8UC3);
  p.depth.create(size, CV_64FC1);
  p.raw.create(size, CV_64FC1);
  p.pred.create(size, CV_64FC1);
  const double s = static_cast<double>(scene), f = static_cast<double>(frame);
  for (int row = 0; row < size.height; ++row)
    for (int col = 0; col < size.width; ++col) {
      const double y = static_cast<double>(row) / size.height, x = static_cast<double>(col) / size.width;
      double d = 1.2 + s + 3.5 * (1 - std::fabs(2 * y - 1)) + 0.3 * f * x;
      bool near = x > 0.15 + 0.04 * f && x < 0.4 + 0.04 * f && y > 0.35 && y < 0.85;
      bool far = x > 0.6 && x < 0.8 && y > 0.3 && y < 0.6;
      if (near) d = 1.5 + 0.4 * s + 0.5 * y;
      if (far) d = 2.6 + 0.8 * s;
      const bool shadow = (x > 0.12 + 0.04 * f && x <= 0.15 + 0.04 * f && y > 0.35 && y < 0.85) ||
                          (x > 0.85 && y < 0.2) || (row * 7 + col * 13) % 97 == 0;
      p.depth.at<double>(row, col) = d;
      p.raw.at<double>(row, col) = shadow ? 0 : d;
      const double wave = std::sin(6 * x + f) * std::cos(5 * y) + 0.6 * (f - 1.5);
      p.pred.at<double>(row, col) = d * (1 + options.bias * wave);
      const auto light = static_cast<unsigned char>(220 / (0.6 + 0.2 * d));
      p.bgr.at<cv::Vec3b>(row, col) = near  ? cv::Vec3b(light / 3, light / 2, light)
                                      : far ? cv::Vec3b(light, light / 2, light / 4)
                                            : cv::Vec3b(light, light, light);
    }
  return p;
}

void write_image(const fs::path& file, const cv::Mat& image) {
  fs::create_directories(file.parent_path());
  if (!cv::imwrite(file.string(), image)) throw std::runtime_error("cannot write " + file.string());
}

cv::Mat millimetres(const cv::Mat& metres) {
  cv::Mat out;
  metres.convertTo(out, CV_16UC1, 1000.0);
  return out;
}

struct Sums {
  double n = 0, rel = 0, square = 0, log = 0, d1 = 0, d2 = 0, d3 = 0;
  void add(double g, double p) {
    const double ratio = std::max(p / g, g / p);
    n += 1;
    rel += std::fabs(p - g) / g;
    square += (p - g) * (p - g);
    log += std::fabs(std::log10(p / g));
    d1 += ratio < 1.25;
    d2 += ratio < 1.25 * 1.25;
    d3 += ratio < 1.25 * 1.25 * 1.25;
  }
  std::vector<double> values() const {
    return {rel / n, std::sqrt(square / n), log / n, d1 / n, d2 / n, d3 / n};
  }
};

void add_cells(std::vector<std::string>& row, const std::vector<double>& values) {
  for (double v : values) row.push_back(io::format_number(v));
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

const std::vector<std::string> kKeys = {"abs_rel", "rmse", "log10", "d1", "d2", "d3"};

std::vector<std::string> header(std::vector<std::string> first, const std::string& last = {}) {
  first.insert(first.end(), kKeys.begin(), kKeys.end());
  if (!last.empty()) first.push_back(last);
  return first;
}

}  // namespace

void write_fake_run(const fs::path& run, const FakeRun& options) {
  std::vector<std::vector<std::string>> frame_rows, scene_rows, summary_rows, range_rows, manifest_rows;
  for (const std::string& protocol : options.protocols) {
    // The second protocol leaves a border out, so that its numbers differ.
    const int border = protocol == "eigen" ? options.rows / 10 : 0;
    std::vector<double> total(kKeys.size());
    std::map<int, Sums> by_metre;
    for (std::size_t s = 0; s < options.scenes; ++s) {
      const std::string scene = "scene_" + std::to_string(s);
      std::vector<double> in_scene(kKeys.size());
      double pixels = 0;
      for (std::size_t f = 0; f < options.frames; ++f) {
        const std::string frame = "d-" + std::to_string(f);
        const Planes p = make_planes(options, s, f);
        Sums sums;
        for (int row = border; row < options.rows - border; ++row)
          for (int col = border; col < options.cols - border; ++col) {
            const double g = p.depth.at<double>(row, col), q = p.pred.at<double>(row, col);
            sums.add(g, q);
            by_metre[static_cast<int>(g)].add(g, q);
          }
        frame_rows.push_back({protocol, scene, frame, io::format_number(sums.n)});
        add_cells(frame_rows.back(), sums.values());
        frame_rows.back().push_back("");
        for (std::size_t k = 0; k < kKeys.size(); ++k) in_scene[k] += sums.values()[k];
        pixels += sums.n;
        if (protocol == options.protocols.front() && options.planes) {
          const std::string stem = (run / "planes" / scene / frame).string();
          write_image(stem + ".rgb.png", p.bgr);
          write_image(stem + ".raw_depth.png", millimetres(p.raw));
          write_image(stem + ".depth.png", millimetres(p.depth));
          write_image(stem + ".pred.png", millimetres(p.pred));
        }
        if (protocol == options.protocols.front())
          manifest_rows.push_back({scene, frame, "evaluate", "ok", "", ""});
      }
      for (std::size_t k = 0; k < kKeys.size(); ++k) {
        total[k] += in_scene[k];
        in_scene[k] /= static_cast<double>(options.frames);
      }
      scene_rows.push_back({protocol, scene, std::to_string(options.frames), io::format_number(pixels)});
      add_cells(scene_rows.back(), in_scene);
    }
    const std::size_t images = options.scenes * options.frames;
    for (std::size_t k = 0; k < kKeys.size(); ++k)
      summary_rows.push_back({protocol, kKeys[k], io::format_number(total[k] / static_cast<double>(images)),
                              std::to_string(images)});
    for (const auto& [metre, sums] : by_metre) {
      range_rows.push_back(
          {protocol, std::to_string(metre), std::to_string(metre + 1), io::format_number(sums.n)});
      add_cells(range_rows.back(), sums.values());
    }
  }
  const fs::path metrics = run / "metrics";
  write_text(metrics / "frames.csv",
             io::csv_text(header({"protocol", "scene", "frame", "n"}, "note"), frame_rows));
  write_text(metrics / "scenes.csv", io::csv_text(header({"protocol", "scene", "frames", "n"}), scene_rows));
  const std::vector<std::string> summary_header = {"protocol", "metric", "value", "n"};
  write_text(metrics / "summary.csv", io::csv_text(summary_header, summary_rows));
  if (options.intervals) {
    const std::vector<std::string> interval_header = {"protocol", "metric", "value", "low", "high", "n"};
    std::vector<std::vector<std::string>> rows;
    for (const auto& r : summary_rows) {
      const double value = io::parse_number(r[2]);
      rows.push_back(
          {r[0], r[1], r[2], io::format_number(0.9 * value), io::format_number(1.1 * value), r[3]});
    }
    write_text(metrics / "intervals.csv", io::csv_text(interval_header, rows));
  }
  const std::vector<std::string> protocol_header = {"protocol", "sentence"};
  const std::vector<std::vector<std::string>> sentence = {
      {options.protocols[0], "Pixels inside the crop, 1 mm to 10 m."}};
  write_text(metrics / "protocols.csv", io::csv_text(protocol_header, sentence));
  if (options.ranges)
    write_text(metrics / "ranges.csv", io::csv_text(header({"protocol", "from", "to", "n"}), range_rows));
  if (options.manifest) {
    manifest_rows.push_back({"scene_0", "d-broken", "extract", "failed", "truncated",
                             "d-broken.pgm: 614400 bytes expected, 1000 there, \"cut\" <short>"});
    manifest_rows.push_back({"scene_0", "d-broken", "fill", "skipped", "", ""});
    manifest_rows.push_back(
        {"scene_1", "d-alone", "extract", "skipped", "no_partner", "no colour image within 0.1 s"});
    const std::vector<std::string> names = {"scene", "frame", "stage", "status", "reason", "detail"};
    write_text(run / "manifest.csv", io::csv_text(names, manifest_rows));
  }
  write_text(run / "config.ini", "[fill]\nalpha = 1\n\n[infer]\nmodel = fake <model> & co.ini\n");
}

}  // namespace depthmill::test
