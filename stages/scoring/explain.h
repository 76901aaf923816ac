// The way from one protocol to another as a table: what each difference between them moves.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill {

// The protocols on the way (metrics/explain.h), in order: to be scored as any others.
std::vector<metrics::Protocol> explain_steps(const metrics::Protocol& from, const metrics::Protocol& to);

// Markdown: a row a step, a column a metric, and behind each value what the step moved. `rows`: the scores of
// all frames under explain_steps.
std::string explain_table(const metrics::Protocol& from, const metrics::Protocol& to,
                          const ScoreTables& rows);

}  // namespace depthmill
