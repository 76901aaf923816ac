#include "stages/report/fill_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/canny.h"
#include "stages/base/adapt.h"
#include "stages/base/counted.h"
#include "stages/io/csv.h"
#include "stages/report/markup.h"
#include "stages/report/page/frame.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double over(double sum, std::uint64_t pixels) {
  return pixels == 0 ? kNothing : sum / static_cast<double>(pixels);
}

template <std::size_t N>
std::size_t bin_of(double value, const std::array<double, N>& ends, bool last_included) {
  const auto at = last_included ? std::lower_bound(ends.begin(), ends.end(), value)
                                : std::upper_bound(ends.begin(), ends.end(), value);
  return static_cast<std::size_t>(at - ends.begin());
}

using Scored = MetricRow FillScore::*;

std::vector<std::string> metric_names_of(const FillScores& scores, Scored scored) {
  for (const auto& [key, frames] : scores.by_frame)
    for (const FillScore& score : frames)
      if (!(score.*scored).values.empty()) {
        std::vector<std::string> names;
        for (const auto& [name, value] : (score.*scored).values) names.push_back(name);
        return names;
      }
  return {};
}

// A frame of which nothing was hidden has no scores.
std::vector<double> means_of(const std::vector<FillScore>& frames, Scored scored, std::size_t metrics,
                             std::size_t& counted) {
  std::vector<double> sums(metrics, 0);
  counted = 0;
  for (const FillScore& score : frames) {
    if ((score.*scored).values.empty()) continue;
    ++counted;
    for (std::size_t i = 0; i < metrics; ++i) sums[i] += (score.*scored).values[i].second;
  }
  for (double& sum : sums) sum = counted == 0 ? kNothing : sum / static_cast<double>(counted);
  return sums;
}

template <class Ends>
std::vector<std::pair<std::string, std::string>> bounds_of(const Ends& ends) {
  std::vector<std::pair<std::string, std::string>> bounds;
  std::string from = "0";
  for (const double end : ends) {
    bounds.emplace_back(from, io::format_number(end));
    from = io::format_number(end);
  }
  bounds.emplace_back(from, "inf");
  return bounds;
}

template <class Bins, class Ends>
std::string bins_csv(const FillScores& scores, Bins FillErrors::*bins, const Ends& ends) {
  std::vector<std::vector<std::string>> rows;
  const auto bounds = bounds_of(ends);
  for (const auto& key : scores.order) {
    const Bins& sums = scores.pooled.at(key).*bins;
    for (std::size_t i = 0; i < sums.size(); ++i)
      rows.push_back({key.first, key.second, bounds[i].first, bounds[i].second,
                      std::to_string(sums[i].pixels), io::format_number(sums[i].mae()),
                      io::format_number(sums[i].rmse()), io::format_number(sums[i].abs_rel()),
                      io::format_number(sums[i].d1())});
  }
  const std::vector<std::string> header{"hidden", "method", "from",    "to", "pixels",
                                        "mae",    "rmse",   "abs_rel", "d1"};
  return io::csv_text(header, rows);
}

// A table for people: its heading, columns and rows.
struct FillTable {
  std::string title, note;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

std::string or_dash(double value) { return std::isnan(value) ? "–" : printed(value); }

template <class Bins, class Ends>
FillTable bins_table(const FillScores& scores, Bins FillErrors::*bins, const Ends& ends, std::string title,
                     std::string note, const std::string& unit) {
  FillTable table{std::move(title), std::move(note), {"hidden", "method"}, {}};
  for (const auto& [from, to] : bounds_of(ends))
    table.columns.push_back((to == "inf" ? "> " + from : from + "–" + to) + " " + unit);
  for (const auto& key : scores.order) {
    std::vector<std::string> row{key.first, key.second};
    for (const ErrorSums& sums : scores.pooled.at(key).*bins) row.push_back(or_dash(100 * sums.abs_rel()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// One row a way of hiding and method, numbers as `text_of` writes them.
FillTable means_table(const FillScores& scores, Scored scored, std::string (*text_of)(double),
                      std::string title = {}, std::string note = {}) {
  const bool whole = scored == &FillScore::nyu;  // else the pixels that were hidden are counted
  FillTable table{std::move(title), std::move(note), {"hidden", "method", "frames"}, {}};
  if (!whole) table.columns.push_back("pixels");
  const auto names = metric_names_of(scores, scored);
  table.columns.insert(table.columns.end(), names.begin(), names.end());
  for (const auto& key : scores.order) {
    std::size_t counted = 0;
    const auto means = means_of(scores.by_frame.at(key), scored, names.size(), counted);
    std::vector<std::string> row{key.first, key.second, std::to_string(counted)};
    if (!whole) row.push_back(std::to_string(scores.pooled.at(key).all.pixels));
    for (const double mean : means) row.push_back(text_of(mean));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string means_csv(const FillScores& scores, Scored scored) {
  const FillTable table = means_table(
      scores, scored, [](double mean) { return std::isnan(mean) ? "" : io::format_number(mean); });
  return io::csv_text(table.columns, table.rows);
}

std::vector<FillTable> tables_of(const FillScores& scores) {
  constexpr const char* kUnits = "metres, 1/m for irmse and imae, shares for abs_rel and d1 to d3.";
  std::vector<FillTable> tables{
      means_table(scores, &FillScore::holdout, or_dash, "Pixels that were hidden",
                  std::string("Mean over frames, protocol completion-holdout: ") + kUnits)};
  if (!metric_names_of(scores, &FillScore::nyu).empty())
    tables.push_back(
        means_table(scores, &FillScore::nyu, or_dash, "The whole map, as depth completion is scored",
                    "Mean over frames, protocol completion-nyu (half size, the middle 304 x 228), against " +
                        scores.dense + ": " + kUnits));
  tables.push_back(bins_table(scores, &FillErrors::by_distance, kDistanceEnds,
                              "By distance to the nearest reading",
                              "Relative error in %, over all pixels; distance in pixels.", "px"));
  tables.push_back(bins_table(scores, &FillErrors::by_depth, kDepthEnds, "By true depth",
                              "Relative error in %, over all pixels.", "m"));
  return tables;
}

std::string heading_text(const FillScores& scores) {
  return counted(scores.frames, "frame") + "; the truth is " + scores.reference + "; seed " +
         std::to_string(scores.seed) + ".";
}

}  // namespace

void ErrorSums::add(double pred, double truth) {
  const double off = std::abs(pred - truth);
  ++pixels;
  close += pred > 0 && std::max(pred / truth, truth / pred) < 1.25 ? 1 : 0;
  absolute += off, squared += off * off, relative += off / truth;
}

void ErrorSums::add(const ErrorSums& other) {
  pixels += other.pixels, close += other.close;
  absolute += other.absolute, squared += other.squared, relative += other.relative;
}

double ErrorSums::mae() const { return over(absolute, pixels); }
double ErrorSums::rmse() const { return std::sqrt(over(squared, pixels)); }
double ErrorSums::abs_rel() const { return over(relative, pixels); }
double ErrorSums::d1() const { return over(static_cast<double>(close), pixels); }

void FillErrors::add(const FillErrors& other) {
  all.add(other.all);
  for (std::size_t i = 0; i < by_distance.size(); ++i) by_distance[i].add(other.by_distance[i]);
  for (std::size_t i = 0; i < by_depth.size(); ++i) by_depth[i].add(other.by_depth[i]);
}

FillErrors fill_errors(const cv::Mat& filled, const cv::Mat& truth, const cv::Mat& scored,
                       const cv::Mat& given) {
  std::vector<std::uint8_t> readings;
  readings.reserve(given.total());
  for (const double z : view<double>(given)) readings.push_back(z > 0 ? 1 : 0);
  const auto distances = metrics::distance_to(readings, given.rows, given.cols);
  const auto p = view<double>(filled), g = view<double>(truth);
  const auto wanted = view<std::uint8_t>(scored);
  FillErrors errors;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (wanted[i] == 0 || !(g[i] > 0)) continue;
    errors.all.add(p[i], g[i]);
    const double distance = distances.empty() ? std::numeric_limits<double>::infinity() : distances[i];
    errors.by_distance[bin_of(distance, kDistanceEnds, true)].add(p[i], g[i]);
    errors.by_depth[bin_of(g[i], kDepthEnds, false)].add(p[i], g[i]);
  }
  return errors;
}

std::string fill_frames_csv(const FillScores& scores) {
  const auto names = metric_names_of(scores, &FillScore::holdout);
  std::vector<std::string> header{"scene", "frame", "hidden", "method", "n"};
  header.insert(header.end(), names.begin(), names.end());
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : scores.order)
    for (const FillScore& score : scores.by_frame.at(key)) {
      std::vector<std::string> row{score.scene, score.frame, key.first, key.second,
                                   std::to_string(score.holdout.valid_pixels)};
      for (std::size_t i = 0; i < names.size(); ++i)
        row.push_back(score.holdout.values.empty() ? "" : io::format_number(score.holdout.values[i].second));
      rows.push_back(std::move(row));
    }
  return io::csv_text(header, rows);
}

std::string fill_summary_csv(const FillScores& scores) { return means_csv(scores, &FillScore::holdout); }
std::string fill_nyu_csv(const FillScores& scores) { return means_csv(scores, &FillScore::nyu); }

std::string fill_distance_csv(const FillScores& scores) {
  return bins_csv(scores, &FillErrors::by_distance, kDistanceEnds);
}
std::string fill_depth_csv(const FillScores& scores) {
  return bins_csv(scores, &FillErrors::by_depth, kDepthEnds);
}

std::string fill_markdown(const FillScores& scores) {
  std::string text = "# How good is the fill of " + markdown_text(scores.title) + "?\n\n" +
                     markdown_text(heading_text(scores)) + "\n";
  for (const FillTable& table : tables_of(scores)) {
    text += "\n## " + table.title + "\n\n" + table.note + "\n\n|";
    for (const auto& column : table.columns) text += " " + markdown_text(column) + " |";
    text += "\n|---|---|";
    for (std::size_t i = 2; i < table.columns.size(); ++i) text += "---:|";
    text += "\n";
    for (const auto& row : table.rows) {
      text += "|";
      for (const auto& cell : row) text += " " + markdown_text(cell) + " |";
      text += "\n";
    }
  }
  for (const std::string& remark : scores.remarks) text += "\n- " + markdown_text(remark);
  return text + (scores.remarks.empty() ? "" : "\n");
}

std::string fill_page(const FillScores& scores,
                      const std::vector<std::pair<std::string, std::string>>& pictures) {
  std::string out = page_start("How good is the fill of " + scores.title + "?", heading_text(scores));
  for (const std::string& remark : scores.remarks) out += page_remark(remark);
  out += "</header>\n<main>\n";
  for (const FillTable& table : tables_of(scores)) {
    out += "<section><h2>" + html_text(table.title) + "</h2>\n<p>" + html_text(table.note) +
           "</p>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" +
           html_text(table.title) + "\"><table><thead><tr>";
    for (const auto& column : table.columns) out += "<th scope=\"col\">" + html_text(column) + "</th>";
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out += "<tr><th scope=\"row\">" + html_text(row[0]) + "</th>";
      for (std::size_t i = 1; i < row.size(); ++i) out += "<td>" + html_text(row[i]) + "</td>";
      out += "</tr>\n";
    }
    out += "</tbody></table></div></section>\n";
  }
  if (!pictures.empty()) out += "<section><h2>Pictures</h2>\n";
  for (const auto& [path, caption] : pictures)
    out += "<figure><img loading=\"lazy\" style=\"max-width:100%\" src=\"" + html_text(path) + "\" alt=\"" +
           html_text(caption) + "\"><figcaption>" + html_text(caption) + "</figcaption></figure>\n";
  if (!pictures.empty()) out += "</section>\n";
  return out + page_end("Made by depthmill score-fill.");
}

}  // namespace depthmill::report
