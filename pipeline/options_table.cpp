// The table of options: the one place that knows what each is called, where it applies and what it means.
#include <algorithm>
#include <cstdio>

#include "pipeline/option_row.h"

namespace depthmill::pipeline {
namespace {

// "a|b|c", as a value is shown that is one of several words.
std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "|") + word;
  return text;
}

#define FIELD(path) \
  [](Config & c) -> auto& { return c.path; }

bool parse_raw_depth(const std::string& text) {
  if (text != "raw" && text != "filled") throw ConfigError("filled or raw is expected");
  return text == "raw";
}

// A number, or auto for what is chosen by measurement.
int parse_auto(const std::string& text) {
  int n = 0;
  if (text != "auto") read_value(text, n);
  if (n < 0) throw ConfigError("a whole number, not negative, is expected");
  return n;
}

std::string auto_name(int n) { return n == 0 ? "auto" : std::to_string(n); }

int parse_batch(const std::string& text) {
  return text == "default" ? InferOptions::kDefaultBatch : parse_auto(text);
}

std::string batch_name(int batch) {
  return batch == InferOptions::kDefaultBatch ? "default" : auto_name(batch);
}

std::pair<int, int> parse_size(const std::string& text) {
  int height = 0, width = 0;
  char rest = 0;
  const bool two = std::sscanf(text.c_str(), "%dx%d%c", &height, &width, &rest) == 2;
  if (!two || std::min(height, width) < 1 || std::max(height, width) > 16384)
    throw ConfigError("HEIGHTxWIDTH in pixels is expected, for example 480x640");
  return {height, width};
}

std::string size_name(std::pair<int, int> size) {
  return std::to_string(size.first) + "x" + std::to_string(size.second);
}

// A row whose flag is not its key, because another section has that flag.
OptionRow flagged(std::string flag, OptionRow r) {
  r.flag = std::move(flag);
  return r;
}

std::vector<OptionRow> make_table() {
  using V = std::vector<std::string>;
  const V all{"run",    "sample",        "extract", "fill",   "decompose", "infer",      "evaluate",
              "report", "baseline mean", "train",   "export", "labeled",   "bench-infer"};
  const V framewise{"run", "extract", "fill", "decompose", "infer", "evaluate"};
  std::vector<OptionRow> t;
  // [run]
  t.push_back(row("run", "out", "DIR", all, FIELD(run.out),
                  "where the results go: a run folder, or a file where single planes are given"));
  t.push_back(
      row("run", "stages", "NAME,...", {"run"}, FIELD(run.stages),
          "stages of the job: extract, fill, decompose, infer, evaluate, report; default: all that the "
          "options allow but decompose"));
  t.push_back(
      row("run", "threads", "N",
          {"run", "sample", "extract", "fill", "decompose", "infer", "evaluate", "train", "bench-infer"},
          FIELD(run.threads), "threads for everything together; 0 = every core this process may use"));
  t.push_back(row("run", "frames-per-batch", "N", framewise, FIELD(run.batch),
                  "frames that travel together; 0 = 1, or the network's batch"));
  t.push_back(row("run", "quiet", "", all, FIELD(run.quiet), "print errors only"));
  t.push_back(row("run", "restart", "", {"run", "extract", "fill", "decompose", "infer", "evaluate", "train"},
                  FIELD(run.restart), "do finished frames again; train: begin anew"));
  // [data]
  t.push_back(row("data", "raw", "DIR", {"run", "extract"}, FIELD(data.raw),
                  "folder with raw scene folders anywhere below it"));
  t.push_back(row("data", "scene", "NAME ...", {"run", "extract"}, FIELD(data.scenes), "only these scenes"));
  t.push_back(
      row("data", "every", "N", {"run", "extract"}, FIELD(data.every), "every N-th depth frame of a scene"));
  t.push_back(row("data", "max-time-gap", "S", {"run", "extract"}, FIELD(data.max_time_gap),
                  "seconds: a depth frame whose nearest RGB frame is further away fails; 0 = no limit"));
  t.push_back(row("data", "in", "RUN|DIR", {"run", "fill", "decompose"}, FIELD(data.in),
                  "run folder, or folder of rgb and raw depth pairs; decompose: with filled depth"));
  t.push_back(row("data", "rgb", "FILE[:NAME]", {"fill"}, FIELD(data.rgb), "single colour image"));
  t.push_back(
      row("data", "depth", "FILE[:NAME]", {"fill"}, FIELD(data.depth), "single depth plane with holes"));
  t.push_back(row("data", "images", "RUN|DIR|LIST", {"run", "infer", "bench-infer"}, FIELD(data.images),
                  "run folder, folder of images, list of images (.txt), or one image"));
  t.push_back(row("data", "pred", "RUN|DIR|FILE", {"run", "evaluate"}, FIELD(data.pred),
                  "predictions: run folder, folder, or one plane FILE[:NAME]"));
  t.push_back(row("data", "gt", "RUN|DIR|FILE", {"run", "evaluate", "baseline mean"}, FIELD(data.gt),
                  "ground truth: run folder, folder, or one plane FILE[:NAME]"));
  t.push_back(row(
      "data", "gt-plane", "NAME", {"run", "evaluate", "baseline mean"}, FIELD(data.gt_plane),
      "plane of a run folder that is the ground truth: raw_depth, depth, or auto = as the protocol says"));
  t.push_back(row("data", "pred-plane", "NAME", {"run", "evaluate"}, FIELD(data.pred_plane),
                  "plane of --pred that is scored: pred, or depth to score the fill itself"));
  t.push_back(row("data", "pred-mirror", "RUN|DIR|FILE", {"evaluate"}, FIELD(data.pred_mirror),
                  "outputs for the mirrored images, still mirrored: for protocols that average both"));
  t.push_back(row("data", "edges", "RUN|DIR|FILE", {"evaluate"}, FIELD(data.edges),
                  "maps of true depth discontinuities (not 0), for dbe_acc and dbe_comp"));
  t.push_back(row("data", "plane-labels", "RUN|DIR|FILE", {"evaluate"}, FIELD(data.plane_labels),
                  "maps of labelled planes (0 = none), for plane_flatness and plane_orientation"));
  t.push_back(
      row("data", "pred-normals", "RUN|DIR|FILE", {"evaluate"}, FIELD(data.pred_normals),
          "predicted normals, x y z or 8-bit pictures; without --pred and --gt only they are scored"));
  t.push_back(row("data", "gt-normals", "RUN|DIR|FILE", {"evaluate"}, FIELD(data.gt_normals),
                  "true normals, (0, 0, 0) = none"));
  t.push_back(row("data", "list", "FILE", {"run", "evaluate"}, FIELD(data.list),
                  "only the frames named in this file, one a line"));
  t.push_back(
      row("data", "json", "FILE", {"bench-infer"}, FIELD(data.json), "also write the figures as JSON"));
  t.push_back(row("data", "seconds", "S", {"bench-infer"}, FIELD(data.seconds),
                  "measuring time of each of the six rounds, forward only and end to end in turn"));
  t.push_back(choice("data", "image-size", "HEIGHTxWIDTH", {"fingerprint"}, FIELD(data.image_size),
                     parse_size, size_name, "size of the built-in image"));
  // [output]
  t.push_back(choice(
      "output", "depth-format", alternatives(io::depth_format_words()),
      {"run", "extract", "fill", "decompose", "infer", "labeled"}, FIELD(output.depth_format),
      io::parse_depth_format, [](const io::FileFormat* format) { return format->depth_word; },
      "file format of depth planes; h5, npy and mat keep float64, pfm is float32"));
  t.push_back(row("output", "depth-scale", "N",
                  {"run", "extract", "fill", "decompose", "infer", "evaluate", "labeled"},
                  FIELD(output.depth_scale),
                  "integer steps a metre in 16-bit files, read and written: 1000 = millimetres, "
                  "5000 TUM, 256 KITTI"));
  // [sample]
  t.push_back(row("sample", "scenes", "N", {"run", "sample"}, FIELD(sample.scenes), "generated scenes"));
  t.push_back(row("sample", "frames", "N", {"run", "sample"}, FIELD(sample.frames), "depth frames a scene"));
  t.push_back(
      row("sample", "seed", "S", {"run", "sample"}, FIELD(sample.seed), "equal seeds give equal bytes"));
  t.push_back(row("sample", "labeled", "", {"sample"}, FIELD(run.labeled_sample),
                  "write a labelled set (.mat and splits.mat) instead of raw scenes"));
  // [labeled]
  t.push_back(row("labeled", "mat", "FILE", {"labeled"}, FIELD(labeled.mat), "nyu_depth_v2_labeled.mat"));
  t.push_back(row("labeled", "splits", "FILE", {"labeled"}, FIELD(labeled.splits),
                  "splits.mat: which images are for training and which for testing"));
  t.push_back(choice(
      "labeled", "layout", "planes|sd-convtrans|fastdepth", {"labeled"}, FIELD(labeled.layout),
      data::writable_layout, [](const data::Layout* layout) { return layout->name; },
      "planes = a run folder, sd-convtrans and fastdepth = the folders those trainings read"));
  t.push_back(choice(
      "labeled", "labeled-depth", "filled|raw", {"labeled"}, FIELD(labeled.raw), parse_raw_depth,
      [](bool raw) { return raw ? "raw" : "filled"; }, "which of the two depth maps"));
  t.push_back(
      row("labeled", "labels", "", {"labeled"}, FIELD(labeled.labels), "planes: also labels and instances"));
  // [extract]
  t.push_back(shapes_results(
      choice("extract", "crop", "none|toolbox", {"run", "extract"}, FIELD(extract.crop), parse_crop,
             crop_name, "toolbox = the 427 x 561 projection mask of the toolbox (get_projection_mask)")));
  // [fill]
  t.push_back(shapes_results(choice("fill", "method", "levin|cross-bilateral|none", {"run", "fill"},
                                    FIELD(fill.method), parse_fill_method, fill_method_name,
                                    "levin = the toolbox's fill_depth_colorization, cross-bilateral = its "
                                    "fill_depth_cross_bf, none = leave the holes")));
  t.push_back(shapes_results(row("fill", "alpha", "A", {"run", "fill"}, FIELD(fill.alpha),
                                 "levin: weight of a reading against the mean of its neighbours, above 0")));
  t.push_back(shapes_results(
      row("fill", "keep-known", "", {"run", "fill"}, FIELD(fill.keep_known),
          "levin: paste the measured depth back over the smoothed one (the toolbox does not)")));
  t.push_back(
      shapes_results(row("fill", "tolerance", "M", {"run", "fill"}, FIELD(fill.tolerance),
                         "levin: metres; the largest error against the exact solution stays below this "
                         "(1e-6 is a seventh faster)")));
  // [decompose]
  const V split{"run", "decompose"};
  t.push_back(shapes_results(row("decompose", "lambda", "L", split, FIELD(decompose.lambda),
                                 "smoothness of the base against fidelity to the depth, above 0")));
  t.push_back(shapes_results(flagged(
      "wls-alpha", row("decompose", "alpha", "A", split, FIELD(decompose.alpha),
                       "exponent of the guide's differences: the larger, the sharper the base's edges"))));
  t.push_back(shapes_results(row("decompose", "epsilon", "E", split, FIELD(decompose.epsilon),
                                 "keeps the weights finite where the guide is flat")));
  t.push_back(shapes_results(
      row("decompose", "guide", "log_depth|depth|rgb", split, FIELD(decompose.guide),
          "whose edges the base keeps: ln(depth), depth in metres, or the image's log luminance")));
  t.push_back(shapes_results(row("decompose", "domain", "linear|log", split, FIELD(decompose.domain),
                                 "what is split: depth, or its logarithm")));
  t.push_back(flagged(
      "base-layout", row("decompose", "layout", "planes|sd-convtrans", {"decompose"}, FIELD(decompose.layout),
                         "planes = a run folder, sd-convtrans = the folders its training reads")));
  t.push_back(row("decompose", "part", "train|test", {"decompose"}, FIELD(decompose.part),
                  "sd-convtrans: which part of the layout the frames become"));
  // [infer]
  t.push_back(shapes_results(
      row("infer", "model", "FILE|NAME", {"run", "infer", "bench-infer", "fingerprint", "export"},
          FIELD(infer.model),
          "model card FILE.ini, TorchScript FILE.pt, or the name of a card in configs/models")));
  t.push_back(
      shapes_results(row("infer", "weights", "FILE", {"run", "infer", "bench-infer", "fingerprint", "export"},
                         FIELD(infer.weights), "weights in place of the card's own")));
  t.push_back(row("infer", "device", "NAME", {"run", "infer", "bench-infer", "train"}, FIELD(infer.device),
                  "auto, cpu, cuda, cuda:N, or several: cuda:0,cuda:1"));
  t.push_back(
      choice("infer", "batch", "N|auto", {"run", "infer", "bench-infer"}, FIELD(infer.batch), parse_batch,
             batch_name,
             "images a forward pass: 1 on the processor and 8 on a GPU by default; auto = the best that "
             "fits, by measurement"));
  t.push_back(choice(
      "infer", "passes", "N|auto", {"run", "infer", "bench-infer"}, FIELD(infer.replicas), parse_auto,
      auto_name, "forward passes at a time on a device; auto = as many as the threads allow, 2 on a GPU"));
  t.push_back(
      choice("infer", "pass-threads", "N|auto", {"run", "infer", "bench-infer"},
             FIELD(infer.intra_op_threads), parse_auto, auto_name,
             "processor threads of one pass; auto = what measures fastest; with 1 the results are the "
             "same to the byte for any --threads"));
  t.push_back(
      shapes_results(row("infer", "precision", "fp32|tf32|fp16|bf16", {"run", "infer", "bench-infer"},
                         FIELD(infer.precision), "arithmetic of the network; tf32 and fp16 need a GPU")));
  t.push_back(shapes_results(row("infer", "flip", "", {"run", "infer", "bench-infer"}, FIELD(infer.flip),
                                 "mean with the prediction for the mirrored image")));
  t.push_back(row("infer", "preview", "", {"infer"}, FIELD(infer.preview),
                  "also write each prediction as a coloured picture, low values dark"));
  // [evaluate]
  t.push_back(row("evaluate", "protocol", "NAME,...", {"run", "evaluate", "info"}, FIELD(evaluate.protocols),
                  "protocols (names in configs/protocols, or FILE.ini), or all"));
  t.push_back(shapes_results(
      row("evaluate", "allow-missing", "", {"run", "evaluate"}, FIELD(evaluate.allow_missing),
          "score what is there when predictions are missing or not finite; the tables say so")));
  t.push_back(row("evaluate", "plane-camera", "FX,FY,CX,CY", {"evaluate"}, FIELD(evaluate.plane_camera),
                  "pixels: camera of the ground truth, for plane_*; that of NYU Depth V2 unless given"));
  t.push_back(row("evaluate", "explain", "FROM,TO", {"evaluate"}, FIELD(evaluate.explain),
                  "score the steps from one protocol to another and show what each moved"));
  t.push_back(row("evaluate", "depth-ranges", "M,M,...", {"run", "evaluate"}, FIELD(evaluate.depth_ranges),
                  "metres, ascending: also score each interval of true depth"));
  // [report]
  t.push_back(row("report", "metrics", "RUN[=LABEL],...", {"run", "report"}, FIELD(report.metrics),
                  "run folders to compare, in the order of the rows"));
  t.push_back(row("report", "format", "NAME,...", {"run", "report"}, FIELD(report.formats),
                  "csv, markdown, latex, json, html"));
  t.push_back(row("report", "pictures", "N", {"run", "report"}, FIELD(report.max_pictures),
                  "picture strips a run, 0 = none"));
  t.push_back(row("report", "best-worst", "N", {"run", "report"}, FIELD(report.best_worst),
                  "so many best and so many worst frames among the pictures"));
  t.push_back(row("report", "picture-metric", "KEY", {"run", "report"}, FIELD(report.picture_metric),
                  "metric that says which frames are best and worst"));
  t.push_back(row("report", "planes", "DIR,...", {"run", "report"}, FIELD(report.planes),
                  "more folders to take the planes of the pictures from"));
  // [train]
  t.push_back(row("train", "config", "FILE.ini", {"train"}, FIELD(train.config),
                  "what to train and how: configs/train/*.ini"));
  t.push_back(row("train", "data", "DIR", {"train"}, FIELD(train.data),
                  "run folder or SD-ConvTrans' own layout, in place of the file's data.train"));
  t.push_back(row("train", "validation", "DIR", {"train"}, FIELD(train.validation),
                  "held-out frames, in place of the file's data.validation"));
  t.push_back(row("train", "epochs", "N", {"train"}, FIELD(train.epochs),
                  "in place of the file's train.epochs; 0 = the file's"));
  return t;
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

}  // namespace depthmill::pipeline
