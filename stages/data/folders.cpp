#include "stages/data/folders.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "stages/run_folder/ledger.h"
#include "stages/run_folder/manifest.h"
#include "stages/run_folder/take_back.h"

namespace depthmill::data {
namespace fs = std::filesystem;
namespace {

// Puts down the folder's names; answers with the folders in it, sorted.
std::vector<std::string> read_names(FolderListing& listing) {
  std::vector<std::string> folders;
  std::error_code error;
  fs::directory_iterator entry(listing.folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.')) continue;
    (entry->is_directory(ignored) ? folders : listing.files).push_back(std::move(name));
  }
  if (error) listing.problem = error.message();
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(folders.begin(), folders.end());
  return folders;
}

void visit(const fs::path& folder, const std::string& below_root, std::set<fs::path>& seen,
           std::vector<FolderListing>& found) {
  FolderListing listing{folder, below_root, {}, {}};
  std::vector<std::string> folders;
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error)
    listing.problem = error.message();
  else if (!seen.insert(real).second)
    return;
  else
    folders = read_names(listing);
  found.push_back(std::move(listing));
  for (const std::string& name : folders)
    visit(folder / name, below_root.empty() ? name : below_root + "/" + name, seen, found);
}

}  // namespace

std::vector<Remark> unread_folders(const std::vector<FolderListing>& folders) {
  std::vector<Remark> remarks;
  for (const FolderListing& listing : folders)
    if (!listing.problem.empty())
      remarks.push_back({listing.below_root, FailureReason::kUnreadable,
                         listing.folder.string() + ": cannot be listed (" + listing.problem +
                             "), so what lies in it is left out"});
  return remarks;
}

std::vector<FolderListing> list_folders(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) throw std::runtime_error(root.string() + ": is not a folder");
  std::set<fs::path> seen;
  std::vector<FolderListing> found;
  visit(root, "", seen, found);
  if (!found.front().problem.empty()) throw std::runtime_error(root.string() + ": " + found.front().problem);
  return found;
}

bool Tree::is_folder() const {
  std::error_code ignored;
  return fs::is_directory(root_, ignored);
}

bool Tree::is_file() const {
  std::error_code ignored;
  return fs::exists(root_, ignored) && !fs::is_directory(root_, ignored);
}

bool Tree::has_folder(const std::string& below) const {
  std::error_code ignored;
  return fs::is_directory(root_ / below, ignored);
}

bool Tree::has_file(const std::string& below) const {
  std::error_code ignored;
  return fs::is_regular_file(root_ / below, ignored);
}

const std::vector<FolderListing>& Tree::folders() const {
  if (folders_) return *folders_;
  folders_ = is_folder() ? list_folders(root_) : std::vector<FolderListing>{};
  if (has_file(run_folder::kJournalFile))
    std::erase_if(folders_->front().files, [](const std::string& name) {
      return name == run_folder::kJournalFile || name == run_folder::kManifestFile ||
             name == run_folder::kSettingsFile || name == run_folder::kTimesFile;
    });
  return *folders_;
}

}  // namespace depthmill::data
