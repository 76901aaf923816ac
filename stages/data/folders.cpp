#include "stages/data/folders.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

void visit(const fs::path& folder, const std::string& below_root, std::set<fs::path>& seen,
           std::vector<FolderListing>& found) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) throw std::runtime_error(folder.string() + ": " + error.message());
  if (!seen.insert(real).second) return;

  FolderListing listing{folder, below_root, {}};
  std::vector<std::string> folders;
  fs::directory_iterator entries(folder, error);
  if (error) throw std::runtime_error(folder.string() + ": " + error.message());
  for (const fs::directory_entry& entry : entries) {
    std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    if (entry.is_directory(error))
      folders.push_back(std::move(name));
    else
      listing.files.push_back(std::move(name));
  }
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(folders.begin(), folders.end());
  found.push_back(std::move(listing));
  for (const std::string& name : folders)
    visit(folder / name, below_root.empty() ? name : below_root + "/" + name, seen, found);
}

}  // namespace

std::vector<FolderListing> list_folders(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) throw std::runtime_error(root.string() + ": is not a folder");
  std::set<fs::path> seen;
  std::vector<FolderListing> found;
  visit(root, "", seen, found);
  return found;
}

}  // namespace depthmill::data
