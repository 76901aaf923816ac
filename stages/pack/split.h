// Which scenes are for training and which for testing. Recordings of one room in parts ("kitchen_0028a", "kitchen_0028b")
// stay together, so that no test image shows a place that was trained on.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/pack/layout.h"

namespace depthmill::pack {

class Split {
 public:
  // Everything is for training.
  Split() = default;
  // `text`: "RATIO:SEED", of all rooms that share is for training, chosen by a hash of seed and name (0.9:1); or a
  // file whose lines are "SCENE train" or "SCENE test". Throws std::runtime_error: neither, or a line that is wrong.
  // `scenes`: all there are.
  Split(const std::string& text, const std::set<std::string>& scenes);

  // Frame by frame, each by its id ("scene/frame").
  explicit Split(std::shared_ptr<const std::map<std::string, Part>> frames) : frames_(std::move(frames)) {}

  // Scenes that the file names and that are none of those there are.
  const std::vector<std::string>& not_there() const { return not_there_; }

  // Throws std::runtime_error for a scene that the file does not name, or a frame that is not among those given.
  Part part_of(const std::string& scene, const std::string& frame) const;

 private:
  bool all_train_ = true;
  std::string file_;
  std::map<std::string, Part> parts_;  // by scene
  std::vector<std::string> not_there_;
  std::shared_ptr<const std::map<std::string, Part>> frames_;  // by id, where that says it
};

// Scenes and their parts, a line "SCENE train" or "SCENE test" each; blank lines and those that begin with # say nothing.
// Throws io::TextFileError naming `file` and the line that is none, or says otherwise than one before.
std::map<std::string, Part> parse_split(const std::string& text, const std::string& file);

// Is it "RATIO:SEED"?
bool is_ratio(std::string_view text);

// "kitchen_0028" of "kitchen_0028a".
std::string room_of(const std::string& scene);

}  // namespace depthmill::pack
