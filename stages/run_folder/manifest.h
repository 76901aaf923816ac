// The ledger of a run folder, manifest.csv: one row a frame and stage,
// `scene,frame,stage,status,reason,detail`. Rows are appended and flushed as frames finish, so a kill loses
// nothing that was done; when the run ends the file is rewritten whole in (scene, frame, stage) order, so
// that a run and its resumed twin end with equal bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill::pipeline {

struct ManifestRow {
  std::string scene, frame, stage;
  std::string status;  // "ok" or "failed"
  std::string reason;  // reason_name() of a failure, empty when ok
  std::string detail;  // the sentence that goes with it, or a remark
};

class Manifest {
 public:
  // Reads `file` when it is there. A last line that a kill has torn is dropped; anything else that is not a
  // manifest throws std::runtime_error naming file and line. `stage_order` ranks stages within a frame.
  Manifest(std::filesystem::path file, std::vector<std::string> stage_order);

  // The row of a frame and stage, or nullptr.
  const ManifestRow* find(const std::string& scene, const std::string& frame, const std::string& stage) const;
  // Was every one of `stages` finished without failure for this frame?
  bool all_ok(const Frame& frame, std::span<const std::string> stages) const;

  // Is any frame of this stage done?
  bool has_done(const std::string& stage) const;

  // Puts rows (replacing older ones of the same frame and stage) and appends them to the file at once.
  // Throws std::runtime_error when the file cannot be written.
  void record(std::span<const ManifestRow> rows);
  // Drops the rows of `stages` (a run that starts over).
  void forget(std::span<const std::string> stages);
  // Rewrites the file whole and in order.
  void finish();

  std::size_t failed_count() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  using Key = std::tuple<std::string, std::string, std::size_t, std::string>;
  Key key(const std::string& scene, const std::string& frame, const std::string& stage) const;

  std::filesystem::path file_;
  std::vector<std::string> stage_order_;
  std::map<Key, ManifestRow> rows_;
  std::ofstream append_;
};

// The rows that say how `frame` fared in `stages`: ok rows up to the failed stage, the failure, nothing after
// it.
std::vector<ManifestRow> rows_of(const Frame& frame, std::span<const std::string> stages);

}  // namespace depthmill::pipeline
