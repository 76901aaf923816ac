// Results under names of the user's own, in place of a run folder's planes: `OUT/<scene>/<name>.png`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "stages/base/stage.h"

namespace depthmill::io {
struct FileFormat;
}

namespace depthmill::pipeline {

struct NamedFiles {
  std::string name;   // with {stem} where the frame's own name stands: "{stem}_depth"
  bool flat = false;  // no folders: the scene becomes a part of the name, "kitchen_0001"
  double depth_scale = 1000;
  // Of the depth, once the stage is prepared: png or npy.
  std::function<const io::FileFormat*(const Stage&)> format;

  std::string problem() const;  // "" or a sentence
};

// The stage, whose first plane becomes a file of that name and format, and pictures that it adds besides
// `<name>.<plane>.png`; colour that is merely kept is not written. Refuses (expect_frames, std::runtime_error) two frames
// that would have one name.
std::unique_ptr<Stage> with_named_files(std::unique_ptr<Stage> stage, NamedFiles files);

}  // namespace depthmill::pipeline
