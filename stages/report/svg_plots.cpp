#include "stages/report/svg_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "stages/report/markup.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

constexpr double kWidth = 360, kLeft = 14, kRight = 346;
constexpr std::size_t kColours = 8, kSpans = 240;

// Two decimals are a hundredth of a pixel.
std::string px(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string out = text;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string run_class(std::size_t run) { return "s" + std::to_string(run % kColours); }

struct Axis {
  ValueRange range;
  double from = kLeft, to = kRight;  // in the picture
  double at(double value) const {
    return from + (value - range.from) / (range.to - range.from) * (to - from);
  }
};

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\" x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) +
         "\" y2=\"" + px(y2) + "\"/>";
}

std::string text(double x, double y, const std::string& anchor, const std::string& words,
                 const std::string& style = "") {
  return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + anchor + "\"" +
         (style.empty() ? "" : " class=\"" + style + "\"") + ">" + html_text(words) + "</text>";
}

std::string open_svg(double height, const std::string& label) {
  return "<svg class=\"plot\" viewBox=\"0 0 " + px(kWidth) + " " + px(height) +
         "\" role=\"img\" aria-label=\"" + html_text(label) + "\">";
}

std::string horizontal_axis(const Axis& axis, double top, double bottom, const std::string& title) {
  std::string out;
  const std::vector<double> at = ticks(axis.range);
  for (double value : at) {
    out += line(axis.at(value), top, axis.at(value), bottom, "grid");
    out += text(axis.at(value), bottom + 14, "middle", tick_text(value, at));
  }
  out += line(axis.from, bottom, axis.to, bottom, "axis");
  return out + text((axis.from + axis.to) / 2, bottom + 29, "middle", title, "title");
}

double sorted_quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// Gaussian kernel, Silverman's bandwidth; drawn on both sides of `middle`, 15 units at its highest.
std::string density(const std::vector<double>& sorted, const Axis& axis, double middle,
                    const std::string& style, int points) {
  if (sorted.size() < 5) return {};
  double mean = 0, square = 0;
  for (double v : sorted) mean += v / static_cast<double>(sorted.size());
  for (double v : sorted) square += (v - mean) * (v - mean) / static_cast<double>(sorted.size());
  const double iqr = sorted_quantile(sorted, 0.75) - sorted_quantile(sorted, 0.25);
  const double spread = iqr > 0 ? std::min(std::sqrt(square), iqr / 1.34) : std::sqrt(square);
  const double width = 0.9 * spread * std::pow(static_cast<double>(sorted.size()), -0.2);
  if (!(width > 0)) return {};
  const double from = std::max(axis.range.from, sorted.front() - 2 * width);
  const double to = std::min(axis.range.to, sorted.back() + 2 * width);
  std::vector<double> height(static_cast<std::size_t>(points));
  for (int i = 0; i < points; ++i) {
    const double x = from + (to - from) * i / (points - 1);
    for (double v : sorted)
      height[static_cast<std::size_t>(i)] += std::exp(-0.5 * std::pow((x - v) / width, 2));
  }
  const double highest = *std::max_element(height.begin(), height.end());
  std::string upper, lower;
  for (int i = 0; i < points; ++i) {
    const double x = axis.at(from + (to - from) * i / (points - 1));
    const double h = 15 * height[static_cast<std::size_t>(i)] / highest;
    upper += (i ? "L" : "M") + px(x) + " " + px(middle - h);
    lower.insert(0, "L" + px(x) + " " + px(middle + h));
  }
  return "<path class=\"density " + style + "\" d=\"" + upper + lower + "Z\"/>";
}

std::string sample_row(const Sample& sample, const MetricName& metric, const Axis& axis, double top,
                       const PlotDetail& detail) {
  std::vector<double> sorted;
  for (const auto& [value, name] : sample.values)
    if (std::isfinite(value)) sorted.push_back(value);
  const std::size_t left_out = sample.values.size() - sorted.size();
  std::string title = sample.label + "  (" + std::to_string(sorted.size()) + " images";
  if (left_out > 0) title += ", " + std::to_string(left_out) + " undefined";
  std::string out = text(kLeft, top + 12, "start", title + ")", "label");
  if (sorted.empty()) return out;
  std::sort(sorted.begin(), sorted.end());
  const double middle = top + 36;
  const std::string style = run_class(sample.run);
  const double q1 = sorted_quantile(sorted, 0.25), q2 = sorted_quantile(sorted, 0.5),
               q3 = sorted_quantile(sorted, 0.75);
  out += density(sorted, axis, middle, style, detail.density);
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    const double value = sample.values[i].first;
    if (!std::isfinite(value)) continue;
    if (sorted.size() > detail.dots && value >= q1 - 1.5 * (q3 - q1) && value <= q3 + 1.5 * (q3 - q1))
      continue;
    shown.push_back(i);
  }
  if (shown.size() > detail.dots) {
    std::stable_sort(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
      return std::abs(sample.values[a].first - q2) > std::abs(sample.values[b].first - q2);
    });
    shown.resize(detail.dots);
    std::sort(shown.begin(), shown.end());
  }
  for (const std::size_t at : shown) {
    const auto& [value, name] = sample.values[at];
    // Spread up and down in a fixed order, so that the picture is the same each time.
    const std::size_t i = at + 1;
    const double y = middle + static_cast<double>(static_cast<int>(i * 37 % 11) - 5) * 1.7;
    out += "<circle class=\"dot " + style + "\" cx=\"" + px(axis.at(value)) + "\" cy=\"" + px(y) +
           "\" r=\"2\"><title>" + html_text(name + ": " + printed(value)) + "</title></circle>";
  }
  double mean = 0;
  for (double v : sorted) mean += v / static_cast<double>(sorted.size());
  out += "<g><title>" +
         html_text(sample.label + ", " + metric.plain + ": median " + printed(q2) +
                   ", half of the images from " + printed(q1) + " to " + printed(q3) + ", mean " +
                   printed(mean)) +
         "</title><rect class=\"box\" x=\"" + px(axis.at(q1)) + "\" y=\"" + px(middle - 6) + "\" width=\"" +
         px(std::max(0.5, axis.at(q3) - axis.at(q1))) + "\" height=\"12\"/>" +
         line(axis.at(q2), middle - 9, axis.at(q2), middle + 9, "median") + "<circle class=\"mean\" cx=\"" +
         px(axis.at(mean)) + "\" cy=\"" + px(middle) + "\" r=\"3.5\"/></g>";
  return out;
}

std::string curve(std::size_t run, const std::string& path, const std::string& label) {
  return "<path class=\"curve " + run_class(run) + "\" d=\"" + path + "\"><title>" + html_text(label) +
         "</title></path>";
}

std::string height_grid(const Axis& x, const Axis& y) {
  std::string out;
  const std::vector<double> heights = ticks(y.range);
  for (double value : heights) {
    out += line(x.from, y.at(value), x.to, y.at(value), "grid");
    out += text(x.from - 5, y.at(value) + 4, "end", tick_text(value, heights));
  }
  return out;
}

std::string metric_title(const MetricName& metric) {
  return metric.plain + (metric.unit.empty() ? "" : " (" + metric.unit + ")") + metric.arrow();
}

}  // namespace

std::string distribution_plot(const MetricName& metric, const std::vector<Sample>& samples,
                              const PlotDetail& detail) {
  double from = std::numeric_limits<double>::infinity(), to = -from;
  for (const Sample& sample : samples)
    for (const auto& [value, name] : sample.values)
      if (std::isfinite(value)) from = std::min(from, value), to = std::max(to, value);
  if (!(to >= from)) return {};
  const Axis axis{rounded_range(from, to)};
  const double bottom = 58.0 * static_cast<double>(samples.size()) + 4;
  std::string out = open_svg(bottom + 36, metric.plain + " of each image, one row a run");
  out += horizontal_axis(axis, 0, bottom, metric_title(metric));
  double top = 0;
  for (const Sample& sample : samples) {
    out += sample_row(sample, metric, axis, top, detail);
    top += 58;
  }
  return out + "</svg>";
}

std::string range_plot(const MetricName& metric, const std::vector<RangeLine>& lines) {
  double near = std::numeric_limits<double>::infinity(), far = -near, highest = 0, lowest = 0;
  bool any = false;
  for (const RangeLine& run : lines)
    for (const RangeRow& row : run.rows) {
      if (!std::isfinite(row.values[run.key])) continue;
      any = true;
      near = std::min(near, row.from);
      far = std::max(far, row.to);
      highest = std::max(highest, row.values[run.key]);
      lowest = std::min(lowest, row.values[run.key]);
    }
  if (!any) return {};
  const Axis x{{near, far}, 42, kRight};
  const Axis y{rounded_range(lowest, highest), 168, 10};
  std::string out = open_svg(250, metric.plain + " against the true depth, a line a run");
  out += height_grid(x, y);
  // The bars say how much stands behind each point.
  double most = 0, total = 0;
  for (const RangeRow& row : lines.front().rows) most = std::max(most, row.n), total += row.n;
  const double floor = 214;
  if (most > 0)
    for (const RangeRow& row : lines.front().rows) {
      char share[16];
      std::snprintf(share, sizeof share, "%.1f", 100 * row.n / total);
      const double h = 30 * row.n / most;
      out += "<rect class=\"bar\" x=\"" + px(x.at(row.from) + 0.5) + "\" y=\"" + px(floor - h) +
             "\" width=\"" + px(std::max(0.5, x.at(row.to) - x.at(row.from) - 1)) + "\" height=\"" + px(h) +
             "\"><title>" +
             html_text(px(row.from) + " to " + px(row.to) + " m: " + share + " % of the pixels of " +
                       lines.front().label) +
             "</title></rect>";
    }
  out += horizontal_axis(Axis{{near, far}, 42, kRight}, 10, floor, "true depth (m); bars: share of pixels");
  for (const RangeLine& run : lines) {
    std::string path, dots;
    for (const RangeRow& row : run.rows) {
      const double value = row.values[run.key];
      if (!std::isfinite(value)) continue;
      const std::string at = px(x.at((row.from + row.to) / 2)) + " " + px(y.at(value));
      path += (path.empty() ? "M" : "L") + at;
      dots += "<circle class=\"point " + run_class(run.run) + "\" cx=\"" + px(x.at((row.from + row.to) / 2)) +
              "\" cy=\"" + px(y.at(value)) + "\" r=\"3\"><title>" +
              html_text(run.label + ", " + px(row.from) + " to " + px(row.to) + " m: " + printed(value)) +
              "</title></circle>";
    }
    out += curve(run.run, path, run.label) + (lines.size() > kColours ? "" : dots);
  }
  return out + "</svg>";
}

std::string time_plot(const MetricName& metric, const std::vector<TimeLine>& lines) {
  double highest = -std::numeric_limits<double>::infinity(), lowest = 0;
  std::size_t frames = 0;
  for (const TimeLine& run : lines) {
    frames = std::max(frames, run.values.size());
    for (const double value : run.values)
      if (std::isfinite(value)) highest = std::max(highest, value), lowest = std::min(lowest, value);
  }
  if (!std::isfinite(highest) || frames < 2) return {};
  const Axis x{{0, static_cast<double>(frames - 1)}, 42, kRight};
  const Axis y{rounded_range(lowest, highest), 168, 10};
  std::string out = open_svg(204, metric.plain + " frame by frame, a line a run") + height_grid(x, y);
  out += horizontal_axis(x, 10, 168, "frame of the clip");
  const std::size_t spans = std::min(frames, kSpans);
  for (const TimeLine& run : lines) {
    std::string path;
    bool pen = false;  // a span without a value is a gap
    for (std::size_t s = 0; s < spans; ++s) {
      const std::size_t begin = s * frames / spans, end = (s + 1) * frames / spans;
      double sum = 0, n = 0;
      for (std::size_t i = begin; i < std::min(end, run.values.size()); ++i)
        if (std::isfinite(run.values[i])) sum += run.values[i], n += 1;
      if (n > 0)
        path +=
            (pen ? "L" : "M") + px(x.at(static_cast<double>(begin + end - 1) / 2)) + " " + px(y.at(sum / n));
      pen = n > 0;
    }
    out += curve(run.run, path, run.label);
  }
  return out + "</svg>";
}

std::string histogram_plot(const std::string& title, const HistogramBars& bars) {
  double most = 0, total = 0;
  for (const double count : bars.counts) most = std::max(most, count), total += count;
  if (!(most > 0)) return {};
  const Axis x{{0, bars.width * static_cast<double>(bars.counts.size())}, kLeft, kRight};
  const double top = 22, floor = 150;
  std::string out =
      open_svg(floor + 36, title + ": readings by depth") + text(kLeft, 12, "start", title, "label");
  out += horizontal_axis(x, top, floor, "depth (m)");
  for (std::size_t i = 0; i < bars.counts.size(); ++i) {
    const double from = bars.width * static_cast<double>(i), height = (floor - top) * bars.counts[i] / most;
    if (!(height > 0)) continue;
    char share[16];
    std::snprintf(share, sizeof share, "%.2f", 100 * bars.counts[i] / total);
    out += "<rect class=\"s0\" x=\"" + px(x.at(from)) + "\" y=\"" + px(floor - height) + "\" width=\"" +
           px(std::max(0.5, x.at(from + bars.width) - x.at(from) - 0.5)) + "\" height=\"" + px(height) +
           "\"><title>" + html_text(px(from) + " to " + px(from + bars.width) + " m: " + share + " %") +
           "</title></rect>";
  }
  return out + "</svg>";
}

std::string colour_gradients() {
  std::string out = "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>";
  for (const auto& [id, map] :
       {std::pair{"g-depth", &depth_colours()}, std::pair{"g-error", &error_colours()}}) {
    out += std::string("<linearGradient id=\"") + id + "\">";
    for (int i = 0; i <= 16; ++i) {
      const cv::Vec3b c = map->at<cv::Vec3b>(std::min(255, i * 16), 0);
      char stop[80];
      std::snprintf(stop, sizeof stop, "<stop offset=\"%g\" stop-color=\"#%02x%02x%02x\"/>", i / 16.0, c[0],
                    c[1], c[2]);
      out += stop;
    }
    out += "</linearGradient>";
  }
  return out + "</defs></svg>";
}

std::string scale_bar(const Scale& scale) {
  const bool error = scale.colours == &error_colours();
  const Axis axis{scale.range, 24, 336};
  std::string out = open_svg(52, scale.title + " as colours");
  const cv::Vec3b low = scale.colours->at<cv::Vec3b>(0, 0), high = scale.colours->at<cv::Vec3b>(255, 0);
  auto head = [&](double base, double tip, const cv::Vec3b& c) {
    char colour[16];
    std::snprintf(colour, sizeof colour, "#%02x%02x%02x", c[0], c[1], c[2]);
    return "<path d=\"M" + px(base) + " 18L" + px(tip) + " 25L" + px(base) + " 32Z\" fill=\"" + colour +
           "\"/>";
  };
  out += text(axis.from, 12, "start", scale.title + (error ? ": too near" : ": near"), "label");
  out += text(axis.to, 12, "end", error ? "too far" : "far", "label");
  out += "<rect x=\"" + px(axis.from) + "\" y=\"18\" width=\"" + px(axis.to - axis.from) +
         "\" height=\"14\" fill=\"url(#" + (error ? "g-error" : "g-depth") + ")\"/>";
  if (scale.below) out += head(axis.from - 1, axis.from - 11, low);
  if (scale.above) out += head(axis.to + 1, axis.to + 11, high);
  const std::vector<double> at = ticks(scale.range);
  for (double value : at) {
    out += line(axis.at(value), 32, axis.at(value), 36, "axis");
    out += text(axis.at(value), 48, "middle", tick_text(value, at));
  }
  return out + "</svg>";
}

}  // namespace depthmill::report
