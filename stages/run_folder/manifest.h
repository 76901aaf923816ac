// manifest.csv of a run folder, `scene,frame,stage,status,reason,detail,inputs`: one row a frame and stage, in that order.
// It is for people, spreadsheets and the report, derived from the ledger (ledger.h) whenever a call ends; no run goes
// by it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace depthmill::run_folder {

class Ledger;

enum class RowStatus {
  kOk,       // the stage is done with the frame
  kFailed,   // the stage, or the reading before it, could not go on
  kSkipped,  // the frame was left out on purpose (evaluate.allow_missing)
};
std::string_view status_name(RowStatus status);
std::optional<RowStatus> find_status(std::string_view name);

struct ManifestRow {
  std::string scene, frame, stage;
  RowStatus status = RowStatus::kOk;
  std::string reason;  // reason_name() of what failed or was missing, empty when ok
  std::string detail;  // the sentence that goes with it, or a remark
  std::string inputs =
      {};  // files it was made from, "; " between them; on the first row of the stages of a call

  std::string id() const { return scene.empty() ? frame : scene + "/" + frame; }  // as Frame::id()
};

inline constexpr const char* kManifestFile = "manifest.csv";

// Appears whole or not at all. Throws std::runtime_error naming the file.
void write_manifest(const std::filesystem::path& file, const Ledger& ledger);

// Each row in turn; the table is not held in memory. Throws std::runtime_error naming file and line when it is no
// manifest.
void read_manifest(const std::filesystem::path& file, const std::function<void(ManifestRow)>& visit);

}  // namespace depthmill::run_folder
