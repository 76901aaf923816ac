// Folder listings that do not depend on the file system's order.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

// One folder and the bare names of the files in it, sorted by bytes.
struct FolderListing {
  std::filesystem::path folder;
  std::string below_root;  // generic path below the root, "" for the root itself
  std::vector<std::string> files;
  std::string problem;  // why its names are not all here, empty when they are
};

// The root and every folder below it, sorted by path. Links to folders are followed, each folder once; hidden
// files and folders (a leading '.') are left out. Throws std::runtime_error when the root is no folder or cannot be
// read; a folder below that cannot has its `problem`.
std::vector<FolderListing> list_folders(const std::filesystem::path& root);

// One failure a folder that has a problem.
std::vector<Remark> unread_folders(const std::vector<FolderListing>& folders);

}  // namespace depthmill::data
