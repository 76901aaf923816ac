// What is read: the options of the section data, and which commands take them.
#include <algorithm>
#include <stdexcept>

#include "pipeline/option_keys.h"
#include "stages/base/planes.h"
#include "stages/data/layout.h"
#include "stages/data/pick_frames.h"
#include "stages/io/array.h"

namespace depthmill::pipeline {
namespace {

using io::key, io::own_key, io::word_key;

// No plane of this field comes near; what a codec counts with ends there.
constexpr double kMostReadPixels = io::kMaxElements;
// Pixels a side of the largest image that a fingerprint is made of.
constexpr int kMostPixelsASide = 16384;

std::string layout_words() { return io::name_list(read_layout_names()); }
bool is_layout(const std::string& word) {
  const auto names = read_layout_names();
  if (word.find('{') != word.npos) return true;  // a path pattern; what is wrong with it, its reader says
  return word == "auto" || std::find(names.begin(), names.end(), word) != names.end();
}

bool bad_sample(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return !data::sample_value(word); });
}

// Is it a plane of metres? A name that is in no row of the table of planes is a folder's own.
bool is_depth(const std::string& name) { return !name.empty() && plane_kind(name) == PlaneKind::kDepth; }

}  // namespace

std::vector<std::string> read_layout_names() {
  std::vector<std::string> names;
  for (const data::Layout* row : data::layouts())
    if (row->lists()) names.emplace_back(row->name);
  return names;
}

std::vector<Taken<DataSettings>> data_keys() {
  using D = DataSettings;
  const Commands raw{"run", "extract", "pack", "stats"}, scored{"run", "evaluate", "calibrate"},
      predicted{"run", "evaluate", "calibrate", "score-fill"}, evaluate{"evaluate"};
  const Commands listed{"run", "extract", "fill", "decompose", "infer", "evaluate"};
  const Commands picked{"run",     "extract",    "fill",      "decompose",     "pack",
                        "stats",   "infer",      "evaluate",  "baseline mean", "bench-infer",
                        "labeled", "score-fill", "calibrate", "train"};
  const Commands split{"extract",  "fill",          "decompose",  "stats",    "infer",
                       "evaluate", "baseline mean", "score-fill", "calibrate"};
  const Commands measured{"run",      "fill",          "decompose",  "pack",     "stats",
                          "evaluate", "baseline mean", "score-fill", "calibrate"};
  const auto data = [](const char* name, auto member, const char* value_name, const char* help) {
    return key<D>("data", name, member, value_name, help);
  };
  return {
      {data("raw", &D::raw, "DIR", "folder with raw scene folders anywhere below it"), raw},
      {data("layout", &D::layout, "LAYOUT",
            "how the input lies: auto, a layout that 'depthmill info' lists, or where its files are: "
            "'scene/{frame}_rgb.png,scene/{frame}_depth.png'; of evaluate: that of --gt")
           .must([](const D& d) { return is_layout(d.layout); }, "must be auto or one of " + layout_words()),
       {"run", "extract", "fill", "decompose", "infer", "evaluate", "stats", "baseline mean", "score-fill",
        "calibrate"}},
      {own_key<D>(
           "data", "pattern",
           [](D& d, const std::string& text) {
             if (text.empty()) return;
             if (text.find('{') == text.npos)
               throw std::invalid_argument("'" + text + "' has no {frame} and no {number}");
             d.layout = text;
           },
           [](const D&) { return std::string(); }, "PATTERN,...",
           "the same for files that no layout knows: 'scene/{frame}_rgb.png,scene/{frame}_depth.png'"),
       {"run", "extract", "fill", "decompose", "infer", "evaluate", "stats", "baseline mean", "score-fill",
        "calibrate"}},
      {data("pred-layout", &D::pred_layout, "LAYOUT", "the same of --pred")
           .must([](const D& d) { return is_layout(d.pred_layout); },
                 "must be auto or one of " + layout_words()),
       predicted},
      {data("in-layout", &D::in_layout, "LAYOUT", "how --in lies, where --layout is what is written")
           .must([](const D& d) { return is_layout(d.in_layout); },
                 "must be auto or one of " + layout_words()),
       {"pack"}},
      {data("scene", &D::scenes, "NAME ...", "only these scenes; * and ? stand for any letters ('kitchen*')"),
       picked},
      {data("every", &D::every, "N", "every N-th frame of a scene, beginning with the first").at_least(1),
       picked},
      {data("limit", &D::limit, "N", "only the first N of the frames that are left; 0 = all").at_least(0),
       picked},
      {data("max-time-gap", &D::max_time_gap, "S",
            "seconds: a depth frame whose nearest RGB frame is further away fails; 0 = no limit")
           .at_least(0),
       raw},
      {data("in", &D::in, "RUN|DIR",
            "run folder, or folder of rgb and raw depth pairs; decompose: with filled depth"),
       {"run", "fill", "decompose", "pack", "stats", "score-fill"}},
      {data("test-in", &D::test_in, "RUN|DIR",
            "frames for testing, beside those of --in, which are all for training then"),
       {"pack"}},
      {data("plane", &D::plane, "NAME",
            "plane of depth that is looked at; auto = the first that there is of raw_depth, depth, gt, pred")
           .must([](const D& d) { return d.plane == "auto" || is_depth(d.plane); },
                 "must be a plane of depth"),
       {"stats"}},
      {data("rgb", &D::rgb, "FILE[:NAME]", "single colour image"), {"fill"}},
      {data("depth", &D::depth, "FILE[:NAME]", "single depth plane with holes"), {"fill"}},
      {data("images", &D::images, "RUN|DIR|LIST",
            "run folder, folder of images, list of images (.txt .csv .lst), or one image"),
       {"run", "infer", "bench-infer"}},
      {data("pred", &D::pred, "RUN|DIR|FILE", "predictions: run folder, folder, or one plane FILE[:NAME]"),
       predicted},
      {data("gt", &D::gt, "RUN|DIR|FILE", "ground truth: run folder, folder, or one plane FILE[:NAME]"),
       {"run", "evaluate", "baseline mean", "score-fill", "calibrate"}},
      {data("gt-plane", &D::gt_plane, "NAME",
            "plane of a run folder that is the ground truth: raw_depth, depth, or auto = as the protocol "
            "says")
           .must([](const D& d) { return is_depth(d.gt_plane); }, "must be a plane of depth"),
       {"run", "evaluate", "baseline mean", "calibrate"}},
      {data("pred-plane", &D::pred_plane, "NAME",
            "plane of --pred that is scored: pred, or depth to score the fill itself")
           .must([](const D& d) { return is_depth(d.pred_plane); }, "must be a plane of depth"),
       scored},
      {data("pred-mirror", &D::pred_mirror, "RUN|DIR|FILE",
            "outputs for the mirrored images, still mirrored: for protocols that average both"),
       evaluate},
      {data("edges", &D::edges, "RUN|DIR|FILE",
            "maps of true depth discontinuities (not 0), for dbe_acc and dbe_comp"),
       evaluate},
      {data("plane-labels", &D::plane_labels, "RUN|DIR|FILE",
            "maps of labelled planes (0 = none), for plane_flatness and plane_orientation"),
       evaluate},
      {data("hidden", &D::hidden, "RUN|DIR|FILE",
            "maps of the pixels that were hidden from a fill (not 0), for completion-holdout"),
       evaluate},
      {data("pred-normals", &D::pred_normals, "RUN|DIR|FILE",
            "predicted normals, x y z or 8-bit pictures; without --pred and --gt only they are scored"),
       evaluate},
      {data("gt-normals", &D::gt_normals, "RUN|DIR|FILE", "true normals, (0, 0, 0) = none"), evaluate},
      {data("pairs", &D::pairs, "FILE",
            "list of pairs in place of --in (rgb, depth) or of --pred and --gt (pred, gt), one a line"),
       {"run", "fill", "evaluate", "score-fill", "calibrate"}},
      {data(
           "in-scale", &D::in_scale, "N",
           "samples a metre of the depth of --in, floating-point files too: 1000 = millimetres; 0 = as usual")
           .at_least(0),
       {"run", "fill", "decompose", "pack", "stats", "score-fill"}},
      {data("pred-scale", &D::pred_scale, "N",
            "samples a metre of the predictions, floating-point ones too: 1000 = millimetres; 0 = as usual")
           .at_least(0),
       predicted},
      {data("calibration", &D::calibration, "FILE",
            "what makes predictions metres, as 'depthmill calibrate' writes it; of run: of those that it "
            "makes"),
       {"run", "infer", "evaluate"}},
      {data("gt-scale", &D::gt_scale, "N",
            "samples a metre of the ground truth, floating-point ones too; 0 = as usual")
           .at_least(0),
       {"run", "evaluate", "baseline mean", "score-fill", "calibrate"}},
      {data("no-reading", &D::no_reading, "VALUE,...",
            "samples that mean 'no reading', beside NaN, infinity, 0 and below; default: the layout's, else "
            "65535 in "
            "16-bit files")
           .must([](const D& d) { return !bad_sample(d.no_reading); }, "must be numbers, nan or inf"),
       measured},
      {data("mask", &D::mask, "DIR", "pictures named like the frames; where one is 0 there is no reading"),
       measured},
      {data("list", &D::list, "FILE", "only the frames named in this file, one a line"), picked},
      {data("skip-list", &D::skip_list, "FILE", "none of the frames named in this file"), picked},
      {data("split", &D::split, "RATIO:SEED|FILE",
            "only the scenes of --part: those that a share of the rooms (0.9:1) or a file with lines 'SCENE "
            "train' and "
            "'SCENE test' gives it"),
       split},
      {word_key<D>("data", "part", &D::part, pack::kParts, "the part that --split leaves"), split},
      {data("json", &D::json, "FILE", "also write the figures as JSON"), {"bench-infer"}},
      {data("seconds", &D::seconds, "S",
            "measuring time of each of the six rounds, forward only and end to end in turn")
           .above(0),
       {"bench-infer"}},
      {data("max-pixels", &D::max_pixels, "N",
            "pixels of the largest picture or plane that is read; a file whose header promises more is "
            "refused "
            "before memory is taken for it")
           .within(1, kMostReadPixels),
       {"run", "extract", "fill", "decompose", "pack", "stats", "infer", "evaluate", "baseline mean",
        "score-fill", "calibrate", "report", "train", "bench-infer"}},
      {own_key<D>(
           "data", "image-size", [](D& d, const std::string& text) { d.image_size = io::read_size(text); },
           [](const D& d) { return io::write_size(d.image_size.first, d.image_size.second); }, "HEIGHTxWIDTH",
           "size of the built-in image")
           .must(
               [](const D& d) {
                 return std::max(d.image_size.first, d.image_size.second) <= kMostPixelsASide;
               },
               "must be at most " + std::to_string(kMostPixelsASide) + " pixels a side"),
       {"fingerprint"}},
  };
}

}  // namespace depthmill::pipeline
