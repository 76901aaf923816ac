#include "stages/networks/fingerprint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "stages/networks/preprocess.h"

namespace depthmill::networks {
namespace {

// CRC-32 as zlib computes it (polynomial 0xEDB88320).
class Crc32 {
 public:
  Crc32() {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      table_[i] = c;
    }
  }
  void add(std::uint8_t byte) { state_ = table_[(state_ ^ byte) & 0xFF] ^ (state_ >> 8); }
  std::uint32_t value() const { return ~state_; }

 private:
  std::array<std::uint32_t, 256> table_{};
  std::uint32_t state_ = 0xFFFFFFFFu;
};

}  // namespace

cv::Mat fingerprint_image(cv::Size size) {
  cv::Mat image(size, CV_8UC3);
  const int across = std::max(1, size.width - 1), down = std::max(1, size.height - 1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      image.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<unsigned char>(x * 255 / across), static_cast<unsigned char>(y * 255 / down),
                    static_cast<unsigned char>((x / 16 + y / 16) % 2 * 128 + (31 * x + 17 * y) % 97));
  return image;
}

Fingerprint fingerprint(const ModelCard& card, cv::Size size) {
  Fingerprint f;
  f.card = card.name;
  f.image = size;
  const cv::Mat image = fingerprint_image(size);
  Crc32 image_hash;
  for (int y = 0; y < image.rows; ++y)
    for (int i = 0; i < 3 * image.cols; ++i) image_hash.add(image.ptr<unsigned char>(y)[i]);
  f.image_hash = image_hash.value();

  const InputGeometry g = input_geometry(card, size);
  f.network = g.network;
  const std::size_t area = static_cast<std::size_t>(g.network.area());
  std::vector<float> tensor(3 * area);
  preprocess(card, g, image, false, tensor);

  Crc32 hash;
  for (float v : tensor) {
    const auto fixed = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::nearbyint(1000.0 * v)));
    for (int byte = 0; byte < 4; ++byte) hash.add(static_cast<std::uint8_t>(fixed >> (8 * byte)));
  }
  f.tensor_hash = hash.value();

  for (std::size_t c = 0; c < 3; ++c) {
    const float* values = tensor.data() + c * area;
    Fingerprint::Channel& channel = f.channels[c];
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < area; ++i) sum += values[i];
    channel.mean = sum / static_cast<double>(area);
    for (std::size_t i = 0; i < area; ++i) squares += (values[i] - channel.mean) * (values[i] - channel.mean);
    channel.std = std::sqrt(squares / static_cast<double>(area));
    channel.min = *std::min_element(values, values + area);
    channel.max = *std::max_element(values, values + area);
    for (int row = 0; row < 4; ++row)
      for (int col = 0; col < 4; ++col) {
        const int y = (2 * row + 1) * g.network.height / 8, x = (2 * col + 1) * g.network.width / 8;
        f.samples.push_back(
            {static_cast<int>(c), y, x, values[static_cast<std::size_t>(y) * g.network.width + x]});
      }
  }
  for (std::uint32_t k = 0; k < f.probes.size(); ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const std::uint32_t mixed = static_cast<std::uint32_t>(i) * 2654435761u + k * 40503u;
      sum += mixed >> 31 ? tensor[i] : -tensor[i];
    }
    f.probes[k] = sum / static_cast<double>(tensor.size());
  }
  return f;
}

std::string fingerprint_text(const Fingerprint& f) {
  std::string text;
  char line[256];
  auto add = [&](const char* format, auto... values) {
    std::snprintf(line, sizeof line, format, values...);
    text += line;
    text += '\n';
  };
  text += "card " + f.card + "\n";
  add("image %dx%d %08x", f.image.height, f.image.width, f.image_hash);
  add("tensor 1x3x%dx%d %08x", f.network.height, f.network.width, f.tensor_hash);
  for (std::size_t c = 0; c < 3; ++c)
    add("channel %zu mean %.7f std %.7f min %.7f max %.7f", c, f.channels[c].mean, f.channels[c].std,
        f.channels[c].min, f.channels[c].max);
  for (std::size_t k = 0; k < f.probes.size(); ++k) add("probe %zu %.7f", k, f.probes[k]);
  for (const Fingerprint::Sample& s : f.samples) add("sample %d %d %d %.7f", s.channel, s.y, s.x, s.value);
  return text;
}

}  // namespace depthmill::networks
