#include "metrics/explain.h"

#include <algorithm>
#include <tuple>

#include "metrics/errors.h"

namespace depthmill::metrics {
namespace {

auto tied(const Crop& c) { return std::tie(c.kind, c.row0, c.row1, c.col0, c.col1, c.of_rows, c.of_cols); }
auto tied(const Range& r) { return std::tie(r.min, r.max, r.min_inclusive, r.max_inclusive); }
auto tied(const PrepareStep& s) { return std::tie(s.kind, s.rows, s.cols, s.interpolation); }

bool equal_steps(const Protocol& a, const Protocol& b) {
  return a.prepare_equal_sizes == b.prepare_equal_sizes &&
         std::equal(a.prepare.begin(), a.prepare.end(), b.prepare.begin(), b.prepare.end(),
                    [](const PrepareStep& x, const PrepareStep& y) { return tied(x) == tied(y); });
}

// One aspect: do two protocols agree in it, and how does the first take it from the second?
struct Aspect {
  const char* name;
  bool (*same)(const Protocol&, const Protocol&);
  void (*take)(Protocol&, const Protocol&);
};

using P = const Protocol&;
constexpr Aspect kAspects[] = {
    {"ground truth", [](P a, P b) { return a.gt == b.gt && a.gt_rounding == b.gt_rounding; },
     [](Protocol& a, P b) { a.gt = b.gt, a.gt_rounding = b.gt_rounding; }},
    {"preparation", equal_steps,
     [](Protocol& a, P b) { a.prepare = b.prepare, a.prepare_equal_sizes = b.prepare_equal_sizes; }},
    {"range",
     [](P a, P b) {
       return a.valid == b.valid && a.min_pixels == b.min_pixels && a.quantile_share == b.quantile_share &&
              a.quantile_factor == b.quantile_factor &&
              ((a.valid != ValidRule::kRange && a.valid != ValidRule::kListed) ||
               tied(a.range) == tied(b.range));
     },
     [](Protocol& a, P b) {
       a.valid = b.valid, a.range = b.range, a.min_pixels = b.min_pixels;
       a.quantile_share = b.quantile_share, a.quantile_factor = b.quantile_factor;
     }},
    {"crop", [](P a, P b) { return tied(a.crop) == tied(b.crop) && a.covers == b.covers; },
     [](Protocol& a, P b) { a.crop = b.crop, a.covers = b.covers; }},
    {"frames", [](P a, P b) { return a.first_frame == b.first_frame && a.end_frame == b.end_frame; },
     [](Protocol& a, P b) { a.first_frame = b.first_frame, a.end_frame = b.end_frame; }},
    {"flip", [](P a, P b) { return a.flip == b.flip && a.flip_at == b.flip_at; },
     [](Protocol& a, P b) { a.flip = b.flip, a.flip_at = b.flip_at; }},
    {"resize",
     [](P a, P b) {
       return a.resize == b.resize && a.placement == b.placement && tied(a.precrop) == tied(b.precrop);
     },
     [](Protocol& a, P b) { a.resize = b.resize, a.placement = b.placement, a.precrop = b.precrop; }},
    {"clamp",
     [](P a, P b) {
       return a.clamp_at == b.clamp_at &&
              (a.clamp_at == ClampAt::kNever || (a.clamp_min == b.clamp_min && a.clamp_max == b.clamp_max));
     },
     [](Protocol& a, P b) { a.clamp_at = b.clamp_at, a.clamp_min = b.clamp_min, a.clamp_max = b.clamp_max; }},
    {"non-finite", [](P a, P b) { return a.nan_to == b.nan_to && a.inf_to == b.inf_to; },
     [](Protocol& a, P b) { a.nan_to = b.nan_to, a.inf_to = b.inf_to; }},
    {"alignment",
     [](P a, P b) {
       return a.disparity == b.disparity && a.align == b.align && a.align_space == b.align_space &&
              a.align_positive_only == b.align_positive_only && a.align_min_pixels == b.align_min_pixels &&
              a.align_pred_floor == b.align_pred_floor && a.pred_floor == b.pred_floor &&
              a.align_group == b.align_group && a.align_sample == b.align_sample &&
              a.align_target_epsilon == b.align_target_epsilon &&
              a.floor_at_farthest == b.floor_at_farthest &&
              a.negative_scale_to_median == b.negative_scale_to_median &&
              a.disparity_floor == b.disparity_floor;
     },
     [](Protocol& a, P b) {
       a.disparity = b.disparity, a.align = b.align, a.align_space = b.align_space;
       a.align_positive_only = b.align_positive_only, a.align_min_pixels = b.align_min_pixels;
       a.align_pred_floor = b.align_pred_floor, a.pred_floor = b.pred_floor;
       a.align_group = b.align_group, a.align_sample = b.align_sample;
       a.align_target_epsilon = b.align_target_epsilon, a.floor_at_farthest = b.floor_at_farthest;
       a.negative_scale_to_median = b.negative_scale_to_median, a.disparity_floor = b.disparity_floor;
     }},
    {"constants",
     [](P a, P b) {
       return a.epsilon == b.epsilon && a.log_epsilon == b.log_epsilon && a.root_epsilon == b.root_epsilon &&
              a.log_floor == b.log_floor;
     },
     [](Protocol& a, P b) {
       a.epsilon = b.epsilon, a.log_epsilon = b.log_epsilon, a.root_epsilon = b.root_epsilon;
       a.log_floor = b.log_floor;
     }},
};

// How each metric of `keys` is averaged by `p`, written out; what cannot be pooled is averaged over images.
std::map<std::string, Averaging> averaging_of(const Protocol& p, const std::vector<std::string>& keys) {
  std::map<std::string, Averaging> out;
  for (const auto& key : keys) {
    Averaging averaging = p.averaging_for(key);
    if ((averaging == Averaging::kPooled || averaging == Averaging::kClipsByPixels) &&
        find_metric(key)->pool == Pool::kNone)
      averaging = Averaging::kMeanOfImages;
    if (averaging != Averaging::kMeanOfImages) out[key] = averaging;
  }
  return out;
}

}  // namespace

std::vector<ExplainStep> explain_chain(const Protocol& from, const Protocol& to) {
  Protocol current = from;
  for (const auto& key : to.metrics)
    if (std::find(current.metrics.begin(), current.metrics.end(), key) == current.metrics.end())
      current.metrics.push_back(key);
  current.averaging_of = averaging_of(from, current.metrics);
  current.averaging = Averaging::kMeanOfImages;
  std::vector<ExplainStep> chain = {{"", current}};
  const auto step = [&](const char* name) {
    current.name += std::string("+") + name;
    chain.push_back({name, current});
  };
  for (const Aspect& aspect : kAspects) {
    if (aspect.same(current, to)) continue;
    aspect.take(current, to);
    step(aspect.name);
  }
  const auto averaging = averaging_of(to, current.metrics);
  if (averaging != current.averaging_of) {
    current.averaging_of = averaging;
    step("averaging");
  }
  return chain;
}

}  // namespace depthmill::metrics
