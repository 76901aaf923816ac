#include "stages/report/as_scored.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "stages/base/adapt.h"

namespace depthmill::report {

void show_as_scored(FramePlanes& planes, const metrics::Protocol& protocol) {
  planes.truth_is_raw = protocol.gt == metrics::GtKind::kRaw;
  if (protocol.align == metrics::AlignKind::kNone && !protocol.disparity) return;
  const cv::Mat truth = planes.truth();
  if (truth.empty() || planes.pred.empty()) {
    if (protocol.disparity) planes.pred.release();
    return;
  }
  cv::Mat pred = planes.pred.clone();
  if (pred.size() != truth.size()) cv::resize(planes.pred, pred, truth.size(), 0, 0, cv::INTER_LINEAR);
  const cv::Mat gt = truth.isContinuous() ? truth : truth.clone();
  metrics::Scores scores;
  try {
    metrics::Protocol alone = protocol;
    if (alone.metrics.size() > 1) alone.metrics.resize(1);
    scores = metrics::evaluate(view<double>(pred), view<double>(gt), gt.rows, gt.cols, alone);
  } catch (const std::invalid_argument&) {
    scores.valid = 0;
  }
  if (scores.valid < std::max<std::size_t>(protocol.min_pixels, 1)) {
    if (protocol.disparity) planes.pred.release();
    return;
  }
  for (double& p : view_mut<double>(pred)) {
    p = scores.alignment.apply(p);
    if (!protocol.disparity) continue;
    p = std::max(p, protocol.disparity_floor);
    p = p > 0 ? 1.0 / p : 0.0;
  }
  planes.pred = pred;
  planes.pred_remark = protocol.align == metrics::AlignKind::kNone ? " (1 / disparity)" : " (aligned)";
}

}  // namespace depthmill::report
