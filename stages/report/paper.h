// The tables for a paper (LaTeX) and for other programs (JSON).
#pragma once

#include <span>
#include <string>

#include "stages/report/load.h"
#include "stages/report/tables.h"

namespace depthmill::report {

// One table environment a protocol, to be \input where booktabs and graphicx are loaded, of the width of a column at most
// (what would be too small to read then stands in blocks, columns under columns; over 40 rows are several tables):
// best bold, second underlined, arrows for the direction; what the protocol does, counts and remarks as notes.
std::string tables_latex(std::span<const Table> tables);

// {"tables": [...], "groups": [...], "runs": [...]}: all numbers in full precision, metric directions and units (groups:
// all_groups()), the frames that were lost with their reasons, and each run's configuration.
std::string report_json(std::span<const Table> tables, std::span<const Table> groups,
                        std::span<const RunData> runs);

}  // namespace depthmill::report
