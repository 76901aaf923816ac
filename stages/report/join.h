// Methods that predict depth and methods that predict disparity are scored by different protocols and compared in one table.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stages/report/tables.h"

namespace depthmill::report {

// The tables of these protocols become one, where the first of them stood: rows run by run, each with what its protocol
// fits (Row::alignment, "scale and shift in disparity, per image"; of a run that did not keep its protocol its name);
// the columns are those that all of them have and those that are asked for by their keys, and a remark names the others.
// Throws std::invalid_argument for a protocol that has no table, and where there is no such column.
std::vector<Table> joined(std::vector<Table> tables, std::span<const RunData> runs,
                          const std::vector<std::string>& protocols,
                          const std::vector<std::string>& asked_for = {});

}  // namespace depthmill::report
