#include "pipeline/frame_groups.h"

#include <algorithm>
#include <set>

namespace depthmill::pipeline {

void keep_groups_together(const Stage& maker, const FrameList& list, Standings& frames,
                          const std::vector<std::size_t>& done) {
  const auto group = [&](std::size_t i) { return maker.files_of(list[i]).front(); };
  std::set<std::string> to_do;
  frames.to_do.insert(frames.to_do.end(), frames.suspected.begin(), frames.suspected.end());
  for (const std::size_t i : frames.to_do) to_do.insert(group(i));
  for (const std::size_t i : done)
    if (to_do.contains(group(i))) frames.to_do.push_back(i), --frames.done;
  std::sort(frames.to_do.begin(), frames.to_do.end());
  frames.one_at_a_time = !frames.suspected.empty();
  frames.suspected.clear();
}

GroupRecorder::GroupRecorder(const Stage& maker, run_folder::RunFolder& folder, const FrameList& list,
                             const Standings& frames)
    : maker_(maker), folder_(folder) {
  for (const std::size_t i : frames.to_do) ++groups_[maker.files_of(list[i]).front()].to_come;
}

void GroupRecorder::record(const Frame& frame, FrameSink::Record record) {
  const std::string path = maker_.files_of(frame).front();
  Group& group = groups_.at(path);
  if (frame.ok()) {
    if (!group.file) group.file = maker_.open_group(folder_.path(), path);
    group.file->add(frame);
  }
  Frame kept = frame;
  kept.files.clear();
  group.waiting.emplace_back(std::move(kept), std::move(record));
  if (--group.to_come == 0) close(path, group);
}

void GroupRecorder::close(const std::string& path, Group& group) {
  std::error_code ignored;
  std::vector<run_folder::OutputFile> made;
  if (group.file) {
    group.file->close();
    made.push_back(folder_.output(path));
  } else {
    std::filesystem::remove(folder_.path() / path, ignored);  // of an earlier call: now it has no frame
  }
  for (auto& [frame, record] : group.waiting) {
    if (frame.ok()) record.outputs.insert(record.outputs.end(), made.begin(), made.end());
    folder_.record(frame, std::move(record));
  }
  groups_.erase(path);
}

}  // namespace depthmill::pipeline
