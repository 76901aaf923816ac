#include "stages/nyu/timestamps.h"

#include <charconv>
#include <limits>

namespace depthmill::nyu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kDigits = "0123456789";

// The whole text as a number, else NaN.
double number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && !text.empty() ? value : kNaN;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string_view extension_of(char kind) {
  switch (kind) {
    case 'r':
      return "ppm";
    case 'd':
      return "pgm";
    case 'a':
      return "dump";
    default:
      return "";
  }
}

}  // namespace

std::optional<RawName> parse_raw_name(std::string_view name) {
  if (name.size() < 2 || name[1] != '-' || extension_of(name[0]).empty()) return std::nullopt;
  const std::size_t dash = name.find('-', 2);
  const std::size_t dot = name.rfind('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot < dash) return std::nullopt;
  if (name.substr(dot + 1) != extension_of(name[0])) return std::nullopt;

  const std::string_view seconds = name.substr(2, dash - 2);
  const std::size_t point = seconds.find('.');
  if (!all_digits(seconds.substr(0, point))) return std::nullopt;
  if (point != std::string_view::npos && !all_digits(seconds.substr(point + 1))) return std::nullopt;

  const std::string_view clock = name.substr(dash + 1, dot - dash - 1);
  RawName result{name[0], number(seconds), 0};
  const auto [stop, error] = std::from_chars(clock.data(), clock.data() + clock.size(), result.clock);
  if (!all_digits(clock) || error != std::errc() || stop != clock.data() + clock.size()) return std::nullopt;
  if (!(result.seconds < std::numeric_limits<double>::infinity())) return std::nullopt;
  return result;
}

double synch_seconds(std::string_view name) {
  if (name.size() < 3) return kNaN;
  const std::string_view rest = name.substr(2);
  return number(rest.substr(0, rest.find('-')));
}

double get_timestamp_from_filename(std::string_view path) {
  if (path.size() < 2) return kNaN;
  path.remove_prefix(2);
  const std::size_t dash = path.find('-');
  if (dash == std::string_view::npos) return kNaN;
  path.remove_prefix(dash + 1);
  return datenum_from_seconds(number(path.substr(0, path.find('-'))));
}

std::string get_scene_type_from_scene(std::string_view scene) {
  const std::size_t digit = scene.find_first_of(kDigits);
  if (digit == std::string_view::npos || digit < 2) return "";
  return std::string(scene.substr(0, digit - 1));
}

}  // namespace depthmill::nyu
