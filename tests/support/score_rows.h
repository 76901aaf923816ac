// Tables of scores row by row, for tests that look at a few.
#pragma once

#include <vector>

#include "stages/run_folder/score_tables.h"

namespace depthmill::test {

inline std::vector<FrameScore> rows_of(const ScoreTables& tables) {
  std::vector<FrameScore> rows;
  for (const ScoreTables::Part& part : tables.parts())
    for (std::size_t i = 0; i < part.table.size(); ++i) {
      FrameScore row{std::string(part.table.scene(i)), std::string(part.table.frame(i)), {}};
      row.row = {part.protocol, part.table.valid_pixels(i), {}, std::string(part.table.note(i)), part.range};
      for (std::size_t k = 0; k < part.table.keys().size(); ++k)
        row.row.values.emplace_back(part.table.keys()[k], part.table.column(k)[i]);
      rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace depthmill::test
