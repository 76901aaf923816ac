#include "pipeline/on_record.h"

#include <algorithm>
#include <sstream>

#include "pipeline/needs.h"
#include "pipeline/program.h"
#include "pipeline/sharding.h"
#include "stages/io/npy.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill::pipeline {
namespace {

// What shapes a stage's results: its own options, how its planes are stored, and the files that these name.
run_folder::StageSettings settings_of(const ParsedCommand& parsed, const Stage& stage) {
  run_folder::StageSettings settings;
  settings.stage = stage.name();
  settings.values = shaping_values(parsed.config, stage.name());
  settings.adds = stage.adds();
  settings.reads = stage.needs();
  for (const std::string& plane_name : stage.uses()) settings.reads.push_back(plane_name);
  if (!settings.adds.empty()) {
    settings.values.emplace_back("output.depth-format", format_of(parsed, stage)->depth_word);
    settings.values.emplace_back(run_folder::kDepthScaleValue,
                                 io::write_value(parsed.config.output.depth_scale));
  }
  for (const auto& [what, file] : stage.files())
    settings.values.emplace_back("the content of the " + what + " (" + file.filename().string() + ")",
                                 run_folder::hash_text(run_folder::content_of(file)));
  return settings;
}

// Scores of protocols that look at whole clips are made of all frames of the list: any that changes, comes or goes makes
// the others' out of date. A remark in the protocol's text, by which frames are scored again when it is another.
std::string clips_remark(const metrics::Protocol& protocol, const FrameList& frames) {
  const bool temporal =
      std::find(protocol.metrics.begin(), protocol.metrics.end(), "tae") != protocol.metrics.end();
  const bool frames_counted = protocol.first_frame > 0 || protocol.end_frame > 0;
  if (protocol.align_group == metrics::AlignGroup::kImage && !temporal && !frames_counted) return "";
  std::uint64_t digest = 0;
  for (const Frame& frame : frames) {
    std::string line = std::to_string(digest) + " " + frame.id();
    for (const auto& [name, source] : frame.sources) {
      std::error_code absent;
      const auto time = std::filesystem::last_write_time(source.file, absent).time_since_epoch().count();
      line += " " + name + " " + std::to_string(std::filesystem::file_size(source.file, absent)) + " " +
              std::to_string(time);
    }
    digest = run_folder::hash_of(line);
  }
  return "# of clips " + std::to_string(digest) + "\n";
}

void name_shard(std::vector<std::string>& arguments, const std::string& part) {
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].starts_with("--shard=")) {
      arguments[i] = "--shard=" + part;
      return;
    } else if (arguments[i] == "--shard" && i + 1 < arguments.size()) {
      arguments[i + 1] = part;
      return;
    }
  arguments.insert(arguments.end(), {"--shard", part});  // a file of settings says it
}

}  // namespace

const io::FileFormat* format_of(const ParsedCommand& parsed, const Stage& stage) {
  return stage.metric() || parsed.has("depth-format") ? parsed.config.output.depth_format : &io::kNpyFormat;
}

const Stage* maker_of_files(const std::vector<std::unique_ptr<Stage>>& stages) {
  const auto at = std::find_if(stages.begin(), stages.end(), [](const auto& s) { return s->makes_files(); });
  return at == stages.end() ? nullptr : at->get();
}

run_folder::Contents contents_of(const ParsedCommand& parsed, const StageRun& run) {
  run_folder::Contents contents;
  contents.stage_order = stage_names();
  contents.reads = planes_to_read(run.stages);
  contents.depth_scale = parsed.config.output.depth_scale;
  contents.restart = parsed.config.run.restart;
  for (const auto& stage : run.stages) {
    contents.stages.push_back(settings_of(parsed, *stage));
    for (const std::string& plane_name : run.keep_planes ? stage->adds() : std::vector<std::string>())
      contents.planes.push_back({plane_name, format_of(parsed, *stage)});
    if (!run.protocols.empty() && find_stage(stage->name())->protocols)
      contents.scoring_stage = stage->name();
  }
  if (const Stage* maker = maker_of_files(run.stages)) {
    contents.files = [maker](const Frame& frame) { return maker->files_of(frame); };
    contents.grouped = maker->groups_frames();
    contents.index_files = [maker](const FrameList& list, std::span<const std::size_t> done) {
      return maker->index_files(list, done);
    };
  }
  for (const metrics::Protocol& protocol : run.protocols)
    contents.protocols.emplace_back(protocol.name,
                                    protocol_text(protocol) + clips_remark(protocol, run.frames));
  return contents;
}

std::vector<std::string> command_words(const ParsedCommand& parsed) {
  std::vector<std::string> all;
  std::istringstream words(parsed.command);
  for (std::string word; words >> word;) all.push_back(word);
  all.insert(all.end(), parsed.arguments.begin(), parsed.arguments.end());
  return all;
}

std::vector<std::string> recorded_words(const ParsedCommand& parsed) {
  std::vector<std::string> words = command_words(parsed);
  if (const auto shard = told_shard(parsed.config)) name_shard(words, shard->text());
  return words;
}

run_folder::Call call_of(const ParsedCommand& parsed, const run_folder::RunFolder& folder,
                         const StageRun& run) {
  run_folder::Call call;
  call.program = program_name();
  call.working_folder = std::filesystem::current_path();
  call.arguments = recorded_words(parsed);
  std::vector<std::string> others = stage_names();
  for (const auto& stage : run.stages) std::erase(others, stage->name());
  call.settings = effective_ini(parsed.config, folder.settings(), others);
  call.frames = run.frames.size();
  return call;
}

}  // namespace depthmill::pipeline
