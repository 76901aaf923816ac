// Parts of a page that several of its sections are made of. Inside the report's room.
#pragma once

#include <span>
#include <string>

#include "stages/report/metric_names.h"
#include "stages/report/tables.h"

namespace depthmill::report {

// A heading; one that sorts is a button. `high_first`: the first click puts the highest on top.
struct Head {
  bool sorts = true;
  std::string operator()(const std::string& name, bool words, bool high_first,
                         const std::string& title = "") const;
  std::string operator()(const MetricName& metric) const;
};

// A cell that sorts by its value.
std::string number_cell(double value, const std::string& text, const std::string& more = "");
// What scrolls by itself where it is wider than the page.
std::string scroll(const std::string& label, const std::string& inside);
// Under a title that opens and closes it.
std::string folded(const std::string& title, bool open, const std::string& inside);
std::string result_table(const Table& table);
// The runs with their colours.
std::string run_list(std::span<const RunData> runs);
// The metrics most papers show, of those the protocol has; else its first ones.
std::vector<MetricName> plotted(const Table& table);

// The section with the tables of whole runs, and that with those of their parts ("" without any). A page that can still
// be used holds so many rows of parts; the tables that go beyond are named, and where they are.
std::string tables_section(std::span<const Table> tables);
std::string groups_section(std::span<const Table> groups);
// The error along the clips of protocols that fit or score clips, and else nothing: "" without any.
std::string clips_section(std::span<const Table> tables, std::span<const RunData> runs);

}  // namespace depthmill::report
