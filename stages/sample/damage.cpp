#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/sample/sample.h"

namespace depthmill::sample {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& dir, std::string_view prefix, std::string_view extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.rfind(prefix, 0) == 0 && entry.path().extension() == extension)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Takes files from the front (depth, accel) or the back (RGB: away from the partners of the first depth
// files).
class Supply {
 public:
  Supply(std::vector<fs::path> files, const char* what) : files_(std::move(files)), what_(what) {}
  fs::path front() { return take(files_.begin()); }
  fs::path back() { return take(files_.empty() ? files_.end() : files_.end() - 1); }

 private:
  fs::path take(std::vector<fs::path>::iterator it) {
    if (files_.empty()) throw std::invalid_argument(std::string("not enough ") + what_ + " files to damage");
    fs::path file = *it;
    files_.erase(it);
    return file;
  }
  std::vector<fs::path> files_;
  const char* what_;
};

void write_codes(const fs::path& file, int cols, int rows, std::uint16_t code) {
  std::string bytes = "P5 " + std::to_string(cols) + " " + std::to_string(rows) + " 65535\n";
  for (int i = 0; i < rows * cols; ++i) {
    bytes.push_back(static_cast<char>(code & 0xff));
    bytes.push_back(static_cast<char>(code >> 8));
  }
  io::write_whole_file(file, bytes);
}

void cut(const fs::path& file, std::uintmax_t parts_of_10) {
  fs::resize_file(file, fs::file_size(file) * parts_of_10 / 10);
}

std::size_t remove_all(const std::vector<fs::path>& files) {
  std::size_t n = 0;
  for (const fs::path& file : files) n += fs::remove(file);
  return n;
}

}  // namespace

std::vector<DamageDone> damage_scene(const fs::path& scene_dir, std::span<const Damage> kinds) {
  Supply depth(files_of(scene_dir, "d-", ".pgm"), "depth");
  Supply rgb(files_of(scene_dir, "r-", ".ppm"), "RGB");
  Supply accel(files_of(scene_dir, "a-", ".dump"), "accelerometer");
  std::vector<DamageDone> done;
  for (Damage kind : kinds) {
    fs::path file;
    switch (kind) {
      case Damage::kTruncate:
        cut(file = depth.front(), 6);
        break;
      case Damage::kTruncateRgb:
        cut(file = rgb.back(), 3);
        break;
      case Damage::kEmpty:
        fs::resize_file(file = depth.front(), 0);
        break;
      case Damage::kWrongSize:
        write_codes(file = depth.front(), 320, 240, 800);
        break;
      case Damage::kAllMissing:
        write_codes(file = depth.front(), 640, 480, 2047);
        break;
      case Damage::kAllZero:
        write_codes(file = depth.front(), 640, 480, 0);
        break;
      case Damage::kNotAnImage:
        io::write_whole_file(file = depth.front(), "<html>404 Not Found</html>\n");
        break;
      case Damage::kBadAccel:
        fs::resize_file(file = accel.front(), 5);
        break;
      case Damage::kJunkFiles:
        for (const char* name : {"readme.txt", "about.txt", "Thumbs.db", "d-oops.pgm"})
          io::write_whole_file(scene_dir / name, "not a frame\n");
        break;
      case Damage::kNoRgb:
        remove_all(files_of(scene_dir, "r-", ".ppm"));
        break;
      case Damage::kNoDepth:
        remove_all(files_of(scene_dir, "d-", ".pgm"));
        break;
      case Damage::kNoAccel:
        remove_all(files_of(scene_dir, "a-", ".dump"));
        break;
      case Damage::kListedAbsent:
        fs::remove(file = depth.front());
        break;
    }
    done.push_back({kind, file.filename().string()});
  }
  return done;
}

}  // namespace depthmill::sample
