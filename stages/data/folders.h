// Folder listings that do not depend on the file system's order.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

// One folder and the bare names of the files in it, sorted by bytes.
struct FolderListing {
  std::filesystem::path folder;
  std::string below_root;  // generic path below the root, "" for the root itself
  std::vector<std::string> files;
  std::string problem;  // why its names are not all here, empty when they are

  // Path of one of its files below the root.
  std::string below(const std::string& file) const {
    return below_root.empty() ? file : below_root + "/" + file;
  }
};

// The root and every folder below it, sorted by path. Links to folders are followed, each folder once; hidden
// files and folders (a leading '.') are left out. Throws std::runtime_error when the root is no folder or
// cannot be read; a folder below that cannot has its `problem`.
std::vector<FolderListing> list_folders(const std::filesystem::path& root);

// One failure a folder that has a problem.
std::vector<Remark> unread_folders(const std::vector<FolderListing>& folders);

// What a command names as its input, a folder or a file. It is walked through once, when somebody asks.
class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  bool is_folder() const;
  bool is_file() const;
  // Is there a folder, or a file, of this path below the root?
  bool has_folder(const std::string& below) const;
  bool has_file(const std::string& below) const;
  // As list_folders, without the records that a run left in the root (journal, manifest.csv, ...): they are no data.
  // Nothing when the root is a file.
  const std::vector<FolderListing>& folders() const;

 private:
  std::filesystem::path root_;
  mutable std::optional<std::vector<FolderListing>> folders_;
};

}  // namespace depthmill::data
