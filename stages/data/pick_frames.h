// Which of the frames of a listing are wanted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

struct Pick {
  std::vector<std::string> scenes = {};  // globs: '*' any letters, '?' one; empty = all
  int every = 1;                         // every n-th frame of a scene, beginning with the first
  int limit = 0;                         // at most so many frames; 0 = all
  std::filesystem::path list = {};       // only those named there (list_planes.h: keep_listed)
  std::filesystem::path skip_list = {};  // none of those named there
};

// Applies scenes, list, skip list, every and limit, in this order. A glob that matches no scene becomes a
// failure. Throws std::runtime_error when a list cannot be read.
void pick_frames(Listing& listing, const Pick& pick);

// "kitchen*" for kitchen_0001a; '*' also takes '/'.
bool matches_glob(std::string_view glob, std::string_view text);

// The number that a word of --no-reading stands for: NaN and infinities by name. nullopt: it is none.
std::optional<double> sample_value(const std::string& word);

}  // namespace depthmill::data
