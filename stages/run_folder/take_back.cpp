#include "stages/run_folder/take_back.h"

#include <algorithm>

#include "stages/base/counted.h"
#include "stages/io/suggest.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

// What `report` leaves in a run folder unless it is told another place.
constexpr const char* kReportFiles[] = {"report/tables.csv", "report/tables.md", "report/tables.tex",
                                        "report/report.json", "report/report.html"};

// "depth" of "planes/kitchen/d-1.depth.png".
std::string plane_of(const std::string& path) {
  const std::string ending = fs::path(path).stem().extension().string();
  return ending.empty() ? ending : ending.substr(1);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& x) { return contains(b, x); });
}

}  // namespace

// The stages whose work in this folder goes back to planes that this run makes, and the planes of these stages.
TakeBack::Dependents TakeBack::dependents() const {
  Dependents after;
  std::vector<std::string> mine, planes;
  for (const StageSettings& stage : stages_) {
    mine.push_back(stage.stage);
    planes.insert(planes.end(), stage.adds.begin(), stage.adds.end());
  }
  for (const std::string& name : stage_order_) {
    if (contains(mine, name)) continue;
    const Call* call = ledger_.has_done(name) ? ledger_.last_call_of(name) : nullptr;
    const StageSettings* stage = call ? call->find(name) : nullptr;
    if (!stage || !meet(stage->reads, planes)) continue;
    after.stages.push_back(name);
    after.planes.insert(after.planes.end(), stage->adds.begin(), stage->adds.end());
    planes.insert(planes.end(), stage->adds.begin(), stage->adds.end());
  }
  return after;
}

void TakeBack::remove_planes(const FrameRecord& record, const std::vector<std::string>& planes) const {
  std::error_code ignored;
  for (const OutputFile& output : record.outputs)
    if (contains(planes, plane_of(output.path))) fs::remove(folder_ / output.path, ignored);
}

// What stages have made besides planes.
void TakeBack::remove_files(const FrameRecord& record) const {
  std::error_code ignored;
  for (const OutputFile& output : record.outputs)
    if (!is_plane(output)) fs::remove(folder_ / output.path, ignored);
}

void TakeBack::remove_tables(const std::vector<std::string>& stages,
                             std::vector<std::string>& remarks) const {
  const bool scored = std::any_of(stages.begin(), stages.end(), [&](const std::string& stage) {
    const Call* call = ledger_.last_call_of(stage);
    return call && !call->protocols.empty();
  });
  if (!scored) return;
  std::size_t removed = 0;
  std::error_code ignored;
  for (const auto& [path, content] : ledger_.tables())
    if (path.starts_with("metrics/")) removed += fs::remove(folder_ / path, ignored);
  for (const char* path : kReportFiles) removed += fs::remove(folder_ / path, ignored);
  // Folders in which nothing is left.
  for (const char* path : {"metrics/protocols", "metrics", "report"}) fs::remove(folder_ / path, ignored);
  if (removed > 0)
    remarks.push_back(
        "the tables and reports in this folder were made of what is done again: they are removed");
}

void TakeBack::everything(std::vector<std::string>& remarks) {
  const Dependents after = dependents();
  std::vector<std::string> stages = after.stages, planes = after.planes;
  for (const StageSettings& stage : stages_) {
    stages.push_back(stage.stage);
    planes.insert(planes.end(), stage.adds.begin(), stage.adds.end());
  }
  ledger_.for_each([&](const FrameRecord& record) {
    remove_planes(record, planes);
    if (meet(record.stages, stages)) remove_files(record);
  });
  remove_tables(stages, remarks);
  ledger_.forget(stages);
  if (!after.stages.empty())
    remarks.push_back("what '" + io::name_list(after.stages) +
                      "' made of earlier results counts no more and is removed: do it again");
}

bool TakeBack::earlier_results(const FrameRecord& failed) const {
  bool removed = false;
  for (const StageSettings& stage : stages_)
    if (const auto before = ledger_.find(failed.scene, failed.frame, stage.stage)) {
      for (const StageSettings& any : stages_) remove_planes(*before, any.adds);
      removed = removed || !before->outputs.empty();
    }
  return removed;
}

void TakeBack::results_after(std::span<const std::pair<std::string, std::string>> changed,
                             std::vector<std::string>& remarks) {
  const Dependents after = dependents();
  if (after.stages.empty()) return;
  for (const auto& [scene, frame] : changed) {
    for (const std::string& stage : after.stages)
      if (const auto record = ledger_.find(scene, frame, stage)) {
        remove_planes(*record, after.planes);
        remove_files(*record);
      }
    ledger_.forget_frame(scene, frame, after.stages);
  }
  remove_tables(after.stages, remarks);
  remarks.push_back("what '" + io::name_list(after.stages) + "' made of " + counted(changed.size(), "frame") +
                    " that came out otherwise counts no more and is removed: do it again");
}

void TakeBack::index_files() const {
  std::error_code ignored;
  for (const auto& [path, content] : ledger_.tables())
    if (!path.starts_with("metrics/") && path != kSettingsFile && path != kManifestFile && path != kTimesFile)
      fs::remove(folder_ / path, ignored);
}

}  // namespace depthmill::run_folder
