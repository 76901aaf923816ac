// Reads what a finished run left behind into plain structs. Nothing is computed here but counts.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/protocol.h"
#include "stages/run_folder/inputs.h"
#include "stages/run_folder/manifest.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill::report {

// One row of scenes.csv or types.csv under one protocol.
struct ScoreRow {
  std::string scene;
  std::size_t n = 0;           // frames averaged
  std::vector<double> values;  // in the order of ProtocolScores::keys, NaN = undefined
};

// One depth interval [from, to) in metres; `values` as in ScoreRow, n = pixels.
struct RangeRow {
  double from = 0;
  double to = 0;
  double n = 0;
  std::vector<double> values;
};

struct ProtocolScores {
  std::string name;
  std::optional<metrics::Protocol> protocol;  // as it was scored, when the run left it beside the tables
  std::string sentence;                       // the protocol in words, "" when the run does not say
  std::vector<std::string> keys;              // in the order of summary.csv
  std::vector<double> summary;                // value a key, NaN = undefined
  std::vector<double> low, high;              // 95 % interval of each summary value, NaN = none was computed
  std::size_t images = 0;                     // largest n in summary.csv
  ScoreTable frames;                          // in file order; its keys are those that rows have
  std::vector<ScoreRow> scenes;
  std::vector<ScoreRow> types;   // kinds of scenes: ScoreRow::scene is "home_office" and the like
  std::vector<RangeRow> ranges;  // by `from`
  std::string range_note;        // of what they are made, when not of all pixels

  // Index into keys, or -1.
  int key_index(std::string_view key) const;
  // Values of that metric, one a row of `frames`; NaN = undefined.
  std::vector<double> values_of(std::string_view key) const;
};

struct RunData {
  std::string label;
  std::filesystem::path folder;   // run folder: holds planes/, config.ini, manifest.csv where there are any
  std::filesystem::path metrics;  // holds summary.csv
  std::vector<ProtocolScores> protocols;  // in the order of summary.csv
  bool has_manifest = false;
  std::vector<run_folder::ManifestRow> failed;   // one a frame: its first failure
  std::vector<run_folder::ManifestRow> skipped;  // frames that a stage passed over, none of which failed
  // Without scores: the first frame of each scene that is done, by scene.
  std::vector<std::pair<std::string, std::string>> finished;
  std::string config;            // text of config.ini, "" when absent
  run_folder::RunInputs inputs;  // what it says of the planes' places
  std::vector<std::string> warnings;

  const ProtocolScores* find(std::string_view protocol) const;
};

// DIR or DIR=LABEL. A run folder without scores (manifest.csv but no summary.csv) gives pictures alone and a
// warning. Throws std::runtime_error naming the file when there is neither, or a table is damaged.
RunData load_run(const std::string& source);

// All of them, with labels made distinct.
std::vector<RunData> load_runs(const std::vector<std::string>& sources);

}  // namespace depthmill::report
