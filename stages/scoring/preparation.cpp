#include "stages/scoring/preparation.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "stages/base/adapt.h"
#include "stages/base/frame.h"
#include "stages/scoring/resize_map.h"

namespace depthmill {
namespace {

using metrics::ClampAt;
using metrics::Flip;
using metrics::Protocol;

cv::Mat clamped(const cv::Mat& m, double low, double high) {
  cv::Mat out = m.clone();
  for (double& v : view_mut<double>(out)) v = v < low ? low : (v > high ? high : v);  // NaN passes
  return out;
}

cv::Mat mirrored(const cv::Mat& m) {
  cv::Mat out;
  cv::flip(m, out, 1);
  return out;
}

// NeWCRFs: at the left border the mirrored-back output counts alone, at the right border the direct one; over 5 % of
// the width each goes over to their mean.
cv::Mat blend_edges(const cv::Mat& direct, const cv::Mat& back) {
  cv::Mat out(direct.size(), CV_64FC1);
  for (int c = 0; c < out.cols; ++c) {
    const auto left_weight = [&](int column) {
      const double x = out.cols > 1 ? static_cast<double>(column) / (out.cols - 1) : 0.0;
      return 1 - std::clamp(20 * (x - 0.05), 0.0, 1.0);
    };
    const double left = left_weight(c), right = left_weight(out.cols - 1 - c);
    for (int r = 0; r < out.rows; ++r) {
      const double a = direct.at<double>(r, c), b = back.at<double>(r, c);
      out.at<double>(r, c) = right * a + left * b + (1 - left - right) * (a + b) / 2;
    }
  }
  return out;
}

// The two outputs put together, both upright and of one size.
cv::Mat fused_maps(const cv::Mat& direct, const cv::Mat& back, Flip flip) {
  if (flip == Flip::kBlendEdges) return blend_edges(direct, back);
  return (direct + back) * 0.5;
}

bool has_mirror(const ScoredPlanes& planes, const Protocol& protocol) {
  if (protocol.flip == Flip::kNone || planes.pred_mirror.empty()) return false;
  if (planes.pred_mirror.size() != planes.pred.size())
    throw FrameError(FailureReason::kWrongSize, "the mirrored prediction is " +
                                                    size_text(planes.pred_mirror) + ", the prediction " +
                                                    size_text(planes.pred));
  return true;
}

// The prediction as it came where the protocol does nothing to it here: then no copy is made.
cv::Mat fuse(const ScoredPlanes& planes, const Protocol& protocol, std::vector<std::string>& notes) {
  const bool clamp_first = protocol.clamp_at == ClampAt::kBeforeFlip;
  const bool mirrored_too = has_mirror(planes, protocol);
  if (protocol.flip != Flip::kNone && !mirrored_too)
    notes.push_back("no mirrored prediction: scored without flip averaging");
  const bool fused = mirrored_too && protocol.flip_at == metrics::FlipAt::kNative;
  if (!clamp_first && !fused && planes.pred.type() == CV_32FC1 && planes.pred.isContinuous())
    return planes.pred;
  cv::Mat pred = as_double(planes.pred, "the prediction");
  if (clamp_first) pred = clamped(pred, protocol.clamp_min, protocol.clamp_max);
  if (!fused) return pred;
  cv::Mat back = mirrored(as_double(planes.pred_mirror, "the mirrored prediction"));
  if (clamp_first) back = clamped(back, protocol.clamp_min, protocol.clamp_max);
  return fused_maps(pred, back, protocol.flip);
}

// Cut to whole millimetres in single precision, as sources do. A depth that was whole millimetres before it
// was stored may come out a last place below its own millimetre and must not lose one.
double whole_mm(double v) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds to a whole number
  const float mm = static_cast<float>(v) * 1000.0f;
  const bool fits = mm >= 0 && mm < 4.0e6f;  // beyond that, single precision holds whole millimetres only
  const float whole = (mm + kRounder) - kRounder;
  const float below = whole > mm ? whole - 1 : whole;
  const float cut = std::abs(mm - whole) <= whole * 2.4e-7f ? whole : below;
  return fits ? cut / 1000.0 : v;
}

cv::Mat truncate_mm(const cv::Mat& gt) {
  // What is whole already up to single precision, as from a 16-bit image, stays and is not copied.
  std::size_t differing = 0;
  for (double v : view<double>(gt)) differing += std::abs(whole_mm(v) - v) > 1e-6 * v ? 1 : 0;
  if (differing == 0) return gt;
  cv::Mat out = gt.clone();
  for (double& v : view_mut<double>(out)) v = whole_mm(v);
  return out;
}

cv::Mat place_kb_crop(const cv::Mat& pred, int rows, int cols) {
  if (pred.rows > rows || pred.cols > cols) return pred;
  cv::Mat out = cv::Mat::zeros(rows, cols, CV_64FC1);
  pred.copyTo(out(cv::Rect((cols - pred.cols) / 2, rows - pred.rows, pred.cols, pred.rows)));
  return out;
}

// The ground truth with 0 at every pixel that is not listed.
cv::Mat only_listed(const cv::Mat& gt, const cv::Mat& hidden) {
  if (hidden.size() != gt.size())
    throw FrameError(FailureReason::kWrongSize, "the map of hidden pixels is " + size_text(hidden) +
                                                    ", the ground truth " + size_text(gt));
  cv::Mat listed = cv::Mat::zeros(gt.size(), gt.type());
  gt.copyTo(listed, hidden != 0);
  return listed;
}

// A prediction of another size than the ground truth at its size: in its place, or resized to what it shows.
cv::Mat at_size(cv::Mat pred, cv::Size size, const Protocol& protocol) {
  if (protocol.covers == metrics::Covers::kCrop) {
    const metrics::Rect r = metrics::crop_rect(protocol.crop, size.height, size.width);
    cv::Mat out = cv::Mat::zeros(size, CV_64FC1);
    resize_map(pred, r.row1 - r.row0, r.col1 - r.col0, protocol.resize)
        .copyTo(out(cv::Rect(r.col0, r.row0, r.col1 - r.col0, r.row1 - r.row0)));
    return out;
  }
  if (protocol.placement == metrics::Placement::kKbCrop) pred = place_kb_crop(pred, size.height, size.width);
  return resize_map(pred, size.height, size.width, protocol.resize);
}

cv::Mat cut_out(const cv::Mat& pred, const metrics::Crop& crop) {
  const metrics::Rect r = metrics::crop_rect(crop, pred.rows, pred.cols);
  if (r.row0 == r.row1 || r.col0 == r.col1)
    throw FrameError(FailureReason::kWrongSize, "nothing is left of the prediction (" + size_text(pred) +
                                                    ") inside what the protocol cuts out");
  return pred(cv::Rect(r.col0, r.row0, r.col1 - r.col0, r.row1 - r.row0)).clone();
}

// The same of the crop alone, which a blend of borders goes by.
cv::Mat blended(const ScoredPlanes& planes, const cv::Mat& direct, cv::Size size, const Protocol& protocol) {
  cv::Rect part({}, size);
  if (protocol.covers == metrics::Covers::kCrop && planes.pred_mirror.size() != size) {
    const metrics::Rect r = metrics::crop_rect(protocol.crop, size.height, size.width);
    part = {r.col0, r.row0, r.col1 - r.col0, r.row1 - r.row0};
  }
  // Still mirrored it is resized, and turned then: a nearest neighbour of a turned map is another pixel.
  const cv::Mat mirror = as_double(planes.pred_mirror, "the mirrored prediction");
  const cv::Mat back = mirrored(resize_map(mirror, part.height, part.width, protocol.resize));
  cv::Mat out = direct.clone();
  fused_maps(direct(part), back, protocol.flip).copyTo(out(part));
  return out;
}

}  // namespace

const cv::Mat& ground_truth(const ScoredPlanes& planes, const Protocol& protocol) {
  if (!planes.gt.empty()) return planes.gt;
  return protocol.gt == metrics::GtKind::kRaw ? planes.raw_depth : planes.depth;
}

PreparedPair prepare_pair(const ScoredPlanes& planes, const Protocol& protocol) {
  if (protocol.precrop.kind != metrics::CropKind::kNone && !planes.pred.empty()) {
    ScoredPlanes cut = planes;
    cut.pred = cut_out(planes.pred, protocol.precrop);
    if (!planes.pred_mirror.empty()) cut.pred_mirror = cut_out(planes.pred_mirror, protocol.precrop);
    Protocol rest = protocol;
    rest.precrop = {};
    return prepare_pair(cut, rest);
  }
  const auto there = [](const cv::Mat& map, const char* name) -> const cv::Mat& {
    if (map.empty())
      throw FrameError(FailureReason::kMissingFile, std::string("plane '") + name + "' is not there");
    return map;
  };
  const char* truth = protocol.gt == metrics::GtKind::kRaw ? plane::kRawDepth : plane::kDepth;
  there(planes.pred, plane::kPred);
  PreparedPair pair;
  pair.gt = as_double(there(ground_truth(planes, protocol), truth), "the ground truth");
  if (protocol.valid == metrics::ValidRule::kListed)
    pair.gt = only_listed(pair.gt, there(planes.hidden, plane::kHidden));
  pair.pred = fuse(planes, protocol, pair.notes);
  if (protocol.gt_rounding == metrics::GtRounding::kTruncateMm) pair.gt = truncate_mm(pair.gt);
  const bool equal = pair.pred.size() == pair.gt.size();
  if (!protocol.prepare.empty() && (protocol.prepare_equal_sizes || !equal)) {
    const int rows = pair.pred.rows, cols = pair.pred.cols;
    pair.gt = prepare_map(pair.gt, protocol.prepare, rows, cols);
    if (equal)
      pair.pred =
          prepare_map(as_double(pair.pred, "the prediction"), protocol.prepare, rows, cols, protocol.resize);
  }
  if (pair.pred.size() != pair.gt.size())
    pair.pred = at_size(as_double(pair.pred, "the prediction"), pair.gt.size(), protocol);
  else if (protocol.covers == metrics::Covers::kCrop)
    pair.notes.push_back("the prediction has the size of the map, not of the crop: taken as of the map");
  if (protocol.flip_at == metrics::FlipAt::kAfterResize && has_mirror(planes, protocol))
    pair.pred = blended(planes, as_double(pair.pred, "the prediction"), pair.gt.size(), protocol);
  return pair;
}

bool same_preparation(const Protocol& a, const Protocol& b) {
  const auto step = [](const metrics::PrepareStep& s) {
    return std::tie(s.kind, s.rows, s.cols, s.interpolation);
  };
  const auto early_clamp = [](const Protocol& p) {
    const bool early = p.clamp_at == ClampAt::kBeforeFlip;
    return std::tuple(early, early ? p.clamp_min : 0.0, early ? p.clamp_max : 0.0);
  };
  const auto crop_of = [](const metrics::Crop& c) {
    return std::tie(c.kind, c.row0, c.row1, c.col0, c.col1);
  };
  const auto same_cover = [&](const Protocol& x, const Protocol& y) {
    return crop_of(x.precrop) == crop_of(y.precrop) && x.covers == y.covers &&
           (x.covers == metrics::Covers::kMap || crop_of(x.crop) == crop_of(y.crop));
  };
  return early_clamp(a) == early_clamp(b) && a.flip == b.flip && a.flip_at == b.flip_at && same_cover(a, b) &&
         (a.valid == metrics::ValidRule::kListed) == (b.valid == metrics::ValidRule::kListed) &&
         a.gt_rounding == b.gt_rounding && a.prepare_equal_sizes == b.prepare_equal_sizes &&
         a.placement == b.placement && a.resize == b.resize &&
         std::equal(a.prepare.begin(), a.prepare.end(), b.prepare.begin(), b.prepare.end(),
                    [&](const auto& x, const auto& y) { return step(x) == step(y); });
}

std::string size_text(const cv::Mat& m) { return std::to_string(m.rows) + "x" + std::to_string(m.cols); }

cv::Mat as_double(const cv::Mat& m, const char* what) {
  if (m.channels() != 1)
    throw FrameError(FailureReason::kBadPrediction,
                     std::string(what) + " has " + std::to_string(m.channels()) + " channels instead of one");
  if (m.type() == CV_64FC1 && m.isContinuous()) return m;
  cv::Mat out;
  m.convertTo(out, CV_64F);
  return out;
}

}  // namespace depthmill
