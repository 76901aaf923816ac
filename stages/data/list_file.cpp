#include "stages/data/list_file.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace depthmill::data {
namespace fs = std::filesystem;

fs::path resolve_listed(const fs::path& list, const std::string& word) {
  const fs::path path(word);
  std::error_code ignored;
  if (path.is_absolute() && fs::exists(path, ignored)) return path;
  return list.parent_path() / path.relative_path();
}

std::vector<std::vector<std::string>> read_list(const fs::path& list) {
  std::ifstream in(list);
  if (!in) throw std::runtime_error(list.string() + ": cannot be opened");
  std::vector<std::vector<std::string>> rows;
  bool first = true;
  for (std::string line; std::getline(in, line); first = false) {
    if (first && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (row.empty()) continue;
    std::error_code ignored;
    if (row.size() > 1 && fs::is_regular_file(resolve_listed(list, line), ignored)) row = {line};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace depthmill::data
