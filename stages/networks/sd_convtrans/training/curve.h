// The loss curve as a picture, out of the two tables of a training run.
#pragma once

#include <string>
#include <vector>

namespace depthmill::sd_convtrans {

struct Curve {
  std::string name;
  std::vector<double> x, y;  // of one length; values that are not finite leave a gap
};

// An SVG file's text: both groups share the x axis (steps), `left` is drawn on a logarithmic left axis,
// `right` on a linear right axis. Deterministic.
std::string curve_svg(const std::string& title, const std::vector<Curve>& left,
                      const std::vector<Curve>& right);

}  // namespace depthmill::sd_convtrans
