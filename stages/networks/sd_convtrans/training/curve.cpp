#include "stages/networks/sd_convtrans/training/curve.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace depthmill::sd_convtrans {
namespace {

constexpr double kLeft = 70, kTop = 40, kWidth = 640, kHeight = 320;
constexpr const char* kColours[] = {"#1f6fb4", "#d1603d", "#3a8f4e", "#8a5bb5", "#857437"};

std::string number(double v, const char* format = "%.4g") {
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

struct Range {
  double low = INFINITY, high = -INFINITY;
  void add(double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void close() {
    if (!(low <= high)) low = 0, high = 1;
    if (low == high) low -= 0.5, high += 0.5;
  }
  double place(double v) const { return (v - low) / (high - low); }
};

double logarithm(double v) { return v > 0 ? std::log10(v) : NAN; }

void draw(std::string& svg, const Curve& curve, const Range& x, const Range& y, bool log_axis,
          const char* colour) {
  std::string path;
  bool pen = false;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const double v = log_axis ? logarithm(curve.y[i]) : curve.y[i];
    if (!std::isfinite(v)) {
      pen = false;
      continue;
    }
    path += (pen ? " L" : " M") + number(kLeft + kWidth * x.place(curve.x[i]), "%.1f") + " " +
            number(kTop + kHeight * (1 - y.place(v)), "%.1f");
    pen = true;
  }
  svg += "<path fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"1.5\" d=\"" + path +
         "\"/>\n";
}

void label(std::string& svg, double x, double y, const std::string& text, const char* anchor,
           const char* colour) {
  svg += "<text x=\"" + number(x, "%.1f") + "\" y=\"" + number(y, "%.1f") + "\" text-anchor=\"" + anchor +
         "\" fill=\"" + colour + "\">" + text + "</text>\n";
}

}  // namespace

std::string curve_svg(const std::string& title, const std::vector<Curve>& left,
                      const std::vector<Curve>& right) {
  Range x, on_left, on_right;
  for (const Curve& c : left) {
    for (double v : c.x) x.add(v);
    for (double v : c.y) on_left.add(logarithm(v));
  }
  for (const Curve& c : right) {
    for (double v : c.x) x.add(v);
    for (double v : c.y) on_right.add(v);
  }
  x.close();
  on_left.close();
  on_right.close();

  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 420\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"780\" height=\"420\" fill=\"white\"/>\n";
  label(svg, kLeft, 22, title, "start", "#222");
  for (int i = 0; i <= 4; ++i) {
    const double share = i / 4.0, y = kTop + kHeight * (1 - share);
    svg += "<path stroke=\"#ddd\" d=\"M" + number(kLeft) + " " + number(y, "%.1f") + " h" + number(kWidth) +
           "\"/>\n";
    label(svg, kLeft - 6, y + 4,
          number(std::pow(10, on_left.low + share * (on_left.high - on_left.low)), "%.3g"), "end", "#444");
    if (!right.empty())
      label(svg, kLeft + kWidth + 6, y + 4,
            number(on_right.low + share * (on_right.high - on_right.low), "%.3g"), "start", "#444");
    label(svg, kLeft + kWidth * share, kTop + kHeight + 18, number(x.low + share * (x.high - x.low), "%.0f"),
          "middle", "#444");
  }
  std::size_t colour = 0;
  double at = kLeft;
  for (const auto* group : {&left, &right})
    for (const Curve& c : *group) {
      const char* stroke = kColours[colour++ % std::size(kColours)];
      draw(svg, c, x, group == &left ? on_left : on_right, group == &left, stroke);
      label(svg, at, kTop + kHeight + 44, c.name, "start", stroke);
      at += 30 + 8.0 * static_cast<double>(c.name.size());
    }
  return svg + "</svg>\n";
}

}  // namespace depthmill::sd_convtrans
