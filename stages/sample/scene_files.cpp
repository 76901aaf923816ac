#include <cstring>
#include <set>
#include <stdexcept>

#include "stages/base/adapt.h"
#include "stages/io/atomic_file.h"
#include "stages/sample/sample.h"

namespace depthmill::sample {
namespace {

std::vector<std::uint8_t> with_header(const std::string& header, std::size_t payload) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(header.size() + payload);
  bytes.assign(header.begin(), header.end());
  return bytes;
}

std::vector<std::uint8_t> ppm_bytes(const cv::Mat& rgb) {
  const auto pixels = view<std::uint8_t>(rgb);
  auto bytes = with_header("P6 640 480 255\n", pixels.size());
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

// Low byte first, whatever netpbm says: as the recorder wrote it.
std::vector<std::uint8_t> pgm_bytes(const cv::Mat& codes) {
  const auto pixels = view<std::uint16_t>(codes);
  auto bytes = with_header("P5 640 480 65535\n", pixels.size() * 2);
  for (std::uint16_t code : pixels) {
    bytes.push_back(static_cast<std::uint8_t>(code & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(code >> 8));
  }
  return bytes;
}

// Version 1 of NumPy's array format, float64, C order, low byte first.
std::vector<std::uint8_t> truth_npy(const cv::Mat& depth) {
  const auto pixels = view<double>(depth);
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (480, 640), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string magic = "\x93NUMPY";
  magic += {1, 0, static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  auto bytes = with_header(magic + header, pixels.size() * 8);
  for (double value : pixels) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, 8);
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
  }
  return bytes;
}

// A scene of two samples would be a recording that never was.
void refuse_other_files(const std::filesystem::path& folder, const SampleScene& scene) {
  std::set<std::string> own{"INDEX.txt"};
  for (const Recording& record : scene.index_file) own.insert(record.name);
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
    if (const std::string name = entry.path().filename().string(); !own.contains(name))
      throw std::runtime_error(folder.string() + ": holds " + name +
                               ", which is not of this sample; take another folder, or remove that one");
}

void write_scene(const std::filesystem::path& dir, const SampleOptions& options, int scene_index,
                 const SampleProgress& progress, std::size_t total, SampleSummary& summary) {
  const SampleScene scene = make_scene(options, scene_index);
  const std::filesystem::path folder = dir / scene.name, truth = dir / "truth" / scene.name;
  refuse_other_files(folder, scene);
  summary.scenes.push_back(scene.name);
  std::string index;
  for (std::size_t i = 0; i < scene.index_file.size(); ++i) {
    const Recording& record = scene.index_file[i];
    index += record.name + "\n";
    const std::filesystem::path file = folder / record.name;
    if (record.kind == 'a') {
      io::write_whole_file(file, accel_dump(scene, options, i));
      ++summary.accel_files;
    } else if (record.kind == 'r') {
      io::write_whole_file(file, ppm_bytes(render_rgb(scene, options, i)));
      ++summary.rgb_files;
    } else {
      io::write_whole_file(file, pgm_bytes(render_depth(scene, options, i)));
      const std::string stem = record.name.substr(0, record.name.rfind('.'));
      io::write_whole_file(truth / (stem + ".depth.npy"), truth_npy(render_truth(scene, i)));
      ++summary.depth_files;
      if (progress && !progress(summary.depth_files, total)) {
        summary.stopped = true;
        return;
      }
    }
  }
  io::write_whole_file(folder / "INDEX.txt", index);
}

}  // namespace

SampleSummary write_sample_scene(const std::filesystem::path& dir, const SampleOptions& options,
                                 int scene_index, const SampleProgress& progress) {
  SampleSummary summary;
  write_scene(dir, options, scene_index, progress, static_cast<std::size_t>(options.frames), summary);
  return summary;
}

SampleSummary write_sample_scenes(const std::filesystem::path& dir, const SampleOptions& options,
                                  const SampleProgress& progress) {
  SampleSummary summary;
  if (const std::string problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
  const std::size_t total =
      static_cast<std::size_t>(options.frames) * static_cast<std::size_t>(options.scenes);
  for (int i = 0; i < options.scenes && !summary.stopped; ++i)
    write_scene(dir, options, i, progress, total, summary);
  return summary;
}

}  // namespace depthmill::sample
