#include "stages/io/exr.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "stages/io/codec_module.h"
#include "stages/io/exr_codec.h"

namespace depthmill::io {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie");

constexpr std::uint32_t kMagic = 20000630;
constexpr std::uint32_t kVersion = 0xFF, kNewest = 2;
constexpr std::uint32_t kDeepFlag = 0x800, kPartsFlag = 0x1000;
constexpr std::size_t kMostName = 255;
constexpr std::size_t kMostSamplesInAByte = 1032;  // deflate packs so many bytes into one; a half is two
constexpr int kDwa = 8;                            // DWAA; DWAB comes behind
constexpr std::size_t kMostLinesInAChunk = 256;

// The bytes of a header in turn; one that is not there is kTruncated.
class HeaderBytes {
 public:
  HeaderBytes(std::span<const std::uint8_t> bytes, std::string_view label) : bytes_(bytes), label_(label) {}
  std::span<const std::uint8_t> take(std::size_t n) {
    if (n > bytes_.size() - at_) fail(FailureReason::kTruncated, label_, "ends inside its header");
    at_ += n;
    return bytes_.subspan(at_ - n, n);
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  // Up to the next zero byte, which goes with it.
  std::string text() {
    std::string text;
    for (char c; (c = static_cast<char>(take(1)[0])) != '\0';) {
      if (text.size() == kMostName)
        fail(FailureReason::kUnreadable, label_,
             "is a damaged OpenEXR file: a name in its header has no end");
      text += c;
    }
    return text;
  }
  bool at_zero() const { return at_ < bytes_.size() && bytes_[at_] == 0; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string_view label_;
  std::size_t at_ = 0;
};

ExrWindow read_window(HeaderBytes value) {
  ExrWindow w;
  for (std::int32_t* side : {&w.left, &w.top, &w.right, &w.bottom}) *side = value.number<std::int32_t>();
  return w;
}

std::vector<ExrChannel> read_channels(HeaderBytes value, std::string_view label) {
  std::vector<ExrChannel> channels;
  while (!value.at_zero()) {
    ExrChannel channel{.name = value.text()};
    const auto sample = value.number<std::int32_t>();
    if (sample < 0 || sample > 2)
      fail(FailureReason::kUnreadable, label,
           "is a damaged OpenEXR file: channel " + channel.name + " is of no kind that there is");
    channel.sample = static_cast<ExrSample>(sample);
    value.take(4);
    const auto across = value.number<std::int32_t>(), down = value.number<std::int32_t>();
    channel.every_pixel = across == 1 && down == 1;
    channels.push_back(std::move(channel));
  }
  return channels;
}

ExrPart read_part(HeaderBytes& in, std::string_view label) {
  ExrPart part;
  while (!in.at_zero()) {
    const std::string name = in.text(), type = in.text();
    const auto size = in.number<std::int32_t>();
    if (size < 0)
      fail(FailureReason::kUnreadable, label, "is a damaged OpenEXR file: " + name + " has no size");
    const auto value = in.take(static_cast<std::size_t>(size));
    if (name == "channels") part.channels = read_channels({value, label}, label);
    if (name == "dataWindow") part.data = read_window({value, label});
    if (name == "displayWindow") part.display = read_window({value, label});
    if (name == "compression") part.coding = HeaderBytes(value, label).number<std::uint8_t>();
    if (name == "tiles") {
      HeaderBytes tiles(value, label);
      part.tile_cols = tiles.number<std::uint32_t>();
      part.tile_rows = tiles.number<std::uint32_t>();
    }
    if (name == "type") part.deep = value.size() >= 4 && std::memcmp(value.data(), "deep", 4) == 0;
  }
  in.take(1);
  return part;
}

// A channel, by the places of its part and of itself.
struct Place {
  std::size_t part, channel;
};

std::string layer_of(const std::string& name) {
  return name.substr(0, name.rfind('.') + 1);
}  // npos + 1 is 0

// The channels of a file that can be decoded, and the choice among them.
class Channels {
 public:
  explicit Channels(const std::vector<ExrPart>& parts) : parts_(parts) {}

  // Of this very name; nothing where none or several parts have it.
  std::optional<Place> named(std::string_view name) const {
    std::optional<Place> found;
    for (const Place place : all()) {
      if (this->name(place) != name) continue;
      if (found) return std::nullopt;
      found = place;
    }
    return found;
  }

  // The three beside one another, in the layer ("Combined.") or, without one, in that of no name or in the only one.
  std::vector<Place> three(const std::array<std::string_view, 3>& last,
                           std::optional<std::string> layer) const {
    std::vector<std::vector<Place>> found;
    for (const Place place : all()) {
      const std::string of = layer_of(name(place));
      if (name(place) != of + std::string(last[0]) || (layer && of != *layer)) continue;
      const auto second = beside(place, last[1]), third = beside(place, last[2]);
      if (!second || !third) continue;
      std::vector<Place> three{place, *second, *third};
      if (of.empty() && !layer) return three;
      found.push_back(std::move(three));
    }
    return found.size() == 1 ? found.front() : std::vector<Place>();
  }

  // What is depth without having been named; with it G and B, where they must be the same.
  std::vector<Place> depth() const {
    std::vector<Place> layered;
    for (const Place place : all()) {
      const std::string& own = name(place);
      if (own != layer_of(own) + "Z" || beside(place, "X")) continue;
      layered.push_back(place);
    }
    if (const auto z = named("Z"); z && !beside(*z, "X")) return {*z};
    if (!layered.empty()) return layered.size() == 1 ? layered : std::vector<Place>();
    if (const auto y = named("Y"); y && !beside(*y, "X") && !beside(*y, "RY")) return {*y};
    if (const auto grey = three({"R", "G", "B"}, ""); !grey.empty()) return grey;
    if (const auto r = named("R"); r && !beside(*r, "G") && !beside(*r, "B")) return {*r};
    const auto every = all();
    return every.size() == 1 ? every : std::vector<Place>();
  }

  std::vector<Place> colour(std::string_view layer) const {
    if (!layer.empty()) return three({"R", "G", "B"}, std::string(layer) + ".");
    auto rgb = three({"R", "G", "B"}, std::nullopt);
    const auto y = named("Y");
    if (rgb.empty() && y && !beside(*y, "X") && !beside(*y, "RY")) rgb = {*y};
    return rgb;
  }

  std::string text() const {
    std::string text;
    for (const Place place : all()) text += " " + name(place);
    return text.empty() ? " none" : text;
  }
  const std::string& name(Place p) const { return parts_[p.part].channels[p.channel].name; }
  ExrSample sample(Place p) const { return parts_[p.part].channels[p.channel].sample; }

 private:
  std::vector<Place> all() const {
    std::vector<Place> places;
    for (std::size_t p = 0; p < parts_.size(); ++p)
      for (std::size_t c = 0; c < parts_[p].channels.size(); ++c)
        if (!parts_[p].deep && parts_[p].channels[c].every_pixel) places.push_back({p, c});
    return places;
  }
  // In the same part and layer; with samples for every pixel or not.
  std::optional<Place> beside(Place place, std::string_view last) const {
    const auto& channels = parts_[place.part].channels;
    const std::string wanted = layer_of(name(place)) + std::string(last);
    for (std::size_t c = 0; c < channels.size(); ++c)
      if (channels[c].name == wanted) return Place{place.part, c};
    return std::nullopt;
  }

  const std::vector<ExrPart>& parts_;
};

// Of the kind and under the name that is asked for.
std::vector<Place> choose(const std::vector<ExrPart>& parts, PlaneKind kind, std::string_view name,
                          std::string_view label) {
  const Channels channels(parts);
  std::vector<Place> chosen;
  if (kind == PlaneKind::kRgb)
    chosen = channels.colour(name);
  else if (name.empty())
    chosen = channels.depth();
  else if (const auto place = channels.named(name))
    chosen = {*place};
  if (!chosen.empty()) return chosen;
  const std::string there = "; its channels are" + channels.text();
  if (std::any_of(parts.begin(), parts.end(), [](const ExrPart& part) { return part.deep; }))
    fail(FailureReason::kUnreadable, label,
         "is a deep picture, of many samples a pixel, which is not read" + there);
  if (!name.empty())
    fail(
        FailureReason::kUnreadable, label,
        "has no one " + std::string(kind == PlaneKind::kRgb ? "layer" : "channel") + " of this name" + there);
  fail(FailureReason::kUnreadable, label,
       kind == PlaneKind::kRgb
           ? "has no colours R, G, B" + there
           : "does not say which channel is depth (Z, Y, R or the only one; FILE:CHANNEL takes another)" +
                 there);
}

void check_sizes(const ExrPart& part, std::size_t bytes, std::string_view label) {
  const std::size_t data[] = {part.data.rows(), part.data.cols()};
  const std::size_t display[] = {part.display.rows(), part.display.cols()};
  check_promise(data, bytes * kMostSamplesInAByte, label);
  if (checked_count(display, label) == 0) fail(FailureReason::kUnreadable, label, "has no pixels");
  // What is decoded at a time holds every channel.
  const std::size_t lines = std::min(data[0], part.tile_rows > 0 ? part.tile_rows : kMostLinesInAChunk);
  const std::size_t cols = part.tile_cols > 0 ? std::min(data[1], part.tile_cols) : data[1];
  if (lines * cols > 4 * max_pixels() / std::max<std::size_t>(part.channels.size(), 1))
    fail(FailureReason::kUnreadable, label,
         "has " + std::to_string(part.channels.size()) +
             " channels, more than are read of a picture of its size (--max-pixels)");
}

// The samples of the data window, one plane after the other.
std::vector<std::vector<std::uint8_t>> decode(std::span<const std::uint8_t> bytes,
                                              const std::vector<ExrPart>& parts,
                                              const std::vector<Place>& places, std::string_view label) {
  static const CodecModule<ExrDecodeFunction> module("exr.so", kExrDecodeName);
  if (!module.decode)
    fail(FailureReason::kUnreadable, label, "needs OpenEXR's decoder, which is not there: " + module.why_not);
  const ExrPart& part = parts[places.front().part];
  const Channels channels(parts);
  std::vector<std::vector<std::uint8_t>> samples;
  std::vector<ExrPlane> planes;
  samples.resize(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    samples[i].resize(part.data.rows() * part.data.cols() * sizeof(float));
    planes.push_back({channels.name(places[i]).c_str(), channels.sample(places[i]) == ExrSample::kUint,
                      samples[i].data()});
  }
  ExrOutcome outcome;
  module.decode({bytes, static_cast<int>(places.front().part), part.data.rows(), part.data.cols(), planes},
                outcome);
  if (!outcome.problem.empty())
    fail(outcome.ends_early ? FailureReason::kTruncated : FailureReason::kUnreadable, label,
         (outcome.ends_early ? "is cut short: " : "is damaged: ") + outcome.problem);
  return samples;
}

// Calls `put` with the offset of every row of samples and of the picture's row that it lies in, and how many columns.
template <class Put>
void for_each_row_shown(const ExrPart& part, Put&& put) {
  const auto& [data, display] = std::pair(part.data, part.display);
  const std::int64_t left = std::max(data.left, display.left), right = std::min(data.right, display.right);
  if (right < left) return;
  for (std::int64_t y = std::max(data.top, display.top); y <= std::min(data.bottom, display.bottom); ++y)
    put(static_cast<std::size_t>(y - data.top) * data.cols() + static_cast<std::size_t>(left - data.left),
        static_cast<std::size_t>(y - display.top) * display.cols() +
            static_cast<std::size_t>(left - display.left),
        static_cast<std::size_t>(right - left + 1));
}

float float_at(const std::vector<std::uint8_t>& samples, std::size_t i, bool whole) {
  if (whole) {
    std::uint32_t value;
    std::memcpy(&value, &samples[i * sizeof value], sizeof value);
    return static_cast<float>(value);
  }
  float value;
  std::memcpy(&value, &samples[i * sizeof value], sizeof value);
  return value;
}

std::uint8_t to_srgb(float linear, std::string_view label) {
  if (std::isnan(linear)) fail(FailureReason::kUnreadable, label, "has colours that are no numbers (NaN)");
  const double l = std::clamp<double>(linear, 0, 1);
  const double coded = l <= 0.0031308 ? 12.92 * l : 1.055 * std::pow(l, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * coded));
}

Array read_exr(const PlaneSource& source, PlaneKind kind, std::string_view) {
  return parse_exr(read_bytes(source.file), kind, source.name, source.text());
}

}  // namespace

std::size_t ExrWindow::rows() const {
  return bottom < top ? 0 : static_cast<std::size_t>(std::int64_t{bottom} - top + 1);
}
std::size_t ExrWindow::cols() const {
  return right < left ? 0 : static_cast<std::size_t>(std::int64_t{right} - left + 1);
}

std::vector<ExrPart> parse_exr_header(std::span<const std::uint8_t> bytes, std::string_view label) {
  HeaderBytes in(bytes, label);
  if (in.number<std::uint32_t>() != kMagic) fail(FailureReason::kUnreadable, label, "is no OpenEXR file");
  const auto flags = in.number<std::uint32_t>();
  if ((flags & kVersion) > kNewest)
    fail(FailureReason::kUnreadable, label,
         "is of version " + std::to_string(flags & kVersion) + " of OpenEXR, which is not read");
  std::vector<ExrPart> parts{read_part(in, label)};
  if (flags & kPartsFlag) {
    while (!in.at_zero()) parts.push_back(read_part(in, label));
    in.take(1);
  } else {
    parts.front().deep |= (flags & kDeepFlag) != 0;
  }
  return parts;
}

Array parse_exr(std::span<const std::uint8_t> bytes, PlaneKind kind, std::string_view name,
                std::string_view label) {
  const std::vector<ExrPart> parts = parse_exr_header(bytes, label);
  const std::vector<Place> places = choose(parts, kind, name, label);
  const ExrPart& part = parts[places.front().part];
  if (part.coding >= kDwa)
    fail(FailureReason::kUnreadable, label,
         "is packed with DWA or a newer coding, which is not read (ZIP and PIZ are, and lose nothing)");
  check_sizes(part, bytes.size(), label);
  const auto samples = decode(bytes, parts, places, label);
  const Channels channels(parts);
  const bool whole = channels.sample(places.front()) == ExrSample::kUint;

  Array a{{part.display.rows(), part.display.cols()}, whole ? Element::kU32 : Element::kF32, {}};
  if (kind == PlaneKind::kRgb) {
    a.shape.push_back(3);
    a.element = Element::kU8;
    a.bytes.resize(a.count());
    for_each_row_shown(part, [&](std::size_t from, std::size_t to, std::size_t cols) {
      for (std::size_t i = 0; i < cols; ++i)
        for (std::size_t c = 0; c < 3; ++c) {
          const std::size_t of = places.size() == 3 ? c : 0;
          const bool is_whole = channels.sample(places[of]) == ExrSample::kUint;
          a.bytes[3 * (to + i) + c] = to_srgb(float_at(samples[of], from + i, is_whole), label);
        }
    });
    return a;
  }
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (samples[i] != samples[0])
      fail(FailureReason::kUnreadable, label,
           "is a picture in colour, no depth (FILE:CHANNEL takes one of" + channels.text() + ")");
  a.bytes.resize(a.count() * sizeof(float));
  for_each_row_shown(part, [&](std::size_t from, std::size_t to, std::size_t cols) {
    std::memcpy(&a.bytes[to * sizeof(float)], &samples[0][from * sizeof(float)], cols * sizeof(float));
  });
  return a;
}

bool exr_looks_like_depth(std::span<const std::uint8_t> front) try {
  if (front.size() < sizeof kMagic || std::memcmp(front.data(), &kMagic, sizeof kMagic) != 0) return false;
  const std::vector<ExrPart> parts = parse_exr_header(front, "");
  return Channels(parts).three({"R", "G", "B"}, std::nullopt).empty();
} catch (const FrameError&) {
  return false;
}

constinit const FileFormat kExrFormat{
    .endings = "exr",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth},
    .depth_bits = 32,
    .has_names = true,
    .help = "depth of channel Z, Y, R or the only one; FILE:CHANNEL; colour in linear light",
    .read = read_exr,
};

}  // namespace depthmill::io
