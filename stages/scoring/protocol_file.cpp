#include "stages/scoring/protocol_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>

#include "metrics/errors.h"
#include "stages/io/csv.h"
#include "stages/io/ini.h"
#include "stages/io/ini_folder.h"
#include "stages/io/suggest.h"

namespace depthmill {
namespace {

using metrics::Protocol;

std::string trim(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(s.substr(first, s.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split(std::string_view s, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= s.size();) {
    const auto end = std::min(s.find(separator, at), s.size());
    if (auto part = trim(s.substr(at, end - at)); !part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

[[noreturn]] void wrong(const std::string& sentence) { throw std::invalid_argument(sentence); }

double to_double(const std::string& text) {
  const double v = io::parse_number(text);
  if (!std::isfinite(v)) wrong("'" + text + "' is not a finite number");
  return v;
}

int to_count(const std::string& text) {
  int v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || v < 0)
    wrong("'" + text + "' is not a whole number of zero or more");
  return v;
}

std::pair<std::string, std::string> two(const std::string& text, char separator) {
  const auto parts = split(text, separator);
  if (parts.size() != 2)
    wrong("'" + text + "' should be two values joined by '" + std::string(1, separator) + "'");
  return {parts[0], parts[1]};
}

// Words of an enumeration, in the order of its enumerators.
template <class Enum, std::size_t n>
struct Words {
  const char* words[n];
  Enum parse(const std::string& text) const {
    std::vector<std::string> known(std::begin(words), std::end(words));
    for (std::size_t i = 0; i < n; ++i)
      if (known[i] == text) return static_cast<Enum>(i);
    wrong("'" + text + "' is not one of: " + io::name_list(known) + io::did_you_mean(text, known));
  }
  std::string print(Enum value) const { return words[static_cast<std::size_t>(value)]; }
};

constexpr Words<metrics::GtKind, 2> kGtKinds{{"raw", "filled"}};
constexpr Words<metrics::GtRounding, 2> kRoundings{{"none", "truncate_mm"}};
constexpr Words<metrics::ValidRule, 4> kRules{{"range", "all", "not_nan", "either"}};
constexpr Words<metrics::Flip, 3> kFlips{{"none", "mean", "blend_edges"}};
constexpr Words<metrics::Interpolation, 6> kInterpolations{
    {"none", "nearest_floor", "nearest_centre", "bilinear", "bilinear_align_corners", "bilinear_antialias"}};
constexpr Words<metrics::Placement, 2> kPlacements{{"whole", "kb_crop"}};
constexpr Words<metrics::ClampAt, 4> kClampPlaces{{"never", "before_flip", "before_align", "after_align"}};
constexpr Words<metrics::AlignKind, 6> kAligns{
    {"none", "median", "median_lower", "scale", "scale_shift", "log_scale"}};
constexpr Words<metrics::AlignSpace, 2> kSpaces{{"depth", "disparity"}};
constexpr Words<metrics::Averaging, 3> kAveragings{{"mean", "rms", "pooled"}};
constexpr Words<bool, 2> kYesNo{{"no", "yes"}};
constexpr Words<bool, 2> kPredictions{{"depth", "disparity"}};
constexpr const char* kCropWords[] = {"none", "pixels", "fractions", "border"};

metrics::Crop parse_crop(const std::string& text) {
  metrics::Crop crop;
  const auto words = split(text, ' ');
  if (words.empty()) wrong("crop is empty; say none");
  crop.kind = Words<metrics::CropKind, 4>{{"none", "pixels", "fractions", "border"}}.parse(words[0]);
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
  std::string text = kCropWords[static_cast<int>(crop.kind)];
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
    const std::string how = " " + kInterpolations.print(step.interpolation);
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

struct Key {
  const char* section;
  const char* key;
  std::function<void(Protocol&, const std::string&)> parse;
  std::function<std::string(const Protocol&)> print;
};

// The one table of keys: reading, writing and the message about an unknown key all follow it.
const std::vector<Key>& keys() {
  using P = Protocol;
  using T = const std::string&;
#define DEPTHMILL_WORD(section, key, field, words)             \
  {                                                            \
    section, key, [](P& p, T t) { p.field = words.parse(t); }, \
        [](const P& p) { return words.print(p.field); }        \
  }
#define DEPTHMILL_NUMBER(section, key, field)                 \
  {                                                           \
    section, key, [](P& p, T t) { p.field = to_double(t); },  \
        [](const P& p) { return io::format_number(p.field); } \
  }
#define DEPTHMILL_COUNT(section, key, field)                                          \
  {                                                                                   \
    section, key, [](P& p, T t) { p.field = static_cast<std::size_t>(to_count(t)); }, \
        [](const P& p) { return std::to_string(p.field); }                            \
  }
  static const std::vector<Key> table = {
      {"protocol", "description", [](P& p, T t) { p.description = t; },
       [](const P& p) { return io::ini_value(p.description); }},
      {"protocol", "source", [](P& p, T t) { p.source = t; },
       [](const P& p) { return io::ini_value(p.source); }},
      DEPTHMILL_WORD("gt", "kind", gt, kGtKinds),
      DEPTHMILL_WORD("gt", "rounding", gt_rounding, kRoundings),
      {"gt", "prepare", [](P& p, T t) { p.prepare = parse_steps(t); },
       [](const P& p) { return print_steps(p.prepare); }},
      DEPTHMILL_WORD("gt", "prepare_equal_sizes", prepare_equal_sizes, kYesNo),
      DEPTHMILL_WORD("valid", "rule", valid, kRules),
      DEPTHMILL_NUMBER("valid", "min", range.min),
      DEPTHMILL_NUMBER("valid", "max", range.max),
      DEPTHMILL_WORD("valid", "min_inclusive", range.min_inclusive, kYesNo),
      DEPTHMILL_WORD("valid", "max_inclusive", range.max_inclusive, kYesNo),
      {"valid", "crop", [](P& p, T t) { p.crop = parse_crop(t); },
       [](const P& p) { return print_crop(p.crop); }},
      DEPTHMILL_COUNT("valid", "min_pixels", min_pixels),
      DEPTHMILL_WORD("prediction", "kind", disparity, kPredictions),
      DEPTHMILL_WORD("prediction", "flip", flip, kFlips),
      DEPTHMILL_WORD("prediction", "resize", resize, kInterpolations),
      DEPTHMILL_WORD("prediction", "placement", placement, kPlacements),
      {"prediction", "clamp",
       [](P& p, T t) {
         if (t == "none") return;
         const auto [low, high] = two(t, ':');
         p.clamp_min = to_double(low), p.clamp_max = to_double(high);
       },
       [](const P& p) { return io::format_number(p.clamp_min) + ":" + io::format_number(p.clamp_max); }},
      DEPTHMILL_WORD("prediction", "clamp_at", clamp_at, kClampPlaces),
      {"prediction", "nan_to", [](P& p, T t) { p.nan_to = parse_optional(t); },
       [](const P& p) { return print_optional(p.nan_to); }},
      {"prediction", "inf_to", [](P& p, T t) { p.inf_to = parse_optional(t); },
       [](const P& p) { return print_optional(p.inf_to); }},
      DEPTHMILL_WORD("align", "kind", align, kAligns),
      DEPTHMILL_WORD("align", "space", align_space, kSpaces),
      DEPTHMILL_WORD("align", "positive_only", align_positive_only, kYesNo),
      DEPTHMILL_COUNT("align", "min_pixels", align_min_pixels),
      DEPTHMILL_WORD("align", "negative_scale_to_median", negative_scale_to_median, kYesNo),
      DEPTHMILL_NUMBER("align", "disparity_floor", disparity_floor),
      {"metrics", "list", [](P& p, T t) { p.metrics = split(t, ','); },
       [](const P& p) { return print_list(p.metrics); }},
      DEPTHMILL_WORD("metrics", "averaging", averaging, kAveragings),
      DEPTHMILL_NUMBER("metrics", "epsilon", epsilon),
      DEPTHMILL_NUMBER("metrics", "log_epsilon", log_epsilon),
      DEPTHMILL_NUMBER("metrics", "root_epsilon", root_epsilon),
  };
#undef DEPTHMILL_WORD
#undef DEPTHMILL_NUMBER
#undef DEPTHMILL_COUNT
  return table;
}

void set_key(Protocol& protocol, const std::string& section, const std::string& key,
             const std::string& value) {
  for (const Key& row : keys())
    if (row.section == section && row.key == key) return row.parse(protocol, value);
  if (section == "metrics" && key.starts_with("averaging.")) {
    protocol.averaging_of[key.substr(10)] = kAveragings.parse(value);
    return;
  }
  std::vector<std::string> known;
  for (const Key& row : keys()) known.push_back(std::string(row.section) + "." + row.key);
  wrong("there is no such key" + io::did_you_mean(section + "." + key, known));
}

void check_metrics(const Protocol& protocol, const io::IniFile& ini) {
  std::vector<std::string> known;
  for (const auto& metric : metrics::metric_table()) known.emplace_back(metric.key);
  for (const auto& key : protocol.metrics)
    if (!metrics::find_metric(key))
      throw ini.error(ini.require("metrics", "list"),
                      "there is no metric '" + key + "'" + io::did_you_mean(key, known));
  if (const auto problem = protocol.problem(); !problem.empty())
    throw io::TextFileError(ini.file(), 0, problem);
}

}  // namespace

Protocol parse_protocol(std::string_view text, const std::filesystem::path& file) {
  const auto ini = io::IniFile::parse(text, file);
  Protocol protocol;
  protocol.name = file.stem().string();
  for (const io::IniEntry& entry : ini.entries()) {
    try {
      set_key(protocol, entry.section, entry.key, entry.value);
    } catch (const std::invalid_argument& e) {
      throw ini.error(entry, e.what());
    }
  }
  check_metrics(protocol, ini);
  return protocol;
}

Protocol read_protocol(const std::filesystem::path& file) {
  return parse_protocol(io::read_text_file(file), file);
}

std::string protocol_text(const Protocol& protocol) {
  std::ostringstream out;
  std::string section;
  const auto exceptions = [&] {
    for (const auto& [key, averaging] : protocol.averaging_of)
      out << "averaging." << key << " = " << kAveragings.print(averaging) << "\n";
  };
  for (const Key& row : keys()) {
    if (row.section != section) {
      section = row.section;
      out << "[" << section << "]\n";
    }
    out << row.key << " = " << row.print(protocol) << "\n";
    if (section == "metrics" && std::string(row.key) == "averaging") exceptions();
  }
  return out.str();
}

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
