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
#include <string_view>
#include <tuple>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill::run_folder {

enum class RowStatus {
  kOk,       // the stage is done with the frame
  kFailed,   // the stage, or the reading before it, could not go on
  kSkipped,  // the frame was left out on purpose (evaluate.allow_missing)
};

struct ManifestRow {
  std::string scene, frame, stage;
  RowStatus status = RowStatus::kOk;
  std::string reason;  // reason_name() of what failed or was missing, empty when ok
  std::string detail;  // the sentence that goes with it, or a remark

  std::string id() const { return scene.empty() ? frame : scene + "/" + frame; }  // as Frame::id()
};

class Manifest {
 public:
  // Reads `file` when it is there: of two rows of one frame and stage the later counts, a last line that a
  // kill has torn is dropped. Anything else that is no manifest throws std::runtime_error naming file and
  // line. `stage_order` ranks stages within a frame; stages that it lacks come last, by name.
  explicit Manifest(std::filesystem::path file, std::vector<std::string> stage_order = {});

  // Every row, in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [ignored, row] : rows_) visit(row);
  }

  // The row of a frame and stage, or nullptr.
  const ManifestRow* find(const std::string& scene, const std::string& frame, const std::string& stage) const;
  // Was every one of `stages` finished without failure for this frame?
  bool all_ok(const Frame& frame, std::span<const std::string> stages) const;
  // Is any frame of this stage done?
  bool has_done(const std::string& stage) const;

  // Puts rows (replacing older ones of the same frame and stage, and older failures of the frame) and appends
  // them to the file at once. The cost does not grow with the rows that are there but for their logarithm.
  // Throws std::runtime_error when the file cannot be written.
  void record(std::span<const ManifestRow> rows);
  // Drops the rows of `stages` (a run that starts over).
  void forget(std::span<const std::string> stages);
  // Rewrites the file whole and in order.
  void finish();

  const std::filesystem::path& file() const { return file_; }

 private:
  // Scene, frame, rank of the stage, stage: the order of the rows.
  using Key = std::tuple<std::string, std::string, std::size_t, std::string>;
  Key key(const std::string& scene, const std::string& frame, const std::string& stage) const;
  void forget_failures(const std::string& scene, const std::string& frame);

  std::filesystem::path file_;
  std::vector<std::string> stage_order_;
  std::map<Key, ManifestRow> rows_;
  std::ofstream append_;
};

// The rows that say how `frame` fared: one ok row a stage, or one for its failure alone. Remarks on the frame
// are the detail of its first row.
std::vector<ManifestRow> rows_of(const Frame& frame, std::span<const std::string> stages);

}  // namespace depthmill::run_folder
