// A run folder as the run sees it that fills it: what lies there from earlier, and what is added frame by frame.
//
//   <run>/config.ini                              the settings in effect, the last of each stage
//   <run>/manifest.csv                            the ledger (manifest.h)
//   <run>/planes/<scene>/<frame>.<plane>.<ext>    what the stages made
//   <run>/metrics/frames.csv                      scores (score_tables.h)
//   <run>/timing.csv                              stage,seconds,ms_per_frame of the last run
//
//   RunFolder folder("runs/net", contents);       // reads what is there, changes nothing
//   folder.begin(settings);
//   if (!folder.done(frame)) {
//     folder.write_planes(frame);
//     folder.record(frame);
//   }
//   folder.finish(times, wall_seconds, frames);
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "stages/base/frame.h"
#include "stages/io/image_file.h"
#include "stages/io/ini.h"
#include "stages/run_folder/manifest.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill::run_folder {

// A plane that the folder keeps of every frame, and how.
struct KeptPlane {
  std::string name;                                // see namespace plane
  const io::FileFormat* format = &io::kPngFormat;  // of depth, see plane_files.h
};

// What a run is going to put into its folder.
struct Contents {
  std::vector<std::string> stage_order;  // every stage there is, in flow order: ranks the ledger's rows
  std::vector<std::string> stages;       // those of this run
  std::vector<KeptPlane> planes;
  double depth_scale = 1000;           // integer steps a metre in 16-bit files
  std::vector<std::string> protocols;  // under which each frame is scored; empty = no scores
  std::vector<std::string> metrics;    // keys of these protocols, the columns of frames.csv
  bool restart = false;                // what this run's stages did earlier is forgotten
};

// Seconds that a step took, summed over threads.
struct StepTime {
  std::string name;
  double seconds = 0;
};

class RunFolder {
 public:
  // Reads ledger and settings where there are any. Throws std::runtime_error naming the file when one is
  // damaged.
  RunFolder(std::filesystem::path folder, Contents contents);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path ledger_file() const { return manifest_.file(); }
  std::filesystem::path settings_file() const;
  std::filesystem::path metrics_folder() const { return folder_ / "metrics"; }
  std::filesystem::path plane_file(const Frame& frame, const KeptPlane& plane) const;

  // The settings that earlier runs left; empty when there are none.
  const io::IniFile& settings() const { return settings_; }
  // Those of this run's stages whose earlier work is kept: their settings must be the same now.
  std::vector<std::string> begun() const;

  // Makes the folder ready: forgets on restart, writes `settings`, opens the tables.
  void begin(const std::string& settings);

  // Is the frame on record as ok in every stage of this run, are its planes there, and its scores under every
  // protocol?
  bool done(const Frame& frame) const;

  // Writes the kept planes that the frame has, each whole or not at all. May be called from several threads.
  // Throws as io::write_plane.
  void write_planes(const Frame& frame) const;

  // Frames that are left out on purpose; each says why by its failure.
  void record_skipped(std::span<const Frame> frames);
  // How the frame fared, after its planes are written: its scores, then its rows in the ledger. From one thread
  // at a time.
  void record(const Frame& frame);

  // Puts the ledger in order and writes timing.csv; what it costs a frame is over `frames`.
  void finish(std::span<const StepTime> times, double wall_seconds, std::size_t frames);
  // Every score the folder holds; after finish().
  std::vector<FrameScore> scores() const;

 private:
  bool scored(const Frame& frame) const;
  std::filesystem::path scores_file() const { return metrics_folder() / "frames.csv"; }

  std::filesystem::path folder_;
  Contents contents_;
  Manifest manifest_;
  io::IniFile settings_;
  std::set<std::tuple<std::string, std::string, std::string>> scored_;  // protocol, scene, frame
  std::unique_ptr<FrameTableWriter> score_table_;
};

}  // namespace depthmill::run_folder
