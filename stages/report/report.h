// The report: tables, pictures and pages made from the files of finished runs, and from nothing else, so that
// it can be repeated at any time and over any number of runs.
//
// Read from each run: metrics/summary.csv (every number of the tables), metrics/frames.csv (distributions,
// best and worst image), metrics/scenes.csv and metrics/ranges.csv where present, manifest.csv (failed and
// skipped frames with their reasons), config.ini (shown as it is), planes/<scene>/<frame>.<plane>.<ext>
// (pictures).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/io/key_table.h"

namespace depthmill {

// What is written: tables.csv with groups.csv, tables.md, tables.tex, report.json, report.html.
enum class ReportFormat { kCsv, kMarkdown, kLatex, kJson, kHtml };
inline constexpr auto kReportFormats =
    io::enum_words<ReportFormat>("csv", "markdown", "latex", "json", "html");

// By what scores are told apart within a run. Tables of whole runs are by none, which is no word.
enum class Grouping { kScene, kType, kDepth, kNone };
inline constexpr auto kGroupings = io::enum_words<Grouping>("scene", "type", "depth");

struct ReportOptions {
  // Runs to compare, in the order of the table's rows: DIR or DIR=LABEL, DIR a run folder or its metrics
  // folder. Without a label the folder's name is the label; equal labels get the parent's name in front.
  std::vector<std::string> metrics;
  // Folder for everything that is written; made when it is not there.
  std::filesystem::path out;
  std::vector<ReportFormat> formats = {ReportFormat::kCsv, ReportFormat::kMarkdown};
  // Picture strips a run: at most this many frames (0 = no pictures).
  std::size_t max_pictures = 24;
  // So many best and so many worst frames by `picture_metric` under the run's first protocol that has it; the
  // rest of `max_pictures` goes to the first frame of each scene.
  std::size_t best_worst = 3;
  std::string picture_metric = "abs_rel";
  // Width of one panel of a strip in pixels; larger planes are reduced, smaller ones enlarged without
  // blending.
  std::size_t panel_width = 400;
  // More run folders, or folders that hold <scene>/<frame>.<plane>.<ext>, in which planes are looked up after
  // the run's own planes/. The inputs that a run's config.ini names ([data] gt, pred, images) are looked up
  // anyway.
  std::vector<std::filesystem::path> planes;

  // Of the tables for people (tables.h): metric keys in their order, decimals (-1 = as many as tell), shares in per cent,
  // the metric that rows are sorted by, and intervals.
  std::vector<std::string> columns;
  int digits = -1;
  bool percent = false;
  std::string sort;
  bool intervals = false;
  std::vector<Grouping> by;  // these tables too, in Markdown and LaTeX; the other formats have all (groups.h)
  std::vector<std::string> join;  // protocols whose tables become one (join.h)
  std::string stars;  // label of the run that the others are held against (stars.h); "" = no stars

  // Empty, or one sentence that names the field that is wrong.
  std::string problem() const;
};

// Section [report].
const std::vector<io::Key<ReportOptions>>& report_keys();

struct ReportResult {
  std::vector<std::filesystem::path> written;  // every file made, tables first
  std::string markdown;                        // the tables as Markdown, whatever `formats` says
  std::vector<std::string> warnings;           // one sentence each: what a reader of the tables must know
};

// Writes tables.csv, tables.md, tables.tex, report.json, report.html as asked for, and pictures/<run>/*.png.
// Equal input gives equal bytes. Throws std::invalid_argument when options.problem() says so,
// std::runtime_error with a sentence naming the file when a run's summary.csv is absent or damaged or a file
// cannot be written. A plane that is absent is left out of its strip; one that cannot be read is a warning.
ReportResult write_report(const ReportOptions& options);

}  // namespace depthmill
