// A run folder as the run sees it that fills it: what lies there from earlier, and what is added frame by frame.
//
//   <run>/journal                                 the ledger (ledger.h), by which alone a run goes
//   <run>/planes/<scene>/<frame>.<plane>.<ext>    what the stages made
//   <run>/metrics/frames.csv                      scores (score_tables.h)
//   <run>/manifest.csv, config.ini, timing.csv    for people, derived from the ledger when a call ends
//
//   RunFolder folder("runs/net", contents);       // reads what is there, changes nothing
//   folder.take();                                // for this process
//   if (folder.standing(frame) == Standing::kToDo) list it;
//   folder.begin(call);
//   for each listed {
//     FrameRecord record = folder.look_at(frame);
//     ... decode the sources ...
//     folder.sources_were_read(record);
//     ... work ...
//     folder.write_planes(frame, record);
//     folder.record(frame, record);
//   }
//   folder.finish(call, list, write_metrics);
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stages/base/frame.h"
#include "stages/base/frame_list.h"
#include "stages/io/image_file.h"
#include "stages/io/ini.h"
#include "stages/run_folder/crash.h"
#include "stages/run_folder/derived.h"
#include "stages/run_folder/ledger.h"
#include "stages/run_folder/score_tables.h"
#include "stages/run_folder/syncer.h"
#include "stages/run_folder/take_back.h"

namespace depthmill::run_folder {

// A plane that the folder keeps of every frame, and how.
struct KeptPlane {
  std::string name;                                // see namespace plane
  const io::FileFormat* format = &io::kPngFormat;  // of depth, see plane_files.h
};

// What a run is going to put into its folder.
struct Contents {
  std::vector<std::string> stage_order;  // every stage there is, in flow order: ranks the ledger's rows
  std::vector<StageSettings> stages;     // those of this run
  std::set<std::string> reads;           // planes that are read from files: what the results are made from
  std::vector<KeptPlane> planes;
  double depth_scale = 1000;  // integer steps a metre in 16-bit files
  std::vector<std::pair<std::string, std::string>>
      protocols;              // under which each frame is scored, with their texts
  std::string scoring_stage;  // whose settings may change: its frames are scored again then
  bool restart = false;       // what this run's stages did earlier is forgotten
  // Files of a frame besides planes, by their paths below the folder. `grouped`: one file, in which it comes together
  // with others; who writes that puts it on the frame's record.
  std::function<std::vector<std::string>(const Frame&)> files = {};
  bool grouped = false;
  // Files about the frames that are done, path and text, derived whenever a call ends.
  using Texts = std::vector<std::pair<std::string, std::string>>;
  std::function<Texts(const FrameList&, std::span<const std::size_t> done)> index_files = {};
};

// How a frame stands before the work begins.
enum class Standing {
  kDone,       // made from what lies there now, with these settings, and all of it is there
  kToDo,       // never done, or not rightly
  kSuspected,  // the program crashed while it was worked on among others: to be tried alone
  kCrashed,    // the program crashed on it: to be left alone as long as its files are the same
};

class RunFolder {
 public:
  // Throws std::runtime_error naming the file when the journal cannot be read.
  RunFolder(std::filesystem::path folder, Contents contents);
  ~RunFolder();

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path manifest_file() const { return folder_ / kManifestFile; }
  std::filesystem::path metrics_folder() const { return folder_ / "metrics"; }
  const Ledger& ledger() const { return ledger_; }

  // The settings that the last call left; empty when there was none.
  io::IniFile settings() const;
  // Settings of stages whose work is kept that are others now: "fill.alpha was '1', now '10'". A run must not go on
  // then, or frames of two kinds would lie side by side.
  std::vector<std::string> changed_settings() const;

  // Takes the folder for this process (throws BusyError), sweeps what killed writers left and forgets on restart.
  void take();
  // Worth a line each: lines of the journal that were lost, files swept, results that went stale.
  const std::vector<std::string>& remarks() const { return remarks_; }

  // A file below the folder as it goes on record.
  OutputFile output(const std::string& path) const;

  // After take(); not for several threads at once.
  Standing standing(const Frame& frame);
  // How many frames stand kToDo for a reason: an earlier result is there that does not fit, with an example.
  struct Stale {
    std::size_t frames = 0;
    std::string example;
  };
  const Stale& stale_inputs() const { return stale_inputs_; }
  const Stale& stale_outputs() const { return stale_outputs_; }

  // After take(): takes over what the run folder of a part (shards.h) made and has on record, its calls too. Files are
  // moved; one that is here already with the same content was moved before. Throws std::runtime_error naming a file that
  // is in neither place.
  void absorb(const std::filesystem::path& part);

  // How many frames have files on record (Contents::files) and are not in `list`, with an example.
  Stale not_listed(const FrameList& list) const;

  // Puts the call on record and sets its id. From now on crashes are noted.
  void begin(Call& call);

  // The three below may be called from several threads.
  // What is known of the frame before its sources are read.
  FrameRecord look_at(const Frame& frame) const;
  // Puts down what was in them. Throws FrameError when they have changed in the meantime.
  void sources_were_read(const Frame& frame, FrameRecord& record) const;
  // Writes the kept planes that the frame has, and its files, each whole or not at all. Throws as io::write_plane.
  void write_planes(const Frame& frame, FrameRecord& record) const;

  // Frames that are left out on purpose; each says why by its failure.
  void record_skipped(const FrameList& frames);
  // How the frame fared, after its planes are written. From one thread at a time.
  void record(const Frame& frame, FrameRecord record);

  // Puts everything on the disk, derives the tables and ends the call. `list`: every frame of this call, those done
  // before too; `write_metrics` makes the tables of their scores.
  // `protocols`: names and texts of all that have rows, this call's first.
  using WriteMetrics = std::function<void(ScoreTables rows, const NamedTexts& protocols)>;
  void finish(Call call, const FrameList& list, const WriteMetrics& write_metrics);

 private:
  void supersede(const FrameRecord& record);
  OutputFile move_here(const std::filesystem::path& part, const OutputFile& output) const;
  bool settings_hold(const FrameRecord& record, const std::string& stage) const;
  bool outputs_hold(FrameRecord& record, const Frame& frame, bool durable, bool& refreshed) const;
  bool scores_hold(const FrameRecord& record) const;
  void carry_scores(FrameRecord& record) const;
  std::vector<std::string> output_paths(const Frame& frame) const;
  std::uint64_t content_again(const std::string& path, const FileLook& look) const;
  void write_index_files(const FrameList& list);
  void sync();

  std::filesystem::path folder_;
  Contents contents_;
  Ledger ledger_;
  TakeBack take_back_;
  std::map<std::string, std::uint64_t> protocol_hashes_;  // by name: asked for at every frame
  std::string call_;
  std::vector<std::string> remarks_;
  Stale stale_inputs_, stale_outputs_;
  std::vector<std::string> index_files_;  // that this call has written
  mutable OutputFile read_last_;          // of frames that come together in one file, it is read once
  std::vector<std::pair<std::string, std::string>>
      changed_;       // frames on record that were made anew, otherwise
  std::mutex mutex_;  // the ledger between the recorder and the syncer
  std::size_t done_ = 0, failed_ = 0;
  std::unique_ptr<CrashNotes> crash_notes_;
  std::unique_ptr<Syncer> syncer_;
};

}  // namespace depthmill::run_folder
