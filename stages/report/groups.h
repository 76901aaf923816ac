// Tables of the parts of runs: by scene, by kind of scene, by true depth.
#pragma once

#include <span>
#include <vector>

#include "stages/report/tables.h"

namespace depthmill::report {

// One table a protocol in which a run is split at all, in the order of `wholes`, with their columns; rows by group in the
// order in which groups are met (depths: from near to far), within one in the order of the runs. Best and second are
// marked within a group. A run with one scene, or one kind of scenes, is not split.
std::vector<Table> group_tables(std::span<const Table> wholes, std::span<const RunData> runs, Grouping by);

// By all that there is: for each protocol by kind of scene, by scene, by depth.
std::vector<Table> all_groups(std::span<const Table> wholes, std::span<const RunData> runs);

// Those of `by`, each behind the table of its protocol, or of the joined one that it is part of.
std::vector<Table> with_groups(std::span<const Table> wholes, std::span<const Table> groups,
                               std::span<const Grouping> by);

}  // namespace depthmill::report
