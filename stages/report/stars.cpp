#include "stages/report/stars.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "stages/io/suggest.h"
#include "stages/report/compare.h"

namespace depthmill::report {
namespace {

// So many exchanges a row that is held, that the least p value there is, times the rows, is below 0.001.
constexpr std::size_t kExchangesARow = 2000;

const ProtocolScores* scores_of(std::span<const RunData> runs, const Row& row) {
  for (const RunData& run : runs)
    if (run.label == row.label) return run.find(row.protocol);
  return nullptr;
}

void star_table(Table& table, std::span<const RunData> runs, std::size_t reference) {
  const ProtocolScores* first = scores_of(runs, table.rows[reference]);
  const std::size_t others = table.rows.size() - 1;
  if (!first || others == 0) return;
  const std::size_t exchanges = kExchangesARow * others;
  // Of each row but the reference; nothing where a run has no such scores.
  std::vector<std::optional<PairedFrames>> pairs(table.rows.size());
  std::size_t images = 0;  // of the pair that has most in common
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    if (const ProtocolScores* second = scores_of(runs, table.rows[r]); second && r != reference)
      images = std::max(images, pairs[r].emplace(*first, *second).size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<double> p_values(table.rows.size(), std::nan(""));
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      if (!pairs[r] || table.columns[c].better == Better::kUnknown) continue;
      const PairedValues values = pairs[r]->values(table.columns[c].key);
      p_values[r] = metrics::exchange_p_value(values.first, values.second, exchanges);
    }
    const std::vector<double> adjusted = metrics::holm(p_values);
    for (std::size_t r = 0; r < table.rows.size(); ++r) table.rows[r].cells[c].stars = stars_of(adjusted[r]);
  }
  const Row& held = table.rows[reference];
  table.stars_note =
      "Stars: differs from " + held.label + (held.alignment.empty() ? "" : " (" + held.alignment + ")") +
      " on the same images (random exchange of the two within images, " + std::to_string(exchanges) +
      " draws; Holm's correction over the " + std::to_string(others) + (others == 1 ? " row" : " rows") +
      " of a column): * p < 0.05, ** p < 0.01, *** p < 0.001.";
  // All images better, or all worse: two of 2^images exchanges.
  if (std::pow(0.5, static_cast<double>(images) - 1) * static_cast<double>(others) >= 0.05)
    table.stars_note += " With " + std::to_string(images) + " images no difference could have a star.";
}

}  // namespace

std::string stars_of(double p_value) {
  return p_value < 0.001 ? "***" : p_value < 0.01 ? "**" : p_value < 0.05 ? "*" : "";
}

void add_stars(std::vector<Table>& tables, std::span<const RunData> runs, const std::string& reference) {
  if (reference.empty()) return;
  std::vector<std::string> known;
  for (const RunData& run : runs) known.push_back(run.label);
  if (std::find(known.begin(), known.end(), reference) == known.end())
    throw std::invalid_argument("no run is called '" + reference + "'" + io::did_you_mean(reference, known) +
                                " (there are: " + io::name_list(known) + ")");
  for (Table& table : tables)
    for (std::size_t r = 0; r < table.rows.size(); ++r)
      if (table.rows[r].label == reference) {
        star_table(table, runs, r);
        break;
      }
}

}  // namespace depthmill::report
