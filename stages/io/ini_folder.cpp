#include "stages/io/ini_folder.h"

#include <algorithm>
#include <stdexcept>

#include "stages/base/quote.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace fs = std::filesystem;

std::vector<std::string> list_ini(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".ini") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

fs::path find_ini(const fs::path& folder, std::string_view name, std::string_view what) {
  if (name.ends_with(".ini")) return name;
  const auto names = list_ini(folder);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::string near = did_you_mean(name, names);
    std::string sentence = "there is no " + std::string(what) + " " + in_quotes(name) + near;
    if (!names.empty()) sentence += (near.empty() ? "; there are: " : " There are: ") + name_list(names);
    throw std::runtime_error(sentence);
  }
  return folder / (std::string(name) + ".ini");
}

}  // namespace depthmill::io
