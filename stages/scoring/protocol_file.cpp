#include "stages/scoring/protocol_file.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>

#include "metrics/errors.h"
#include "stages/io/csv.h"
#include "stages/io/ini_folder.h"
#include "stages/io/key_table.h"
#include "stages/io/suggest.h"

namespace depthmill {
namespace {

using metrics::Protocol;

[[noreturn]] void wrong(const std::string& sentence) { throw std::invalid_argument(sentence); }

// Words between separators, trimmed; empty ones are left out.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    const auto first = part.find_first_not_of(" \t\r"), last = part.find_last_not_of(" \t\r");
    if (first != std::string::npos) parts.push_back(part.substr(first, last - first + 1));
  }
  return parts;
}

double to_double(const std::string& text) {
  double value = 0;
  io::read_value(text, value);
  return value;
}

int to_count(const std::string& text) {
  return static_cast<int>(io::read_whole(text, 0, std::numeric_limits<int>::max()));
}

// A limit may be none: beyond it there is `infinity`.
constexpr double kInfinity = std::numeric_limits<double>::infinity();
double to_limit(const std::string& text, double infinity) {
  return text == "none" ? infinity : to_double(text);
}
std::string print_limit(double limit) {
  return limit == kInfinity || limit == -kInfinity ? "none" : io::format_number(limit);
}

std::pair<std::string, std::string> two(const std::string& text, char separator) {
  const auto parts = split(text, separator);
  if (parts.size() != 2)
    wrong("'" + text + "' should be two values joined by '" + std::string(1, separator) + "'");
  return {parts[0], parts[1]};
}

// In the order of the enumerators, as EnumWords wants them.
constexpr auto kGtKinds = io::enum_words<metrics::GtKind>("raw", "filled");
constexpr auto kRoundings = io::enum_words<metrics::GtRounding>("none", "truncate_mm");
constexpr auto kRules = io::enum_words<metrics::ValidRule>("range", "all", "not_nan", "either", "listed");
constexpr auto kFlips = io::enum_words<metrics::Flip>("none", "mean", "blend_edges");
constexpr auto kInterpolations =
    io::enum_words<metrics::Interpolation>("none", "nearest_floor", "nearest_centre", "bilinear",
                                           "bilinear_align_corners", "bilinear_antialias", "bicubic");
constexpr auto kPlacements = io::enum_words<metrics::Placement>("whole", "kb_crop");
constexpr auto kClampPlaces =
    io::enum_words<metrics::ClampAt>("never", "before_flip", "before_align", "after_align");
constexpr auto kAligns = io::enum_words<metrics::AlignKind>(
    "none", "median", "median_lower", "scale", "scale_shift", "log_scale", "weighted_l1_scale",
    "weighted_l1_affine", "weighted_l1_affine_exact", "point_shift", "point_scale", "point_affine",
    "point_affine_exact", "weiszfeld_scale", "adam_l1", "l1_scale", "l1_affine");
constexpr auto kGroups = io::enum_words<metrics::AlignGroup>("image", "clip");
constexpr auto kSpaces = io::enum_words<metrics::AlignSpace>("depth", "disparity", "inverted");
constexpr auto kAveragings =
    io::enum_words<metrics::Averaging>("mean", "rms", "pooled", "by_pixels", "clips", "clips_by_pixels");
constexpr auto kCrops = io::enum_words<metrics::CropKind>("none", "pixels", "fractions", "border");
constexpr auto kCovers = io::enum_words<metrics::Covers>("map", "crop");
constexpr auto kFlipPlaces = io::enum_words<metrics::FlipAt>("native", "after_resize");
constexpr auto kPredictions = io::enum_words<bool>("depth", "disparity");

metrics::Crop parse_crop(const std::string& text) {
  metrics::Crop crop;
  const auto words = split(text, ' ');
  if (words.empty()) wrong("crop is empty; say none");
  crop.kind = kCrops.parse(words[0]);
  if (crop.kind == metrics::CropKind::kNone) return crop;
  const bool sized = words.size() == 5 && words[3] == "of" && crop.kind == metrics::CropKind::kPixels;
  if (words.size() != 3 && !sized)
    wrong("'" + text + "' should read KIND ROWS COLUMNS, as pixels 45:471 41:601");
  const auto rows = two(words[1], ':'), cols = two(words[2], ':');
  crop.row0 = to_double(rows.first), crop.row1 = to_double(rows.second);
  crop.col0 = to_double(cols.first), crop.col1 = to_double(cols.second);
  if (sized) {
    const auto size = two(words[4], 'x');
    crop.of_rows = to_count(size.first), crop.of_cols = to_count(size.second);
  }
  return crop;
}

std::string print_crop(const metrics::Crop& crop) {
  std::string text(kCrops.word(crop.kind));
  if (crop.kind == metrics::CropKind::kNone) return text;
  text += " " + io::format_number(crop.row0) + ":" + io::format_number(crop.row1) + " " +
          io::format_number(crop.col0) + ":" + io::format_number(crop.col1);
  if (crop.of_rows > 0) text += " of " + std::to_string(crop.of_rows) + "x" + std::to_string(crop.of_cols);
  return text;
}

std::vector<metrics::PrepareStep> parse_steps(const std::string& text) {
  using metrics::PrepareStep;
  std::vector<PrepareStep> steps;
  if (text == "none") return steps;
  for (const auto& part : split(text, ',')) {
    const auto words = split(part, ' ');
    PrepareStep step;
    const auto size = [&](const std::string& word) {
      const auto [rows, cols] = two(word, 'x');
      step.rows = to_count(rows), step.cols = to_count(cols);
    };
    if (words[0] == "resize" && words.size() == 3) {
      step.kind = PrepareStep::kResize, size(words[1]), step.interpolation = kInterpolations.parse(words[2]);
    } else if (words[0] == "short_side" && words.size() == 3) {
      step.kind = PrepareStep::kShortSide, step.rows = to_count(words[1]);
      step.interpolation = kInterpolations.parse(words[2]);
    } else if (words[0] == "centre_crop" && words.size() == 2) {
      step.kind = PrepareStep::kCentreCrop, size(words[1]);
    } else if (words[0] == "pred_size" && words.size() == 2) {
      step.kind = PrepareStep::kPredSize, step.interpolation = kInterpolations.parse(words[1]);
    } else {
      wrong("'" + part + "' is not one of: resize HxW HOW, short_side N HOW, centre_crop HxW, pred_size HOW");
    }
    steps.push_back(step);
  }
  return steps;
}

std::string print_steps(const std::vector<metrics::PrepareStep>& steps) {
  std::string text;
  for (const auto& step : steps) {
    if (!text.empty()) text += ", ";
    const std::string size = std::to_string(step.rows) + "x" + std::to_string(step.cols);
    const std::string how = " " + std::string(kInterpolations.word(step.interpolation));
    switch (step.kind) {
      case metrics::PrepareStep::kResize:
        text += "resize " + size + how;
        break;
      case metrics::PrepareStep::kShortSide:
        text += "short_side " + std::to_string(step.rows) + how;
        break;
      case metrics::PrepareStep::kCentreCrop:
        text += "centre_crop " + size;
        break;
      case metrics::PrepareStep::kPredSize:
        text += "pred_size" + how;
        break;
    }
  }
  return text.empty() ? "none" : text;
}

std::optional<double> parse_optional(const std::string& text) {
  if (text == "keep") return std::nullopt;
  return to_double(text);
}
std::string print_optional(const std::optional<double>& value) {
  return value ? io::format_number(*value) : "keep";
}

std::string print_list(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const auto& metric : metrics::metric_table()) names.emplace_back(metric.key);
  return names;
}

void parse_metrics(Protocol& protocol, const std::string& text) {
  protocol.metrics = split(text, ',');
  const std::vector<std::string> known = metric_names();
  for (const std::string& name : protocol.metrics)
    if (!metrics::find_metric(name))
      wrong("there is no metric '" + name + "'" + io::did_you_mean(name, known));
}

// A clamp of "none" leaves the limits as they are.
void parse_clamp(Protocol& protocol, const std::string& text) {
  if (text == "none") return;
  const auto [low, high] = two(text, ':');
  protocol.clamp_min = to_limit(low, -kInfinity), protocol.clamp_max = to_limit(high, kInfinity);
}

// 0.01 x 1000
void parse_quantile(Protocol& protocol, const std::string& text) {
  if (text == "none") return void(protocol.quantile_share = protocol.quantile_factor = 0);
  const auto [share, factor] = two(text, 'x');
  protocol.quantile_share = to_double(share), protocol.quantile_factor = to_double(factor);
}
std::string print_quantile(const Protocol& p) {
  return p.quantile_share == 0
             ? "none"
             : io::format_number(p.quantile_share) + " x " + io::format_number(p.quantile_factor);
}

// all, N or A:B
void parse_frames(Protocol& protocol, const std::string& text) {
  protocol.first_frame = protocol.end_frame = 0;
  if (text == "all") return;
  if (text.find(':') == std::string::npos) return void(protocol.end_frame = to_count(text));
  const auto [first, end] = two(text, ':');
  protocol.first_frame = to_count(first), protocol.end_frame = to_count(end);
}
std::string print_frames(const Protocol& p) {
  if (p.first_frame == 0) return p.end_frame == 0 ? "all" : std::to_string(p.end_frame);
  return std::to_string(p.first_frame) + ":" + std::to_string(p.end_frame);
}

constexpr const char* kFarthest = "inverse_max_gt";
void parse_disparity_floor(Protocol& protocol, const std::string& text) {
  protocol.floor_at_farthest = text == kFarthest;
  protocol.disparity_floor = protocol.floor_at_farthest ? 0 : to_double(text);
}

// Metric that averages otherwise than the rest: a key for each metric there is, written where it is set.
io::Key<Protocol> averaging_key(const std::string& metric) {
  return io::own_key<Protocol>(
             "metrics", "averaging." + metric,
             [metric](Protocol& p, const std::string& text) {
               p.averaging_of[metric] = kAveragings.parse(text);
             },
             [metric](const Protocol& p) {
               const auto at = p.averaging_of.find(metric);
               return at == p.averaging_of.end() ? std::string_view() : kAveragings.word(at->second);
             })
      .lacking();
}

const std::vector<io::Key<Protocol>>& protocol_keys() {
  using P = Protocol;
  using T = const std::string&;
  using io::key, io::own_key, io::word_key;
  static const std::vector<io::Key<P>> table = [] {
    std::vector<io::Key<P>> rows = {
        key<P>("protocol", "description", &P::description),
        key<P>("protocol", "source", &P::source),
        word_key<P>("gt", "kind", &P::gt, kGtKinds),
        word_key<P>("gt", "rounding", &P::gt_rounding, kRoundings),
        own_key<P>(
            "gt", "prepare", [](P& p, T t) { p.prepare = parse_steps(t); },
            [](const P& p) { return print_steps(p.prepare); }),
        key<P>("gt", "prepare_equal_sizes", &P::prepare_equal_sizes),
        word_key<P>("valid", "rule", &P::valid, kRules),
        key<P>(
            "valid", "min", [](auto& p) -> auto& { return p.range.min; }),
        own_key<P>(
            "valid", "max", [](P& p, T t) { p.range.max = to_limit(t, kInfinity); },
            [](const P& p) { return print_limit(p.range.max); }),
        key<P>(
            "valid", "min_inclusive", [](auto& p) -> auto& { return p.range.min_inclusive; }),
        key<P>(
            "valid", "max_inclusive", [](auto& p) -> auto& { return p.range.max_inclusive; }),
        own_key<P>("valid", "quantile_limit", parse_quantile, print_quantile),
        own_key<P>(
            "valid", "crop", [](P& p, T t) { p.crop = parse_crop(t); },
            [](const P& p) { return print_crop(p.crop); }),
        key<P>("valid", "min_pixels", &P::min_pixels),
        word_key<P>("prediction", "kind", &P::disparity, kPredictions),
        own_key<P>(
            "prediction", "precrop", [](P& p, T t) { p.precrop = parse_crop(t); },
            [](const P& p) { return print_crop(p.precrop); }),
        key<P>("prediction", "floor", &P::pred_floor),
        word_key<P>("prediction", "flip", &P::flip, kFlips),
        word_key<P>("prediction", "flip_at", &P::flip_at, kFlipPlaces),
        word_key<P>("prediction", "resize", &P::resize, kInterpolations),
        word_key<P>("prediction", "placement", &P::placement, kPlacements),
        word_key<P>("prediction", "covers", &P::covers, kCovers),
        own_key<P>("prediction", "clamp", parse_clamp,
                   [](const P& p) { return print_limit(p.clamp_min) + ":" + print_limit(p.clamp_max); }),
        word_key<P>("prediction", "clamp_at", &P::clamp_at, kClampPlaces),
        own_key<P>(
            "prediction", "nan_to", [](P& p, T t) { p.nan_to = parse_optional(t); },
            [](const P& p) { return print_optional(p.nan_to); }),
        own_key<P>(
            "prediction", "inf_to", [](P& p, T t) { p.inf_to = parse_optional(t); },
            [](const P& p) { return print_optional(p.inf_to); }),
        word_key<P>("align", "kind", &P::align, kAligns),
        word_key<P>("align", "group", &P::align_group, kGroups),
        own_key<P>("align", "frames", parse_frames, print_frames),
        own_key<P>(
            "align", "sample", [](P& p, T t) { p.align_sample = to_count(t); },
            [](const P& p) { return std::to_string(p.align_sample); }),
        key<P>("align", "target_epsilon", &P::align_target_epsilon),
        word_key<P>("align", "space", &P::align_space, kSpaces),
        key<P>("align", "positive_only", &P::align_positive_only),
        key<P>("align", "min_pixels", &P::align_min_pixels),
        key<P>("align", "pred_floor", &P::align_pred_floor),
        key<P>("align", "negative_scale_to_median", &P::negative_scale_to_median),
        own_key<P>("align", "disparity_floor", parse_disparity_floor,
                   [](const P& p) {
                     return p.floor_at_farthest ? std::string(kFarthest)
                                                : io::format_number(p.disparity_floor);
                   }),
        own_key<P>("metrics", "list", parse_metrics, [](const P& p) { return print_list(p.metrics); }),
        word_key<P>("metrics", "averaging", &P::averaging, kAveragings),
    };
    std::vector<std::string> metrics = metric_names();
    std::sort(metrics.begin(), metrics.end());
    for (const std::string& metric : metrics) rows.push_back(averaging_key(metric));
    rows.push_back(key<P>("metrics", "epsilon", &P::epsilon));
    rows.push_back(key<P>("metrics", "log_epsilon", &P::log_epsilon));
    rows.push_back(key<P>("metrics", "root_epsilon", &P::root_epsilon));
    rows.push_back(key<P>("metrics", "log_floor", &P::log_floor));
    return rows;
  }();
  return table;
}

}  // namespace

Protocol parse_protocol(std::string_view text, const std::filesystem::path& file) {
  Protocol protocol;
  protocol.name = file.stem().string();
  io::read_keys(io::IniFile::parse(text, file), protocol_keys(), protocol);
  if (const auto problem = protocol.problem(); !problem.empty()) throw io::TextFileError(file, 0, problem);
  return protocol;
}

Protocol read_protocol(const std::filesystem::path& file) {
  return parse_protocol(io::read_text_file(file), file);
}

std::string protocol_text(const Protocol& protocol) { return io::keys_text(protocol_keys(), protocol, ""); }

Protocol find_protocol(std::string_view name, const std::filesystem::path& folder) {
  return read_protocol(io::find_ini(folder, name, "protocol"));
}

std::vector<Protocol> find_protocols(std::span<const std::string> names,
                                     const std::filesystem::path& folder) {
  std::vector<std::string> wanted;
  for (const auto& name : names) {
    const auto more = name == "all" ? io::list_ini(folder) : std::vector<std::string>{name};
    for (const auto& one : more)
      if (std::find(wanted.begin(), wanted.end(), one) == wanted.end()) wanted.push_back(one);
  }
  std::vector<Protocol> protocols;
  for (const auto& name : wanted) protocols.push_back(find_protocol(name, folder));
  return protocols;
}

}  // namespace depthmill
