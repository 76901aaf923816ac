// Frames that come together in one file (a .tar, a .h5): they are done together, and on record once the file is whole.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/run_graph.h"
#include "stages/base/stage.h"
#include "stages/run_folder/run_folder.h"

namespace depthmill::pipeline {

// The frames of a call, by how they stand.
struct Standings {
  std::vector<std::size_t> to_do, suspected;
  std::size_t done = 0, crashed = 0;
  bool one_at_a_time = false;  // among those to do are some under suspicion
  std::size_t size() const { return to_do.size() + suspected.size() + done + crashed; }
};

// A frame that is to do takes the others of its file along. Those under suspicion keep their place, too: the frames of a
// file follow each other. `done`: places in the list of those that are done.
void keep_groups_together(const Stage& maker, const FrameList& list, Standings& frames,
                          const std::vector<std::size_t>& done);

// Puts the frames of a file together and on record once the file is whole: until then none of them is done.
class GroupRecorder {
 public:
  GroupRecorder(const Stage& maker, run_folder::RunFolder& folder, const FrameList& list,
                const Standings& frames);

  void record(const Frame& frame, FrameSink::Record record);

 private:
  struct Group {
    std::size_t to_come = 0;
    std::unique_ptr<FileGroup> file;
    std::vector<std::pair<Frame, FrameSink::Record>> waiting;
  };
  void close(const std::string& path, Group& group);

  const Stage& maker_;
  run_folder::RunFolder& folder_;
  std::map<std::string, Group> groups_;
};

}  // namespace depthmill::pipeline
