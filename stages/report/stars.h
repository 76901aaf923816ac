// Stars behind values that are sure to differ from those of a reference run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stages/report/tables.h"

namespace depthmill::report {

// "***" p < 0.001, "**" p < 0.01, "*" p < 0.05, "" else and for NaN.
std::string stars_of(double p_value);

// Holds every row of a table of runs against the first row of the run with label `reference`, over the images that both
// have: random exchange of the two within images (metrics::compare_paired), by Holm's procedure over the rows of a column.
// Table::stars_note says so. Tables without that run keep none. Throws std::invalid_argument where no run is called so.
void add_stars(std::vector<Table>& tables, std::span<const RunData> runs, const std::string& reference);

}  // namespace depthmill::report
