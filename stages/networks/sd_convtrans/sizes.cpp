#include "stages/networks/sd_convtrans/sizes.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

#include "stages/io/csv.h"
#include "stages/io/ini.h"

namespace depthmill::sd_convtrans {
namespace {

struct ArrayField {
  const char* key;
  std::array<int, 4> NetworkSizes::*member;
};
constexpr ArrayField kArrays[] = {
    {"trunk_blocks", &NetworkSizes::trunk_blocks},
    {"trunk_widths", &NetworkSizes::trunk_widths},
    {"embed", &NetworkSizes::embed},
    {"heads", &NetworkSizes::heads},
    {"reductions", &NetworkSizes::reductions},
    {"depths", &NetworkSizes::depths},
};

struct NumberField {
  const char* key;
  int NetworkSizes::*member;
};
constexpr NumberField kNumbers[] = {{"stem", &NetworkSizes::stem},
                                    {"pyramid", &NetworkSizes::pyramid},
                                    {"detail", &NetworkSizes::detail},
                                    {"head", &NetworkSizes::head}};

struct SizeField {
  const char* key;
  int NetworkSizes::*height;
  int NetworkSizes::*width;
};
constexpr SizeField kPictures[] = {{"low_size", &NetworkSizes::low_height, &NetworkSizes::low_width},
                                   {"high_size", &NetworkSizes::high_height, &NetworkSizes::high_width}};

}  // namespace

std::string NetworkSizes::problem() const {
  for (const NumberField& f : kNumbers)
    if (this->*f.member < 1) return std::string("network.") + f.key + " must be at least 1";
  for (const ArrayField& f : kArrays)
    for (int value : this->*f.member)
      if (value < 1) return std::string("network.") + f.key + " must be four numbers of at least 1";
  for (int i = 0; i < 4; ++i)
    if (embed[i] % heads[i] != 0) return "network.embed must be multiples of network.heads";
  if (!(drop_path >= 0 && drop_path < 1)) return "network.drop_path must lie in [0, 1)";
  // The first reduction has to leave at least one key: 8 cells of stride 4, rounded up.
  const int least = 4 * (reductions[0] - 1) + 1;
  if (high_height < least || high_width < least)
    return "network.high_size must be at least " + std::to_string(least) + " pixels a side";
  if (low_height < 1 || low_width < 1) return "network.low_size must be at least 1 pixel a side";
  return "";
}

NetworkSizes read_sizes(const io::IniFile& ini) {
  NetworkSizes sizes;
  for (const NumberField& f : kNumbers)
    sizes.*f.member = static_cast<int>(ini.integer("network", f.key, sizes.*f.member));
  for (const ArrayField& f : kArrays) {
    const io::IniEntry* entry = ini.find("network", f.key);
    if (!entry) continue;
    const std::vector<double> values = ini.numbers("network", f.key, {});
    if (values.size() != 4) throw ini.error(*entry, "needs four numbers, one a stage, separated by commas");
    for (int i = 0; i < 4; ++i) {
      if (values[i] != std::floor(values[i]) || std::abs(values[i]) > 1e6)
        throw ini.error(*entry, "needs four whole numbers");
      (sizes.*f.member)[i] = static_cast<int>(values[i]);
    }
  }
  for (const SizeField& f : kPictures) {
    const io::IniEntry* entry = ini.find("network", f.key);
    if (!entry) continue;
    std::istringstream in(entry->value);
    char cross = 0;
    if (!(in >> sizes.*f.height >> cross >> sizes.*f.width) || cross != 'x' || !(in >> std::ws).eof())
      throw ini.error(*entry, "'" + entry->value + "' is no size; write HEIGHTxWIDTH, for example 480x640");
  }
  sizes.drop_path = ini.number("network", "drop_path", sizes.drop_path);
  sizes.unused_modules = ini.flag("network", "unused_modules", sizes.unused_modules);
  if (const std::string problem = sizes.problem(); !problem.empty())
    throw std::runtime_error(ini.file().string() + ": " + problem);
  return sizes;
}

std::vector<std::string> size_keys() {
  std::vector<std::string> keys{"drop_path", "unused_modules"};
  for (const NumberField& f : kNumbers) keys.emplace_back(f.key);
  for (const ArrayField& f : kArrays) keys.emplace_back(f.key);
  for (const SizeField& f : kPictures) keys.emplace_back(f.key);
  return keys;
}

std::string sizes_text(const NetworkSizes& sizes) {
  std::ostringstream out;
  out << "[network]\n";
  for (const NumberField& f : kNumbers) out << f.key << " = " << sizes.*f.member << "\n";
  for (const ArrayField& f : kArrays) {
    const auto& v = sizes.*f.member;
    out << f.key << " = " << v[0] << ", " << v[1] << ", " << v[2] << ", " << v[3] << "\n";
  }
  for (const SizeField& f : kPictures)
    out << f.key << " = " << sizes.*f.height << "x" << sizes.*f.width << "\n";
  out << "drop_path = " << io::format_number(sizes.drop_path) << "\n";
  out << "unused_modules = " << (sizes.unused_modules ? "yes" : "no") << "\n";
  return out.str();
}

}  // namespace depthmill::sd_convtrans
