// What the names of raw files say: `<kind>-<host seconds>-<device clock>.<ext>`, for example
// d-1294886362.665769-3143255701.pgm, and what a scene folder's name says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace depthmill::nyu {

// A well-formed name of a raw file.
struct RawName {
  char kind;            // 'r' .ppm, 'd' .pgm, 'a' .dump
  double seconds;       // host time on arrival, Unix
  std::uint32_t clock;  // the Kinect's counter; wraps
};

// Takes a bare file name apart. nullopt unless it is [dra]-<seconds>-<clock>.<ext> as a whole: seconds in
// plain digits with an optional fraction, clock in 32 bits, the extension that belongs to the kind.
std::optional<RawName> parse_raw_name(std::string_view file_name);

// The time get_synched_frames reads off a bare name: the text from the third character to the next '-', as a
// number; NaN where it is none (spec for names that parse_raw_name refuses).
double synch_seconds(std::string_view file_name);

// `get_timestamp_from_filename`: MATLAB day number (UTC-4) of a raw file's PATH. It drops two characters,
// splits at '-' and reads the second piece, so a bare name gives NaN, as in the toolbox.
double get_timestamp_from_filename(std::string_view path);

// Unix seconds as MATLAB day number, with the toolbox's constant for UTC-4.
constexpr double datenum_from_seconds(double seconds) { return seconds / 86400 + 719528.8333333334; }

// `get_scene_type_from_scene`: "home_office_0002a" -> "home_office". The text before the separator before the
// first digit; empty without a digit, or when the first digit is the first or second character.
std::string get_scene_type_from_scene(std::string_view scene);

}  // namespace depthmill::nyu
