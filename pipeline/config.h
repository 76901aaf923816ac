// Everything a command can be told, in one struct: each stage's own options, and what belongs to the run.
// options_table.cpp says how each field is called on the command line and in a file.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stages/decompose/decompose.h"
#include "stages/extract/extract.h"
#include "stages/fill/fill.h"
#include "stages/io/image_file.h"
#include "stages/labeled/labeled.h"
#include "stages/networks/infer.h"
#include "stages/pack/pack.h"
#include "stages/report/report.h"
#include "stages/sample/sample.h"
#include "stages/scoring/evaluate.h"

namespace depthmill::pipeline {

// [run]: where to, with how many threads, how loud.
struct RunSettings {
  std::filesystem::path out;        // run folder; a file where single planes are given
  std::vector<std::string> stages;  // of `run`; empty = what the other options ask for
  std::string pack;                 // of `run`: the layout in which its frames are packed as well; "" = none
  std::string shard;     // which part of the job: "K/N", "slurm", "slurm/N", "slurm+M/N"; "" = all of it
  double wait = 0;       // seconds to wait for a folder that another process works on
  bool merging = false;  // take over what the parts of this job made (the command merge)
  int threads = 0;       // 0 = every core this process may use
  int batch = 0;         // frames that travel together; 0 = chosen
  bool quiet = false;
  bool restart = false;         // do finished frames again
  bool dry_run = false;         // say what would be done and do nothing
  bool labeled_sample = false;  // sample: a labelled .mat instead of raw scenes
};

// [data]: which frames.
struct DataSettings {
  std::filesystem::path raw;        // folder with raw scenes below it
  std::vector<std::string> scenes;  // only these scenes; empty = all
  int every = 1;                    // every N-th depth frame
  double max_time_gap = 0;          // seconds between depth and RGB; 0 = no limit (the toolbox has none)
  std::filesystem::path test_in;    // pack: the frames for testing; those of `in` are for training then
  std::string plane = "auto";       // stats: which plane is looked at
  std::filesystem::path in;         // run folder or folder of planes, for fill
  std::string rgb, depth;           // single planes, FILE or FILE:NAME
  std::string images;               // RUN, DIR, LIST.txt or one image
  std::string pred, gt;             // RUN, DIR or one plane
  // Maps that some protocols look at besides, RUN, DIR or one plane each; empty = none.
  std::string pred_mirror, edges, plane_labels, hidden, pred_normals, gt_normals;
  std::string pred_plane = "pred";  // plane of a run folder that is scored
  std::string gt_plane = "auto";    // plane of a run folder that is the ground truth
  std::filesystem::path json;       // of a benchmark: also write the figures here
  double seconds = 6;               // of a benchmark: measuring time of a round
  std::filesystem::path list;       // only the frames named there
  std::filesystem::path skip_list;  // none of the frames named there
  std::string split;                // only the scenes of `part`: RATIO:SEED or a file; "" = all
  pack::Part part = pack::Part::kTrain;
  int limit = 0;                        // only the first so many frames; 0 = all
  std::string layout = "auto";          // of --raw, --in, --images or --gt: a row of data/layouts.cpp
  std::string pred_layout = "auto";     // of --pred
  std::string in_layout = "auto";       // of --in where `layout` is what is written (pack)
  std::filesystem::path pairs;          // list of pairs in place of --in, or of --pred and --gt
  std::filesystem::path calibration;    // of the predictions that are scored or made; empty = none
  double in_scale = 0;                  // samples a metre of depth of `in`, float files too; 0 = not told
  double pred_scale = 0, gt_scale = 0;  // the same of either side of a comparison
  std::vector<std::string> no_reading;  // samples that mean "no reading"; empty = as the layout has it
  std::string mask;                     // folder of masks: 0 = no reading there
  int max_pixels = 1 << 25;             // of a file's plane; larger ones are refused before they are read
  std::pair<int, int> image_size{480, 640};  // height, width of the built-in image of a fingerprint
};

// [output]: how planes are stored.
struct OutputSettings {
  const io::FileFormat* depth_format = &io::kPngFormat;
  double depth_scale = 1000;  // integer steps a metre, read and written
};

// [check]: status, verify, repair.
struct CheckSettings {
  std::filesystem::path run;  // the run folder
  bool json = false;
  bool retry = false;  // shards: only the numbers of those that are not finished
  std::pair<std::size_t, std::size_t> subset{1, 1};  // which part, of how many
  double max_seconds = 0;                            // 0 = no limit
};

// [train]: which training, and what of it is told on the command line. The rest is the file's.
struct TrainSettings {
  std::filesystem::path config;      // configs/train/*.ini
  std::filesystem::path data;        // in place of the file's data.train; empty = the file's
  std::filesystem::path validation;  // likewise of data.validation
  int epochs = 0;                    // likewise of train.epochs; 0 = the file's
};

// [info]
enum class InfoFormat { kText, kBibtex };
struct InfoSettings {
  InfoFormat format = InfoFormat::kText;  // of a protocol
};

// [score-fill]
struct ScoreFillSettings {
  std::vector<std::string> hide{"random:0.2", "samples:500", "block:64", "scanline:8",
                                "projector:0.075"};              // hide.h
  std::vector<std::string> methods{"levin", "cross-bilateral"};  // of the fill
  std::uint64_t seed = 1;
  int pictures = 3;           // frames that are shown
  bool write_hidden = false;  // for networks that complete depth
};

// [calibrate]
enum class CalibrationWord { kScale, kScaleShift, kLogLinear, kAuto };
inline constexpr auto kCalibrationWords =
    io::enum_words<CalibrationWord>("scale", "scale-shift", "log-linear", "auto");
struct CalibrateSettings {
  CalibrationWord model = CalibrationWord::kAuto;
  int frames = 20;
};

struct Config {
  RunSettings run;
  DataSettings data;
  OutputSettings output;
  sample::SampleOptions sample;
  labeled::LabeledOptions labeled;
  ExtractOptions extract;
  FillStageOptions fill;
  DecomposeOptions decompose;
  pack::PackOptions pack;
  InferOptions infer;
  EvaluateOptions evaluate;
  ReportOptions report;
  TrainSettings train;
  InfoSettings info;
  CheckSettings check;
  ScoreFillSettings score_fill;
  CalibrateSettings calibrate;
};

}  // namespace depthmill::pipeline
