#include "pipeline/registry.h"

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/named_files.h"
#include "pipeline/plan.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/io/image_file.h"
#include "stages/io/npy.h"
#include "stages/io/plane_file.h"

namespace depthmill::pipeline {
namespace {

std::optional<Frame> single_fill(const ParsedCommand& parsed) {
  if (!parsed.has("rgb") && !parsed.has("depth")) return std::nullopt;
  if (parsed.has("in"))
    throw ConfigError("give --in (a folder), or --rgb and --depth (single planes), not both");
  if (!parsed.has("rgb") || !parsed.has("depth"))
    throw ConfigError("a single fill takes both --rgb FILE and --depth FILE");
  const Config& config = parsed.config;
  Frame frame;
  frame.sources[plane::kRgb] = single_plane(parsed, config.data.rgb, "--rgb");
  frame.sources[plane::kRawDepth] = single_plane(parsed, config.data.depth, "--depth");
  frame.name = frame.sources[plane::kRawDepth].file.stem().string();
  return frame;
}

FillStageOptions fill_options(const Config& config) {
  FillStageOptions options = config.fill;
  options.keep_rgb = brings_rgb(config);
  const io::FileFormat* format = config.output.depth_format;
  if (!config.data.depth.empty())  // of a single plane --out names the file
    if (const io::FileFormat* named = io::find_format(config.run.out); named && named->depth_bits > 0)
      format = named;
  options.depth_bits = format->depth_bits;
  return options;
}

DecomposeOptions decompose_options(const Config& config) {
  DecomposeOptions options = config.decompose;
  options.keep_rgb = brings_rgb(config);
  return options;
}

// Inference shares the run's budget of threads.
InferOptions infer_options(const Config& config) {
  InferOptions options = config.infer;
  options.calibration = config.data.calibration;
  options.threads = resolve_threads(config.run.threads);
  return options;
}

StageRun infer_frames(const ParsedCommand& parsed) {
  if (!parsed.has("model"))
    throw ConfigError(
        "--model is missing: a card FILE.ini, a network's FILE.pt or FILE.pt2, or a card's name");
  return image_frames(parsed);
}

// One image, and a depth file that is to be written rather than a run folder.
std::optional<Frame> single_infer(const ParsedCommand& parsed) {
  const std::filesystem::path& out = parsed.config.run.out;
  const io::FileFormat* format = io::find_format(out);
  const bool depth_file =
      format && format->writes.has(PlaneKind::kDepth) && !std::filesystem::is_directory(out);
  if (!depth_file || !is_single_plane(parsed.config.data.images)) return std::nullopt;
  if (const InferOptions& infer = parsed.config.infer; infer.flat || !infer.name.empty())
    throw ConfigError("--out names the file already: --name and --flat are for --out DIR");
  return infer_frames(parsed).frames[0];
}

// Predictions as planes, or under the names that were asked for.
std::unique_ptr<Stage> make_named_infer_stage(const Config& config) {
  std::unique_ptr<Stage> stage = make_infer_stage(infer_options(config));
  const InferOptions& infer = config.infer;
  if (!infer.flat && infer.name.empty()) return stage;
  NamedFiles files;
  files.name = infer.name.empty() ? "{stem}" : infer.name;
  files.flat = infer.flat;
  if (const std::string problem = files.problem(); !problem.empty()) throw ConfigError(problem);
  files.depth_scale = config.output.depth_scale;
  const io::FileFormat* told = config.output.depth_format;
  if (told != &io::kPngFormat && told != &io::kNpyFormat)
    throw ConfigError("--name and --flat go with --depth-format png or npy");
  files.format = [told](const Stage& made) { return made.metric() ? told : &io::kNpyFormat; };
  return with_named_files(std::move(stage), std::move(files));
}

EvaluateOptions evaluate_options(const Config& config) {
  EvaluateOptions options = config.evaluate;
  options.only_normals = only_normals(config);
  return options;
}

const StageRow kStages[] = {
    {.name = "labeled", .command = command_labeled},
    {.name = "extract",
     .summary = "raw Kinect scenes -> synchronised, undistorted, registered RGB-D",
     .text =
         R"(Finds every scene folder (d-*.pgm, r-*.ppm, a-*.dump) below --raw, pairs each depth frame with the
RGB frame nearest in time, undistorts the RGB image and registers the depth to it, with the geometry
of the NYU Depth V2 toolbox. Writes RUN/planes/<scene>/<frame>.rgb.png and .raw_depth.*, one row a
frame into RUN/manifest.csv. Started again, it goes on with the frames that are not done.)",
     .examples = R"(  depthmill extract --raw nyu_depth_v2_raw --out runs/raw
  depthmill extract --raw parts --scene kitchen_0001 bedroom_0002 --every 10 --crop toolbox \
      --out runs/k
  depthmill extract --raw parts --max-time-gap 0.05 --depth-format h5 --threads 8 --out runs/h5
)",
     .frames = raw_frames,
     .make = [](const Config& c) { return make_extract_stage(c.extract); }},
    {.name = "fill",
     .summary = "holes in registered depth, filled along the colour image (Levin et al. 2004)",
     .text = R"(Fills every hole of raw_depth with the toolbox's colorization (fill_depth_colorization), the
toolbox's cross-bilateral filter, or not at all. --in is a run folder or any folder of pairs
(<frame>.rgb.* with <frame>.raw_depth.*; rgb_N.jpg with sync_depth_N.png). As in the toolbox, known
pixels are smoothed too; --keep-known pastes the measured depth back.)",
     .examples = R"(  depthmill fill --in runs/raw --out runs/raw
  depthmill fill --in nyu_sync --method cross-bilateral --out runs/cbf
  depthmill fill --rgb kitchen.png --depth kitchen_depth.png --out filled.npy
  depthmill fill --rgb tum.png --depth tum_depth.png --depth-scale 5000 --out filled.png
  depthmill fill --rgb frame.mat:rgb --depth frame.mat:rawDepth --out filled.mat
)",
     .frames = fill_frames,
     .make = [](const Config& c) { return make_fill_stage(fill_options(c)); },
     .single = single_fill},
    {.name = "decompose",
     .summary = "filled depth as edge-preserving base + detail (Farbman et al. 2008), for training",
     .text =
         R"(Splits filled depth into a base, smooth but for the edges of its guide (weighted least squares), and
the detail that is left: base + detail = depth. Writes both beside the run folder's planes.
'depthmill pack --layout sd-convtrans' then lays out what SD-ConvTrans is trained on.)",
     .examples = R"(  depthmill decompose --in runs/filled --out runs/filled
  depthmill decompose --in runs/filled --guide rgb --lambda 4 --out runs/by_colour
)",
     .frames = filled_frames,
     .make = [](const Config& c) { return make_decompose_stage(decompose_options(c)); }},
    {.name = "infer",
     .summary = "depth of every image, by an exported network",
     .text =
         R"(Runs the network that a model card (configs/models/*.ini) or a network's file itself names over the
images of a run folder, a folder, a list, or one image. Writes DIR/planes/<scene>/<frame>.pred.*,
metres for metric models; of one image also the file that --out names (.png, .npy, ...). Predictions
without metres (relative depth, disparity) are stored as .npy unless --depth-format says otherwise.
--preview adds a coloured picture beside each, <frame>.preview.png. With --name or --flat the files
of --out are named as the pictures are, in their folders, in place of planes. A picture that its
camera has marked as turned (EXIF) is predicted, and answered, upright.)",
     .examples = R"(  depthmill infer --model mean.pt --images runs/test --out runs/test
  depthmill infer --model midas-small.ini --images photos --device cuda --batch 16 \
      --precision fp16 --out p
  depthmill infer --model net.pt --images list.txt --flip --out runs/net
  depthmill infer --model net.pt --images photos --name '{stem}_depth' --out depth
  depthmill infer --model net.pt --images kitchen.jpg --out kitchen.npy
)",
     .frames = infer_frames,
     .make = make_named_infer_stage,
     .single = single_infer},
    {.name = "evaluate",
     .frames = scored_frames,
     .make = [](const Config& c) { return make_evaluate_stage(evaluate_options(c)); },
     .protocols = [](const Config& c) { return evaluate_protocols(c.evaluate); },
     .command = command_evaluate},
    {.name = "pack",
     .make = [](const Config& c) { return pack::make_pack_stage(c.pack); },
     .command = command_pack},
    {.name = "report", .command = command_report},
};

int run_alone(const StageRow& row, const ParsedCommand& parsed) {
  if (row.single && !parsed.config.run.dry_run)
    if (auto frame = row.single(parsed))
      return execute_single(parsed, std::move(*frame), row.make(parsed.config));
  StageRun run = row.frames(parsed);
  run.label = row.name;
  add_stage(run, row, parsed.config);
  if (parsed.config.run.dry_run) return say_plan(parsed.config, run);
  run.keep_planes = !run.stages.front()->makes_files();
  return execute(parsed, std::move(run));
}

}  // namespace

std::span<const StageRow> registry() { return kStages; }

const StageRow* find_stage(std::string_view name) {
  for (const StageRow& row : kStages)
    if (row.name == name) return &row;
  return nullptr;
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (const StageRow& row : kStages) names.emplace_back(row.name);
  return names;
}

Command command_of(const StageRow& row) {
  if (row.command) return row.command();
  return {row.name, row.summary, row.text, row.examples,
          [&row](const ParsedCommand& parsed) { return run_alone(row, parsed); }};
}

}  // namespace depthmill::pipeline
