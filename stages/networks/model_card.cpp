#include "stages/networks/model_card.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>

#include "stages/io/ini.h"
#include "stages/io/ini_folder.h"
#include "stages/io/suggest.h"
#include "stages/networks/engines.h"

namespace depthmill::networks {
namespace {

// Names of enumerators, in the enumerators' order.
const std::vector<std::string> kFilters{"opencv_nearest",
                                        "opencv_linear",
                                        "opencv_cubic",
                                        "opencv_area",
                                        "pil_nearest",
                                        "pil_bilinear",
                                        "pil_bicubic",
                                        "pil_lanczos",
                                        "torch_nearest",
                                        "torch_bilinear",
                                        "torch_bilinear_align_corners",
                                        "torch_bilinear_antialias",
                                        "torch_bicubic",
                                        "torch_bicubic_align_corners",
                                        "torch_bicubic_antialias"};
const std::vector<std::string> kRules{"keep", "exact", "lower_bound", "upper_bound", "minimal"};
const std::vector<std::string> kRoundings{"nearest", "up", "down"};
const std::vector<std::string> kPads{"constant", "reflect", "edge"};
const std::vector<std::string> kKinds{"metric",    "normalised",     "inverse",  "log",
                                      "monodepth", "relative_depth", "disparity"};

const std::map<std::string, std::vector<std::string>> kKnown{
    {"model", {"name", "backend", "path", "value", "source", "licence", "note"}},
    {"input",
     {"crop", "rule", "size", "multiple_of", "rounding", "filter", "resize_on", "pad_to", "pad_multiple_of",
      "pad", "pad_position", "pad_value", "colour", "range", "mean", "std"}},
    {"output",
     {"kind", "select", "scale", "min_depth", "max_depth", "canonical_focal", "focal", "resize", "outside"}}};

template <class Enum>
Enum pick(const io::IniFile& ini, const char* section, const char* key, std::span<const std::string> names,
          Enum fallback) {
  const std::string chosen = ini.choice(section, key, names, names[static_cast<std::size_t>(fallback)]);
  return static_cast<Enum>(std::find(names.begin(), names.end(), chosen) - names.begin());
}

template <class Enum>
const std::string& spelled(const std::vector<std::string>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

// "HxW", height first.
cv::Size read_size(const io::IniFile& ini, const char* key) {
  const io::IniEntry* entry = ini.find("input", key);
  if (!entry) return {};
  std::istringstream in(entry->value);
  int height = 0, width = 0;
  char cross = 0;
  if (!(in >> height >> cross >> width) || cross != 'x' || height < 1 || width < 1 || !(in >> std::ws).eof())
    throw ini.error(*entry, "'" + entry->value + "' is no size; write HEIGHTxWIDTH, for example 480x640");
  return {width, height};
}

std::array<double, 3> read_triple(const io::IniFile& ini, const char* key, std::array<double, 3> fallback) {
  const std::vector<double> v = ini.numbers("input", key, {fallback.begin(), fallback.end()});
  if (v.size() != 3)
    throw ini.error(*ini.find("input", key),
                    "needs three numbers, one a colour channel, separated by commas");
  return {v[0], v[1], v[2]};
}

// top, left, height, width
cv::Rect read_crop(const io::IniFile& ini) {
  const std::vector<double> v = ini.numbers("input", "crop", {});
  if (v.empty()) return {};
  const bool whole = std::all_of(v.begin(), v.end(), [](double x) { return x == std::floor(x) && x >= 0; });
  if (v.size() != 4 || !whole || v[2] < 1 || v[3] < 1)
    throw ini.error(*ini.find("input", "crop"), "needs four whole numbers: top, left, height, width");
  return {static_cast<int>(v[1]), static_cast<int>(v[0]), static_cast<int>(v[3]), static_cast<int>(v[2])};
}

std::string size_text(cv::Size s) { return std::to_string(s.height) + "x" + std::to_string(s.width); }

std::string number_text(double v) {
  std::ostringstream out;
  out.precision(17);
  out << v;
  // The short form where it reads back to the same number: 0.485, not 0.48499999999999999.
  for (int digits = 1; digits < 17; ++digits) {
    std::ostringstream shorter;
    shorter.precision(digits);
    shorter << v;
    if (std::stod(shorter.str()) == v) return shorter.str();
  }
  return out.str();
}

std::string triple_text(const std::array<double, 3>& v) {
  return number_text(v[0]) + ", " + number_text(v[1]) + ", " + number_text(v[2]);
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const Engine& engine : engines()) names.emplace_back(engine.name);
  return names;
}

// Is this how a file of some engine ends?
bool is_network_ending(const std::string& ending) {
  for (const Engine& engine : engines()) {
    std::istringstream in{std::string(engine.endings)};
    for (std::string one; in >> one;)
      if (one == ending) return true;
  }
  return false;
}

bool is_file(const std::filesystem::path& p) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(p, ignored);
}

}  // namespace

std::string_view filter_name(ResizeFilter filter) { return spelled(kFilters, filter); }
std::string_view output_kind_name(OutputKind kind) { return spelled(kKinds, kind); }

std::string ModelCard::problem() const {
  if (!find_engine(backend))
    return "model.backend is '" + backend + "'; it is one of " + io::name_list(engine_names());
  if (!std::isfinite(value) || value < 0) return "model.value must be metres, at least 0";
  if (rule != ResizeRule::kKeep && size.empty())
    return "input.size is missing; rule = " + spelled(kRules, rule) + " needs it";
  if (rule == ResizeRule::kKeep && !size.empty())
    return "input.size has no effect with rule = keep; write rule = exact (or another)";
  if (multiple_of < 1) return "input.multiple_of must be at least 1";
  if (pad_multiple_of < 1) return "input.pad_multiple_of must be at least 1";
  if (!pad_to.empty() && pad_multiple_of > 1)
    return "input.pad_to and input.pad_multiple_of exclude each other";
  if (range != 1 && range != 255) return "input.range is 1 or 255";
  for (double m : mean)
    if (!std::isfinite(m)) return "input.mean must be finite";
  for (double s : std)
    if (!(s > 0) || !std::isfinite(s)) return "input.std must be above 0";
  if (!(scale > 0) || !std::isfinite(scale)) return "output.scale must be above 0";
  if (!(min_depth >= 0)) return "output.min_depth must be at least 0";
  if (!(max_depth >= 0)) return "output.max_depth must be at least 0";
  if (max_depth > 0 && max_depth <= min_depth) return "output.max_depth must be above output.min_depth";
  const bool needs_max =
      kind == OutputKind::kNormalised || kind == OutputKind::kInverse || kind == OutputKind::kMonodepth;
  if (needs_max && max_depth == 0)
    return "output.max_depth is missing; kind = " + spelled(kKinds, kind) + " needs it";
  if (kind == OutputKind::kMonodepth && min_depth == 0)
    return "output.min_depth is missing; kind = monodepth needs it";
  if (!metric() && kind != OutputKind::kMonodepth && (min_depth > 0 || max_depth > 0))
    return "output.min_depth and max_depth are metres; kind = " + spelled(kKinds, kind) + " has none";
  if ((canonical_focal > 0) != (focal > 0))
    return "output.canonical_focal and output.focal (both pixels) go together";
  return "";
}

ModelCard read_model_card(const std::filesystem::path& file) {
  const io::IniFile ini = io::IniFile::read(file);
  ini.check_known(kKnown);

  ModelCard card;
  card.name = ini.text("model", "name", file.stem().string());
  card.backend = ini.choice("model", "backend", engine_names(), card.backend);
  card.path = ini.text("model", "path", "");
  if (!card.path.empty() && card.path.is_relative()) card.path = file.parent_path() / card.path;
  card.value = ini.number("model", "value", card.value);
  card.source = ini.text("model", "source", "");
  card.licence = ini.text("model", "licence", "");
  card.note = ini.text("model", "note", "");

  card.crop = read_crop(ini);
  card.rule = pick(ini, "input", "rule", kRules, card.rule);
  card.size = read_size(ini, "size");
  card.multiple_of = static_cast<int>(ini.integer("input", "multiple_of", 1));
  card.rounding = pick(ini, "input", "rounding", kRoundings, card.rounding);
  card.filter = pick(ini, "input", "filter", kFilters, card.filter);
  // PIL resizes 8-bit pictures; everybody else resizes floats unless the card says otherwise.
  const bool pil = filter_name(card.filter).starts_with("pil_");
  card.resize_uint8 = ini.choice("input", "resize_on", std::vector<std::string>{"uint8", "float"},
                                 pil ? "uint8" : "float") == "uint8";
  card.pad_to = read_size(ini, "pad_to");
  card.pad_multiple_of = static_cast<int>(ini.integer("input", "pad_multiple_of", 1));
  card.pad = pick(ini, "input", "pad", kPads, card.pad);
  card.pad_centre =
      ini.choice("input", "pad_position", std::vector<std::string>{"end", "centre"}, "end") == "centre";
  card.pad_value = read_triple(ini, "pad_value", card.pad_value);
  card.bgr = ini.choice("input", "colour", std::vector<std::string>{"rgb", "bgr"}, "rgb") == "bgr";
  card.range = ini.number("input", "range", card.range);
  card.mean = read_triple(ini, "mean", card.mean);
  card.std = read_triple(ini, "std", card.std);

  card.kind = pick(ini, "output", "kind", kKinds, card.kind);
  card.select = ini.text("output", "select", "");
  card.scale = ini.number("output", "scale", card.scale);
  card.min_depth = ini.number("output", "min_depth", card.min_depth);
  card.max_depth = ini.number("output", "max_depth", card.max_depth);
  card.canonical_focal = ini.number("output", "canonical_focal", 0);
  card.focal = ini.number("output", "focal", 0);
  card.resize = pick(ini, "output", "resize", kFilters, card.resize);
  card.outside_edge =
      ini.choice("output", "outside", std::vector<std::string>{"zero", "edge"}, "zero") == "edge";

  if (const std::string problem = card.problem(); !problem.empty())
    throw std::runtime_error(file.string() + ": " + problem);
  return card;
}

ModelCard find_model_card(const std::string& model, const std::filesystem::path& models_folder,
                          const std::filesystem::path& weights) {
  if (model.empty())
    throw std::runtime_error("no model given: write a card FILE.ini or a TorchScript FILE.pt");
  const std::filesystem::path asked(model);
  const std::string ending = asked.extension().string();

  ModelCard card;
  if (ending == ".ini") {
    card = read_model_card(asked);
  } else if (is_network_ending(ending) || is_file(asked)) {
    card.backend = engines().front().name;
    card.name = asked.stem().string();
    card.path = asked;
    card.source = "no card: input is the image, RGB in [0, 1]; output is taken as metres";
  } else {
    card = read_model_card(io::find_ini(models_folder, model, "file or model card"));
  }
  if (!weights.empty()) card.path = weights;
  const Engine& engine = *find_engine(card.backend);
  if (engine.endings.empty()) return card;
  if (card.path.empty())
    throw std::runtime_error("model card '" + card.name + "' names no " + std::string(engine.file) +
                             "; give one with --weights FILE" +
                             std::string(engine.endings.substr(0, engine.endings.find(' '))) + " (" +
                             std::string(engine.remedy) + ")");
  if (!is_file(card.path))
    throw std::runtime_error("the " + std::string(engine.file) + " of model '" + card.name +
                             "' is not there: " + card.path.string());
  return card;
}

std::string model_card_text(const ModelCard& card) {
  std::ostringstream out;
  auto line = [&](const char* key, const std::string& value) {
    if (!value.empty()) out << key << " = " << value << "\n";
  };
  auto words = [&](const char* key, const std::string& value) {
    if (!value.empty()) line(key, io::ini_value(value));
  };
  out << "[model]\n";
  words("name", card.name);
  line("backend", card.backend);
  words("path", card.path.string());
  line("value", number_text(card.value));
  words("source", card.source);
  words("licence", card.licence);
  words("note", card.note);

  out << "\n[input]\n";
  if (!card.crop.empty())
    line("crop", std::to_string(card.crop.y) + ", " + std::to_string(card.crop.x) + ", " +
                     std::to_string(card.crop.height) + ", " + std::to_string(card.crop.width));
  line("rule", spelled(kRules, card.rule));
  if (!card.size.empty()) line("size", size_text(card.size));
  line("multiple_of", std::to_string(card.multiple_of));
  line("rounding", spelled(kRoundings, card.rounding));
  line("filter", spelled(kFilters, card.filter));
  line("resize_on", card.resize_uint8 ? "uint8" : "float");
  if (!card.pad_to.empty()) line("pad_to", size_text(card.pad_to));
  line("pad_multiple_of", std::to_string(card.pad_multiple_of));
  line("pad", spelled(kPads, card.pad));
  line("pad_position", card.pad_centre ? "centre" : "end");
  line("pad_value", triple_text(card.pad_value));
  line("colour", card.bgr ? "bgr" : "rgb");
  line("range", number_text(card.range));
  line("mean", triple_text(card.mean));
  line("std", triple_text(card.std));

  out << "\n[output]\n";
  line("kind", spelled(kKinds, card.kind));
  words("select", card.select);
  line("scale", number_text(card.scale));
  line("min_depth", number_text(card.min_depth));
  line("max_depth", number_text(card.max_depth));
  line("canonical_focal", number_text(card.canonical_focal));
  line("focal", number_text(card.focal));
  line("resize", spelled(kFilters, card.resize));
  line("outside", card.outside_edge ? "edge" : "zero");
  return out.str();
}

}  // namespace depthmill::networks
