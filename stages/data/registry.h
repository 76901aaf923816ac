// The table of data sets: one row each.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

// What any data set may be asked; each row's help says what it looks at.
struct DatasetQuery {
  std::filesystem::path root;
  std::vector<std::string> scenes = {};  // only these; empty = all
  int every = 1;                         // every n-th frame of a scene
  double max_time_gap = 0;               // seconds between depth and RGB; 0 = no limit
  double depth_scale = 1000;             // integer steps a metre
};

struct Dataset {
  std::string_view name;
  std::string_view gives;  // planes that its frames have sources for
  std::string_view help;   // one line
  Listing (*list)(const DatasetQuery& query);
};

std::span<const Dataset> datasets();
// The row, or nullptr.
const Dataset* find_dataset(std::string_view name);

}  // namespace depthmill::data
