// What counts no more is removed, so that nothing stale lies there for others to find: planes and files of stages that
// are done again, of frames that came out otherwise or fail now, and the tables that were made of them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {

// Derived by every call that ends, below the run folder.
inline constexpr const char* kSettingsFile = "config.ini";
inline constexpr const char* kTimesFile = "timing.csv";

inline bool is_plane(const OutputFile& output) { return output.path.starts_with("planes/"); }

class TakeBack {
 public:
  // For a run of `stages`; `stage_order`: every stage there is, in flow order. All must outlive it.
  TakeBack(std::filesystem::path folder, Ledger& ledger, const std::vector<StageSettings>& stages,
           const std::vector<std::string>& stage_order)
      : folder_(std::move(folder)), ledger_(ledger), stages_(stages), stage_order_(stage_order) {}

  // Everything that the run's stages did, and those after them. Says so in `remarks`, as the others do.
  void everything(std::vector<std::string>& remarks);
  // What the run's stages had made of a frame that fails now; false when that was nothing.
  bool earlier_results(const FrameRecord& failed) const;
  // What stages after the run's had made of frames (scene, name) that came out otherwise.
  void results_after(std::span<const std::pair<std::string, std::string>> changed,
                     std::vector<std::string>& remarks);
  // Lists of an earlier call, which must not stand beside files that are made again.
  void index_files() const;

 private:
  struct Dependents {
    std::vector<std::string> stages, planes;
  };
  Dependents dependents() const;
  void remove_planes(const FrameRecord& record, const std::vector<std::string>& planes) const;
  void remove_files(const FrameRecord& record) const;
  void remove_tables(const std::vector<std::string>& stages, std::vector<std::string>& remarks) const;

  std::filesystem::path folder_;
  Ledger& ledger_;
  const std::vector<StageSettings>& stages_;
  const std::vector<std::string>& stage_order_;
};

}  // namespace depthmill::run_folder
