#include "stages/io/calibration.h"

#include <cmath>
#include <limits>

#include "stages/io/csv.h"
#include "stages/io/ini.h"
#include "stages/io/text_file.h"

namespace depthmill::io {
namespace {
constexpr const char* kSection = "calibration";
}

Calibration read_calibration(const std::filesystem::path& file) {
  const IniFile ini = IniFile::read(file);
  Calibration calibration;
  calibration.scale = ini.number(kSection, "scale", std::numeric_limits<double>::quiet_NaN());
  calibration.power = ini.number(kSection, "power", calibration.power);
  calibration.shift = ini.number(kSection, "shift", calibration.shift);
  if (std::isnan(calibration.scale))
    throw TextFileError(file, 0, "has no scale in [calibration]; 'depthmill calibrate' writes such files");
  return calibration;
}

std::string calibration_text(const Calibration& calibration,
                             const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string text =
      "# metres = scale v^power + shift\n[calibration]\nscale = " + format_number(calibration.scale) +
      "\npower = " + format_number(calibration.power) + "\nshift = " + format_number(calibration.shift) +
      "\n";
  for (const auto& [key, value] : facts) text += key + " = " + value + "\n";
  return text;
}

}  // namespace depthmill::io
