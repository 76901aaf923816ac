#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/messages.h"
#include "pipeline/needs.h"
#include "pipeline/plan.h"
#include "pipeline/registry.h"
#include "pipeline/run_summary.h"
#include "pipeline/stage_run.h"
#include "stages/base/counted.h"
#include "stages/io/atomic_file.h"
#include "stages/io/plane_file.h"
#include "stages/run_folder/score_tables.h"
#include "stages/scoring/explain.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/total_tables.h"

namespace depthmill::pipeline {
namespace {

std::string flag_of(std::string plane_name) {
  for (char& c : plane_name) c = c == '_' ? '-' : c;
  return plane_name;
}

void print_value(const std::string& metric, double value) {
  if (std::isnan(value))
    std::printf("  %-14s undefined\n", metric.c_str());
  else
    std::printf("  %-14s %.6g\n", metric.c_str(), value);
}

// The metrics of one pair, on stdout: no folder is needed to look at one picture.
int score_single(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  Frame frame;
  auto maps = companion_maps(config);
  if (!only_normals(config)) maps[plane::kPred] = config.data.pred, maps[plane::kGt] = config.data.gt;
  for (const auto& [name, file] : maps)
    frame.sources[name] = single_plane(parsed, file, "--" + flag_of(name));
  frame.name = frame.sources[only_normals(config) ? plane::kPredNormals : plane::kPred].file.stem().string();
  if (!config.run.out.empty()) {
    StageRun run;
    run.label = "evaluate";
    run.frames.push_back(frame);
    add_stage(run, *find_stage("evaluate"), config);
    if (const int code = execute(parsed, std::move(run)); code != kExitOk) return code;
  }
  const auto stage = find_stage("evaluate")->make(config);
  stage->prepare();
  const std::set<std::string> wanted = planes_to_read({&stage, 1});
  for_each_live({&frame, 1}, "evaluate", [&](Frame& f) { read_planes(f, wanted); });
  stage->run({&frame, 1});
  if (!frame.ok()) {
    print_error(frame.failure_text);
    return kExitFailed;
  }
  for (const std::string& note : frame.notes) print_line("note: " + note);
  std::vector<Unscored> unscored;
  for (const MetricRow& row : frame.metrics) {
    if (row.values.empty() && !row.range) {
      unscored.push_back({row.protocol, row.note});
      continue;
    }
    std::printf("%s (%zu valid pixels)%s%s\n", row_name(row).c_str(), row.valid_pixels,
                row.note.empty() ? "" : ": ", row.note.c_str());
    for (const auto& [key, value] : row.values) print_value(key, value);
  }
  return say_unscored(unscored, config.evaluate.all()) ? kExitOk : kExitFailed;
}

// One list names both sides.
void take_pairs(DataSettings& data) {
  if (data.pairs.empty()) return;
  if (!data.pred.empty() || !data.gt.empty())
    throw ConfigError("give --pred and --gt, or --pairs in their place, not both");
  data.pred = data.gt = data.pairs.string();
  data.pairs.clear();
}

// Are both sides there, and is each what the other one needs?
void check_sides(const Config& config) {
  const DataSettings& data = config.data;
  const bool normals = only_normals(config);
  const std::string pred = normals ? data.pred_normals : data.pred, gt = normals ? data.gt_normals : data.gt;
  const std::string pred_flag = normals ? "--pred-normals" : "--pred",
                    gt_flag = normals ? "--gt-normals" : "--gt";
  std::error_code ignored;
  for (const auto& [flag, given] : {std::pair{pred_flag, pred}, {gt_flag, gt}})
    if (const auto file = io::parse_plane_argument(given).file; !std::filesystem::exists(file, ignored))
      throw ConfigError(flag + ": " + file.string() + ": there is no such file or folder");
  const bool single = is_single_plane(pred);
  if (single && !is_single_plane(gt))
    throw ConfigError(pred_flag + " is one plane (" + pred + ") and " + gt_flag + " is not (" + gt +
                      "): give a single plane for both, FILE or FILE:NAME, or a folder or list for both");
  if (!single && config.run.out.empty() && !config.run.dry_run &&
      !std::filesystem::is_directory(pred, ignored))
    if (const std::size_t maps = maps_in(pred); maps > 0)
      throw ConfigError(pred_flag + ": " + pred + " holds " + counted(maps, "map") + ": name one (" + pred +
                        ":0), or give --out DIR to score them all");
}

// The totals of the protocols that were asked for; of those without any it is said already.
void print_summary(const Config& config) {
  std::map<std::string, std::vector<ScoreSummary>> by_protocol;
  for (ScoreSummary& row : read_summary_table(config.run.out / "metrics"))
    by_protocol[row.protocol].push_back(std::move(row));
  for (const metrics::Protocol& protocol : evaluate_protocols(config.evaluate)) {
    const auto& values = by_protocol[protocol.name];
    std::size_t images = 0;
    for (const ScoreSummary& row : values) images = std::max(images, row.frames);
    if (images == 0) continue;
    const bool clips = metrics::by_clips(protocol.averaging);
    std::printf("%s (%zu %s)\n", protocol.name.c_str(), images, clips ? "clips" : "images");
    for (const ScoreSummary& row : values) print_value(row.metric, row.value);
  }
}

int run_evaluate(const ParsedCommand& given) {
  ParsedCommand parsed = given;
  take_pairs(parsed.config.data);
  const DataSettings& data = parsed.config.data;
  const bool normals = only_normals(parsed.config);
  if (!normals && (data.pred.empty() || data.gt.empty()))
    throw ConfigError(
        "evaluate takes --pred and --gt: two folders (or run folders), or two single planes; or "
        "--pred-normals "
        "and --gt-normals alone");
  check_sides(parsed.config);
  if (is_single_plane(normals ? data.pred_normals : data.pred)) return score_single(parsed);
  StageRun run = scored_frames(parsed);
  run.label = "evaluate";
  add_stage(run, *find_stage("evaluate"), parsed.config);
  if (parsed.config.run.dry_run) return say_plan(parsed.config, run);
  const int code = execute(parsed, std::move(run));
  if ((code != kExitOk && code != kExitFailed) || !parsed.config.run.shard.empty()) return code;
  const EvaluateOptions& options = parsed.config.evaluate;
  if (options.explain.empty()) {
    if (!parsed.config.run.quiet) print_summary(parsed.config);
    return code;
  }
  const auto rows = read_frame_table(parsed.config.run.out / "metrics" / "frames.csv");
  const auto protocol = [&](std::size_t i) {
    return find_protocol(options.explain[i], options.protocol_folder);
  };
  const std::string table = explain_table(protocol(0), protocol(1), rows);
  io::write_whole_file(parsed.config.run.out / "metrics" / "explain.md", table);
  if (!parsed.config.run.quiet) std::fputs(table.c_str(), stdout);
  return code;
}

}  // namespace

Command command_evaluate() {
  return {
      "evaluate", "predictions against ground truth, under published protocols",
      R"(Scores every prediction under the chosen protocols (configs/protocols/*.ini; 'depthmill info' lists
them). Writes DIR/metrics/frames.csv (one row a protocol and frame), scenes.csv and summary.csv. In
a run folder the protocol says whether the raw or the filled depth is the ground truth. Two single
planes are scored on the spot. Maps that some metrics need besides come from --edges, --plane-labels
and --pred-normals with --gt-normals, for hidden pixels from --hidden; frames find them by name, as
they find their prediction. Protocols of video fit a clip, which is a scene, at once; --poses is for
tae. --protocol all scores what the data allows and says what it left out.)",
      R"(  depthmill evaluate --pred runs/net --gt runs/test --protocol eigen,laina --out runs/net
  depthmill evaluate --pred predictions --gt ground_truth --list test.txt --out scores
  depthmill evaluate --pred pred.npy --gt depth.npy --protocol eigen-nocrop
  depthmill evaluate --pred-normals normals --gt-normals true_normals --protocol normals \
      --out scores
)",
      run_evaluate};
}

}  // namespace depthmill::pipeline
