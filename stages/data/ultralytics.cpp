// Layout ultralytics: images/{train,val}/<stem>.jpg with depth/{train,val}/<stem>.png (16 bits, 0 = no reading) or
// .npy (float metres), beside a <name>.yaml that speaks of depth and may hold depth_scale, the samples a metre
// (1000 without). Source: the documentation of ultralytics' depth data sets.
#include <charconv>
#include <fstream>
#include <optional>
#include <string>

#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kUltralyticsRules[] = {
    {.pattern = "images/{scene/}{frame}", .endings = "jpg jpeg png bmp tif tiff webp", .planes = "rgb"},
    {.pattern = "depth/{scene/}{frame}", .endings = "png npy", .planes = "gt raw_depth depth"},
};

// Of a line "key: value" of the data set's description.
std::optional<std::string> value_of(const std::string& text, const std::string& key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key + ":")) continue;
    std::string value = line.substr(key.size() + 1, line.find('#') - key.size() - 1);
    value.erase(0, value.find_first_not_of(" \t\""));
    value.erase(value.find_last_not_of(" \t\r\"") + 1);
    return value;
  }
  return std::nullopt;
}

// The text of the file beside images/ and depth/ that describes the set; "" where there is none.
std::string description(const Tree& tree) {
  if (!tree.has_folder("images") || !tree.has_folder("depth")) return "";
  for (const std::string& name : tree.folders().front().files) {
    if (!name.ends_with(".yaml") && !name.ends_with(".yml")) continue;
    std::ifstream in(tree.root() / name, std::ios::binary);
    std::string text(std::size_t{1} << 14, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    const auto names = value_of(text, "names");
    const bool of_depth = (names && names->find("depth") != names->npos) || value_of(text, "depth_scale") ||
                          text.find("0: depth") != text.npos;
    if (of_depth) return text;
  }
  return "";
}

Listing list_ultralytics(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  PlaneRequest asked = request;
  if (const auto scale = value_of(description(tree), "depth_scale"); scale && !request.depth_scale) {
    double number = 0;
    const auto [end, error] = std::from_chars(scale->data(), scale->data() + scale->size(), number);
    if (error != std::errc{} || end != scale->data() + scale->size() || !(number > 0))
      throw std::runtime_error(tree.root().string() + ": depth_scale '" + *scale +
                               "' of its .yaml is no number");
    asked.depth_scale = number;
  }
  return list_by_rules(asked, tree, layout, kUltralyticsRules);
}

}  // namespace

extern const Layout kUltralyticsLayout;

const Layout kUltralyticsLayout = {
    .name = "ultralytics",
    .gives = "rgb gt raw_depth depth",
    .help = "images/{train,val}/ with depth/{train,val}/ and a .yaml with depth_scale",
    .detect = [](const Tree& tree) { return !description(tree).empty(); },
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_ultralytics(request, tree, kUltralyticsLayout); },
    .depth_scale = 1000,
};

}  // namespace depthmill::data
