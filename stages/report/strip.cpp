#include "stages/report/strip.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

namespace depthmill::report {
namespace {

const cv::Scalar kPaper(255, 255, 255), kInk(25, 25, 25), kFrame(120, 120, 120);
constexpr int kMargin = 16, kGap = 12, kCaptionHeight = 44, kTitleHeight = 30, kScaleWidth = 108,
              kBarWidth = 20;

cv::Mat known(const cv::Mat& depth) {
  cv::Mat mask(depth.size(), CV_8UC1);
  for (int row = 0; row < depth.rows; ++row)
    for (int col = 0; col < depth.cols; ++col) {
      const double d = depth.at<double>(row, col);
      mask.at<uchar>(row, col) = std::isfinite(d) && d > 0 ? 255 : 0;
    }
  return mask;
}

// Values are never blended on their way to a picture: nearest neighbour.
cv::Mat at_width(const cv::Mat& m, int width, int how) {
  const int height = std::max(1, static_cast<int>(std::lround(static_cast<double>(width) * m.rows / m.cols)));
  cv::Mat out;
  cv::resize(m, out, cv::Size(width, height), 0, 0, how);
  return out;
}

Panel value_panel(const std::string& title, const cv::Mat& values, const cv::Mat& mask, int width,
                  std::vector<Scale>& scales, int scale) {
  Scale& s = scales[static_cast<std::size_t>(scale)];
  for (int row = 0; row < values.rows; ++row)
    for (int col = 0; col < values.cols; ++col)
      if (mask.at<uchar>(row, col)) {
        s.below |= values.at<double>(row, col) < s.range.from;
        s.above |= values.at<double>(row, col) > s.range.to;
      }
  cv::Mat image = colourise(at_width(values, width, cv::INTER_NEAREST),
                            at_width(mask, width, cv::INTER_NEAREST), s.range, *s.colours);
  return {title, {}, image, scale};
}

std::string share_text(const cv::Mat& mask) {
  const double missing =
      100.0 * (1.0 - static_cast<double>(cv::countNonZero(mask)) / static_cast<double>(mask.total()));
  char text[32];
  std::snprintf(text, sizeof text, missing > 0 && missing < 0.1 ? "%.2f" : "%.1f", missing);
  return text;
}

// The built-in strokes know ASCII alone.
std::string ascii(const std::string& text) {
  std::string out;
  for (unsigned char c : text) {
    if (c < 0x80)
      out += static_cast<char>(c);
    else if (c >= 0xC0)
      out += '?';
  }
  return out;
}

// Draws `text` from (x, baseline y), smaller when it would be wider than `room`, cut when smaller would not
// do.
void put(cv::Mat& canvas, std::string text, int x, int y, double size, int room) {
  text = ascii(text);
  const int font = cv::FONT_HERSHEY_SIMPLEX;
  auto width = [&] { return cv::getTextSize(text, font, size, 1, nullptr).width; };
  while (width() > room && size > 0.42) size -= 0.02;
  bool cut = false;
  while (width() > room && text.size() > 4) {
    text.resize(text.size() - (cut ? 4 : 1));
    text += "...";
    cut = true;
  }
  cv::putText(canvas, text, {x, y}, font, size, kInk, 1, cv::LINE_AA);
}

void draw_scale(cv::Mat& canvas, const Scale& scale, int x, int top, int height) {
  put(canvas, scale.title, x, top - 10, 0.5, kScaleWidth);
  // Room for the arrow heads that say "and beyond".
  const int head = 12, bar_top = top + head, bar_height = height - 2 * head;
  for (int i = 0; i < bar_height; ++i) {
    const int k = 255 - static_cast<int>(std::lround(255.0 * i / std::max(1, bar_height - 1)));
    const cv::Vec3b c = scale.colours->at<cv::Vec3b>(k, 0);
    cv::line(canvas, {x, bar_top + i}, {x + kBarWidth, bar_top + i}, cv::Scalar(c[0], c[1], c[2]));
  }
  auto arrow = [&](int k, int base, int tip) {
    const cv::Vec3b c = scale.colours->at<cv::Vec3b>(k, 0);
    const cv::Point points[] = {{x, base}, {x + kBarWidth, base}, {x + kBarWidth / 2, tip}};
    cv::fillConvexPoly(canvas, points, 3, cv::Scalar(c[0], c[1], c[2]), cv::LINE_AA);
    cv::polylines(canvas, std::vector<cv::Point>(points, points + 3), true, kFrame, 1, cv::LINE_AA);
  };
  cv::rectangle(canvas, {x, bar_top}, {x + kBarWidth, bar_top + bar_height - 1}, kFrame);
  if (scale.above) arrow(255, bar_top - 1, top);
  if (scale.below) arrow(0, bar_top + bar_height, top + height - 1);
  const std::vector<double> at = ticks(scale.range);
  for (double value : at) {
    const double share = (value - scale.range.from) / (scale.range.to - scale.range.from);
    const int y = bar_top + static_cast<int>(std::lround((1 - share) * (bar_height - 1)));
    cv::line(canvas, {x + kBarWidth, y}, {x + kBarWidth + 5, y}, kInk);
    put(canvas, tick_text(value, at), x + kBarWidth + 9, y + 5, 0.5, kScaleWidth);
  }
}

}  // namespace

const cv::Mat& FramePlanes::truth() const {
  if (!gt.empty()) return gt;
  const cv::Mat &first = truth_is_raw ? raw_depth : depth, &second = truth_is_raw ? depth : raw_depth;
  return first.empty() ? second : first;
}

std::string FramePlanes::truth_name() const {
  return &truth() == &gt ? "ground truth" : &truth() == &depth ? "filled depth" : "raw depth";
}

cv::Mat signed_error(const FramePlanes& planes) {
  const cv::Mat& truth = planes.compared_truth.empty() ? planes.truth() : planes.compared_truth;
  const cv::Mat& pred = planes.pred;
  if (truth.empty() || pred.size() != truth.size()) return {};
  cv::Mat error(truth.size(), CV_64FC1, cv::Scalar(std::numeric_limits<double>::quiet_NaN()));
  for (int row = 0; row < truth.rows; ++row)
    for (int col = 0; col < truth.cols; ++col) {
      const double g = truth.at<double>(row, col), p = pred.at<double>(row, col);
      if (std::isfinite(g) && g > 0 && std::isfinite(p)) error.at<double>(row, col) = p - g;
    }
  return error;
}

FrameView make_view(const FramePlanes& planes, int width, double error_limit) {
  FrameView view;
  if (!planes.rgb.empty())
    view.panels.push_back(
        {"rgb", "Colour image.",
         at_width(planes.rgb, width, planes.rgb.cols > width ? cv::INTER_AREA : cv::INTER_NEAREST), -1});
  // One scale for all depths, from what is known and not from what is predicted: it is the same for every
  // model.
  double from = std::numeric_limits<double>::infinity(), to = -from;
  for (const cv::Mat* depth : {&planes.raw_depth, &planes.depth, &planes.gt})
    if (!depth->empty()) {
      from = std::min(from, quantile(*depth, known(*depth), 0.005, from));
      to = std::max(to, quantile(*depth, known(*depth), 0.995, to));
    }
  if (!(to >= from) && !planes.pred.empty()) {
    from = quantile(planes.pred, known(planes.pred), 0.005, 0);
    to = quantile(planes.pred, known(planes.pred), 0.995, 1);
  }
  if (!(to >= from)) from = 0, to = 1;
  if (!planes.raw_depth.empty() || !planes.depth.empty() || !planes.gt.empty() || !planes.pred.empty()) {
    view.scales.push_back({"depth (m)", rounded_range(from, to), &depth_colours()});
    auto add = [&](const std::string& title, const cv::Mat& depth, const std::string& remark = "") {
      if (depth.empty()) return;
      const cv::Mat mask = known(depth);
      view.panels.push_back(value_panel(title + remark, depth, mask, width, view.scales, 0));
      const ValueRange& range = view.scales[0].range;
      const std::vector<double> at = ticks(range);
      view.panels.back().alt = title + " as colours from " + tick_text(range.from, at) + " to " +
                               tick_text(range.to, at) + " m, " + share_text(mask) + " % without a value.";
    };
    add("raw depth", planes.raw_depth, " (hatched: none)");
    add("filled depth", planes.depth);
    add("ground truth", planes.gt);
    add("prediction", planes.pred, planes.pred_remark);
  }
  if (const cv::Mat error = signed_error(planes); !error.empty()) {
    view.scales.push_back({"error (m)", {-error_limit, error_limit}, &error_colours()});
    const cv::Mat mask = error == error;
    view.panels.push_back(value_panel("prediction - " + planes.truth_name(), error, mask, width, view.scales,
                                      static_cast<int>(view.scales.size()) - 1));
    const std::vector<double> at = ticks(view.scales.back().range);
    view.panels.back().alt =
        "Signed error, blue where the prediction is too near and red where it is too far, "
        "colours end at " +
        tick_text(error_limit, at) + " m.";
  }
  return view;
}

cv::Mat draw_strip(const FrameView& view) {
  int width = 2 * kMargin, height = 0;
  for (std::size_t i = 0; i < view.panels.size(); ++i) {
    const Panel& panel = view.panels[i];
    width += panel.image.cols + kGap;
    height = std::max(height, panel.image.rows);
    const bool last_of_scale =
        panel.scale >= 0 && (i + 1 == view.panels.size() || view.panels[i + 1].scale != panel.scale);
    if (last_of_scale) width += kScaleWidth;
  }
  const int top = kCaptionHeight + kTitleHeight;
  cv::Mat canvas(top + height + kMargin, width, CV_8UC3, kPaper);
  const std::string id = view.scene.empty() ? view.frame : view.scene + "/" + view.frame;
  put(canvas, id + (view.caption.empty() ? "" : "   " + view.caption), kMargin, 29, 0.62,
      width - 2 * kMargin);
  int x = kMargin;
  for (std::size_t i = 0; i < view.panels.size(); ++i) {
    const Panel& panel = view.panels[i];
    put(canvas, panel.title, x, top - 10, 0.56, panel.image.cols);
    panel.image.copyTo(canvas(cv::Rect(x, top, panel.image.cols, panel.image.rows)));
    x += panel.image.cols + kGap;
    if (panel.scale >= 0 && (i + 1 == view.panels.size() || view.panels[i + 1].scale != panel.scale)) {
      draw_scale(canvas, view.scales[static_cast<std::size_t>(panel.scale)], x, top, panel.image.rows);
      x += kScaleWidth;
    }
  }
  return canvas;
}

}  // namespace depthmill::report
