#include "stages/report/as_scored.h"

#include "stages/scoring/score.h"

namespace depthmill::report {

void show_as_scored(FramePlanes& planes, const metrics::Protocol& protocol) {
  planes.truth_is_raw = protocol.gt == metrics::GtKind::kRaw;
  try {
    FrameScorer scorer({.pred = planes.pred, .pred_mirror = planes.pred_mirror, .gt = planes.truth()});
    const ComparedPair pair = scorer.compared(protocol);
    planes.pred = pair.pred;
    planes.compared_truth = pair.gt;
    if (protocol.align != metrics::AlignKind::kNone)
      planes.pred_remark =
          protocol.align_group == metrics::AlignGroup::kClip ? " (aligned on its own)" : " (aligned)";
    else if (protocol.disparity)
      planes.pred_remark = " (1 / disparity)";
  } catch (const FrameError&) {
    if (protocol.disparity) planes.pred.release();
  }
}

}  // namespace depthmill::report
