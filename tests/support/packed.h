// A frame laid out by the stage pack, without a run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "stages/base/frame_list.h"
#include "stages/io/atomic_file.h"
#include "stages/pack/pack.h"

namespace depthmill::test {

inline void write_packed(const std::filesystem::path& root, const char* layout, Frame frame,
                         pack::Part part) {
  pack::PackOptions options;
  options.layout = &pack::find_layout(layout);
  options.parts = std::make_shared<std::map<std::string, pack::Part>>(
      std::map<std::string, pack::Part>{{frame.id(), part}});
  Frame listed;
  listed.scene = frame.scene, listed.name = frame.name;
  FrameList list;
  list.push_back(listed);
  const auto stage = pack::make_pack_stage(options);
  stage->expect_frames(list);
  stage->prepare();
  stage->run({&frame, 1});
  if (!frame.ok()) throw FrameError(frame.failure, frame.failure_text);
  for (const auto& [path, bytes] : frame.files) io::write_whole_file(root / path, bytes);
}

}  // namespace depthmill::test
