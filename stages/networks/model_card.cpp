#include "stages/networks/model_card.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "stages/io/ini.h"
#include "stages/io/ini_folder.h"
#include "stages/io/suggest.h"
#include "stages/networks/engines.h"

namespace depthmill::networks {
namespace {

constexpr auto kFilters = io::enum_words<ResizeFilter>(
    "opencv_nearest", "opencv_linear", "opencv_cubic", "opencv_area", "pil_nearest", "pil_bilinear",
    "pil_bicubic", "pil_lanczos", "torch_nearest", "torch_bilinear", "torch_bilinear_align_corners",
    "torch_bilinear_antialias", "torch_bicubic", "torch_bicubic_align_corners", "torch_bicubic_antialias");
constexpr auto kRules = io::enum_words<ResizeRule>("keep", "exact", "lower_bound", "upper_bound", "minimal");
constexpr auto kRoundings = io::enum_words<RoundRule>("nearest", "up", "down");
constexpr auto kPads = io::enum_words<PadKind>("constant", "reflect", "edge");
constexpr auto kKinds = io::enum_words<OutputKind>("metric", "normalised", "inverse", "log", "monodepth",
                                                   "relative_depth", "disparity");
// Switches whose two sides have names of their own.
constexpr auto kResizeOn = io::enum_words<bool>("float", "uint8");
constexpr auto kPadPositions = io::enum_words<bool>("end", "centre");
constexpr auto kColours = io::enum_words<bool>("rgb", "bgr");
constexpr auto kOutside = io::enum_words<bool>("zero", "edge");

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const Engine& engine : engines()) names.emplace_back(engine.name);
  return names;
}

void read_backend(ModelCard& card, const std::string& text) {
  const std::vector<std::string> names = engine_names();
  if (!find_engine(text))
    throw std::invalid_argument("'" + text + "' is none of " + io::name_list(names) +
                                io::did_you_mean(text, names));
  card.backend = text;
}

// The first engine a file of which ends so; nullptr when none does.
const Engine* engine_of_ending(const std::string& ending) {
  for (const Engine& engine : engines()) {
    std::istringstream in{std::string(engine.endings)};
    for (std::string one; in >> one;)
      if (one == ending) return &engine;
  }
  return nullptr;
}

io::Key<ModelCard> size_key(const char* section, const char* name, cv::Size ModelCard::*member) {
  return io::own_key<ModelCard>(
             section, name,
             [member](ModelCard& card, const std::string& text) {
               std::tie((card.*member).height, (card.*member).width) = io::read_size(text);
             },
             [member](const ModelCard& card) {
               const cv::Size size = card.*member;
               return size.empty() ? "" : io::write_size(size.height, size.width);
             })
      .lacking();
}

void read_crop(ModelCard& card, const std::string& text) {
  std::array<int, 4> v{};
  try {
    io::read_value(text, v);
  } catch (const std::invalid_argument&) {
    v[2] = 0;
  }
  if (v[0] < 0 || v[1] < 0 || v[2] < 1 || v[3] < 1)
    throw std::invalid_argument("needs four whole numbers: top, left, height, width");
  card.crop = {v[1], v[0], v[3], v[2]};
}

std::string crop_text(const ModelCard& card) {
  const cv::Rect& c = card.crop;
  return c.empty() ? "" : io::write_value(std::array<int, 4>{c.y, c.x, c.height, c.width});
}

bool is_file(const std::filesystem::path& p) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(p, ignored);
}

// Of a network's file given by itself: the card of its name beside it that names it, or what holds without one.
ModelCard card_of_file(const std::filesystem::path& file) {
  const std::filesystem::path beside = std::filesystem::path(file).replace_extension(".ini");
  std::error_code ignored;
  if (is_file(beside))
    if (ModelCard card = read_model_card(beside); std::filesystem::equivalent(card.path, file, ignored))
      return card;
  const Engine* const engine = engine_of_ending(file.extension().string());
  if (engine && engine->fixed_size)
    throw std::runtime_error(file.string() + " is a " + std::string(engine->file) + " for the engine " +
                             std::string(engine->name) +
                             "; what goes around the network is said by a card: --model CARD --weights FILE");
  ModelCard card;
  card.backend = engine ? engine->name : engines().front().name;
  card.name = file.stem().string();
  card.path = file;
  card.source = "no card: input is the image, RGB in [0, 1]; output is taken as metres";
  return card;
}

}  // namespace

std::string_view filter_name(ResizeFilter filter) { return kFilters.word(filter); }
std::string_view output_kind_name(OutputKind kind) { return kKinds.word(kind); }

const std::vector<io::Key<ModelCard>>& model_card_keys() {
  using C = ModelCard;
  using io::key, io::own_key, io::word_key;
  static const std::vector<io::Key<C>> table = {
      key<C>("model", "name", &C::name),
      own_key<C>("model", "backend", read_backend, [](const C& card) { return card.backend; }),
      io::path_key<C>("model", "path", &C::path),
      key<C>("model", "value", &C::value).at_least(0),
      key<C>("model", "source", &C::source),
      key<C>("model", "licence", &C::licence),
      key<C>("model", "note", &C::note),

      own_key<C>("input", "crop", read_crop, crop_text).lacking(),
      size_key("input", "crop_of", &C::crop_of),
      word_key<C>("input", "rule", &C::rule, kRules),
      size_key("input", "size", &C::size),
      key<C>("input", "multiple_of", &C::multiple_of).at_least(1),
      word_key<C>("input", "rounding", &C::rounding, kRoundings),
      own_key<C>(
          "input", "filter",
          [](C& card, const std::string& text) {
            card.filter = kFilters.parse(text);
            // PIL resizes 8-bit pictures; everybody else resizes floats unless resize_on, the next key, says otherwise.
            card.resize_uint8 = text.starts_with("pil_");
          },
          [](const C& card) { return kFilters.word(card.filter); }),
      word_key<C>("input", "resize_on", &C::resize_uint8, kResizeOn),
      size_key("input", "pad_to", &C::pad_to),
      key<C>("input", "pad_multiple_of", &C::pad_multiple_of).at_least(1),
      word_key<C>("input", "pad", &C::pad, kPads),
      word_key<C>("input", "pad_position", &C::pad_centre, kPadPositions),
      key<C>("input", "pad_value", &C::pad_value),
      word_key<C>("input", "colour", &C::bgr, kColours),
      key<C>("input", "range", &C::range).all([](double v) { return v == 1 || v == 255; }, "is 1 or 255"),
      key<C>("input", "mean", &C::mean),
      key<C>("input", "std", &C::std).above(0),

      word_key<C>("output", "kind", &C::kind, kKinds),
      key<C>("output", "select", &C::select),
      key<C>("output", "scale", &C::scale).above(0),
      key<C>("output", "min_depth", &C::min_depth).at_least(0),
      key<C>("output", "max_depth", &C::max_depth).at_least(0),
      key<C>("output", "canonical_focal", &C::canonical_focal).at_least(0),
      key<C>("output", "focal", &C::focal).at_least(0),
      size_key("output", "focal_of", &C::focal_of),
      word_key<C>("output", "resize", &C::resize, kFilters),
      word_key<C>("output", "outside", &C::outside_edge, kOutside),
  };
  return table;
}

std::string ModelCard::problem() const {
  if (!find_engine(backend))
    return "model.backend is '" + backend + "'; it is one of " + io::name_list(engine_names());
  if (const std::string reason = io::key_problem(model_card_keys(), *this); !reason.empty()) return reason;
  if (!crop.empty() && crop_of.empty())
    return "input.crop_of is missing: the size of the images that crop is a part of, HEIGHTxWIDTH";
  if (crop.empty() && !crop_of.empty()) return "input.crop_of has no effect without input.crop";
  if ((crop & cv::Rect({}, crop_of)) != crop) return "input.crop does not lie in an image of input.crop_of";
  if (rule != ResizeRule::kKeep && size.empty())
    return "input.size is missing; rule = " + std::string(kRules.word(rule)) + " needs it";
  if (rule == ResizeRule::kKeep && !size.empty())
    return "input.size has no effect with rule = keep; write rule = exact (or another)";
  if (!pad_to.empty() && pad_multiple_of > 1)
    return "input.pad_to and input.pad_multiple_of exclude each other";
  if (max_depth > 0 && max_depth <= min_depth) return "output.max_depth must be above output.min_depth";
  const bool needs_max =
      kind == OutputKind::kNormalised || kind == OutputKind::kInverse || kind == OutputKind::kMonodepth;
  if (needs_max && max_depth == 0)
    return "output.max_depth is missing; kind = " + std::string(kKinds.word(kind)) + " needs it";
  if (kind == OutputKind::kMonodepth && min_depth == 0)
    return "output.min_depth is missing; kind = monodepth needs it";
  if (!metric() && kind != OutputKind::kMonodepth && (min_depth > 0 || max_depth > 0))
    return "output.min_depth and max_depth are metres; kind = " + std::string(kKinds.word(kind)) +
           " has none";
  if ((canonical_focal > 0) != (focal > 0))
    return "output.canonical_focal and output.focal (both pixels) go together";
  if (focal > 0 && focal_of.empty())
    return "output.focal_of is missing: the size of the images whose focal length that is, HEIGHTxWIDTH";
  if (focal == 0 && !focal_of.empty()) return "output.focal_of has no effect without output.focal";
  return "";
}

ModelCard read_model_card(const std::filesystem::path& file) {
  ModelCard card;
  card.file = file;
  card.name = file.stem().string();
  io::read_keys(io::IniFile::read(file), model_card_keys(), card);
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
  } else if (engine_of_ending(ending) || is_file(asked)) {
    card = card_of_file(asked);
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

}  // namespace depthmill::networks
