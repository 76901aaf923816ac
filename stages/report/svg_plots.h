// Plots as plain SVG elements for a page: colours and fonts come from the page's style sheet (classes s0..s7
// for the runs), so that they follow light, dark and print. 360 units wide, made to be read at that size.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stages/report/colour_maps.h"
#include "stages/report/load.h"
#include "stages/report/metric_names.h"
#include "stages/report/strip.h"

namespace depthmill::report {

// One run's values, each with the name of its image.
struct Sample {
  std::string label;
  std::size_t run = 0;  // chooses the colour
  std::vector<std::pair<double, std::string>> values;
};

// What a row of a plot may cost; a page of many has less of each.
struct PlotDetail {
  std::size_t dots = 300;
  int density = 72;  // points of its outline on a side
};

// For each run the density of its per-image values, a box from the lower to the upper quartile with the
// median, the mean as a ring, and a dot an image (beyond PlotDetail::dots images only those outside 1.5 box lengths, of which the
// farthest). Undefined and infinite values are counted under the plot. "" when no run has a finite value.
std::string distribution_plot(const MetricName& metric, const std::vector<Sample>& samples,
                              const PlotDetail& detail = {});

struct RangeLine {
  std::string label;
  std::size_t run = 0;
  std::vector<RangeRow> rows;
  std::size_t key = 0;  // index into RangeRow::values
};

// The metric in each depth interval, drawn at its middle, with the first run's share of pixels as bars below.
std::string range_plot(const MetricName& metric, const std::vector<RangeLine>& lines);

// One run's values along a clip, frame by frame; NaN = none.
struct TimeLine {
  std::string label;
  std::size_t run = 0;
  std::vector<double> values;
};

// The metric frame by frame, a line a run; of long clips means over equal spans, 240 at most. "" when no value is finite.
std::string time_plot(const MetricName& metric, const std::vector<TimeLine>& lines);

// Readings by depth: bars of equal width from 0 m on.
struct HistogramBars {
  double width = 1;  // metres
  std::vector<double> counts;
};

// "" when every bar is empty.
std::string histogram_plot(const std::string& title, const HistogramBars& bars);

// A horizontal colour scale. The page must hold colour_gradients() once.
std::string scale_bar(const Scale& scale);
std::string colour_gradients();

}  // namespace depthmill::report
