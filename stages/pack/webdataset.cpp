// Layout webdataset, shards that the WebDataset library reads:
//
//   train-000000.tar: <scene>/00045.depth.npy    float32 rows x columns, metres, 0 = no reading
//                     <scene>/00045.jpg          RGB
//                     <scene>/00045.json         {"scene", "frame", "depth_scale", "source"}
//   shards.txt                                   the shards as the library takes them, and how many samples they hold
//
// Source: webdataset, tariterators.py and writer.py. A key ends at the first dot of its last part, so frames go by their
// numbers and their own name stands in the json. Depth is no .png: the library makes 8 bits of every picture.
#include <map>

#include "stages/io/array.h"
#include "stages/io/json_text.h"
#include "stages/io/npy.h"
#include "stages/pack/encode.h"
#include "stages/pack/layout.h"
#include "stages/pack/tar.h"

namespace depthmill::pack {
namespace webdataset {

std::string part_of(const Place& place) { return place.part == Part::kTrain ? "train" : "test"; }
std::string key_of(const Place& place) { return place.scene + "/" + digits(place.number, 5); }

std::string depth_path(const Place& place, const PackOptions&) { return key_of(place) + ".depth.npy"; }
Bytes depth_bytes(const Pixels& pixels, const Place& place, const PackOptions& options) {
  if (!fits_tar(depth_path(place, options)))
    throw FrameError(FailureReason::kOutOfRange,
                     place.source + ": its scene's name is too long for a tar archive");
  cv::Mat depth;
  pixels.depth.convertTo(depth, CV_32F);
  return io::npy_bytes(io::to_array(depth));
}

std::string rgb_path(const Place& place, const PackOptions& options) {
  return key_of(place) + "." + options.picture_ending();
}

std::string json_path(const Place& place, const PackOptions&) { return key_of(place) + ".json"; }
Bytes json_bytes(const Pixels&, const Place& place, const PackOptions&) {
  const std::string text = "{\"scene\": " + io::json_text(place.scene) +
                           ", \"frame\": " + io::json_text(place.frame) +
                           ", \"depth_scale\": 1, \"source\": " + io::json_text(place.source) + "}";
  return {text.begin(), text.end()};
}

// In the order of their names, as the library writes them; a png would stand behind json.
constexpr FileRule kFiles[] = {{depth_path, depth_bytes}, {rgb_path, picture_bytes}, {json_path, json_bytes}};

std::size_t shard_number(const Place& place, const PackOptions& options) {
  return place.in_part / static_cast<std::size_t>(options.shard_size);
}
std::string shard_of(const Place& place, const PackOptions& options) {
  return part_of(place) + "-" + digits(shard_number(place, options), 6) + ".tar";
}

// "train-{000000..000011}.tar 5821" a line; shards that are not there, as all their frames failed, part a line in two.
std::vector<std::pair<std::string, std::string>> list(std::span<const Place> places,
                                                      const PackOptions& options) {
  std::string text;
  for (const Part part : {Part::kTrain, Part::kTest}) {
    std::map<std::size_t, std::size_t> samples;  // shard -> how many
    for (const Place& place : places)
      if (place.part == part) ++samples[shard_number(place, options)];
    for (auto at = samples.begin(); at != samples.end();) {
      const std::size_t first = at->first;
      std::size_t last = first, count = 0;
      for (; at != samples.end() && at->first <= last + 1; ++at) last = at->first, count += at->second;
      const std::string name = part == Part::kTrain ? "train-" : "test-";
      text += name +
              (first == last ? digits(first, 6) : "{" + digits(first, 6) + ".." + digits(last, 6) + "}") +
              ".tar " + std::to_string(count) + "\n";
    }
  }
  if (text.empty()) return {};
  return {{"shards.txt", text}};
}

class Shard : public FileGroup {
 public:
  explicit Shard(const std::filesystem::path& file) : tar_(file) {}
  void add(const Frame& frame) override {
    for (const auto& [name, bytes] : frame.files) tar_.add(name, bytes);
  }
  void close() override { tar_.close(); }

 private:
  TarFile tar_;
};

}  // namespace webdataset

extern const PackLayout kWebdatasetLayout;

const PackLayout kWebdatasetLayout = {
    .name = "webdataset",
    .help = "{train,test}-N.tar with N.jpg, N.depth.npy and N.json: the WebDataset library",
    .files = webdataset::kFiles,
    .index = webdataset::list,
    .group = webdataset::shard_of,
    .open_group = [](const std::filesystem::path& file, const PackOptions&) -> std::unique_ptr<FileGroup> {
      return std::make_unique<webdataset::Shard>(file);
    },
};

}  // namespace depthmill::pack
