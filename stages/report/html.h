// The page: one HTML file that needs nothing else, not even a network. It can be read without JavaScript;
// with it, tables sort and pictures open larger.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stages/report/load.h"
#include "stages/report/pictures.h"
#include "stages/report/tables.h"

namespace depthmill::report {

struct PageTables {
  std::vector<Table> shown;   // as they were asked for, joined ones too
  std::vector<Table> single;  // one a protocol, for what is drawn
  std::vector<Table> groups;  // groups.h
};

std::string report_page(const PageTables& tables, std::span<const RunData> runs,
                        std::span<const Picture> pictures, const std::vector<std::string>& warnings);

// The section with the frames; "" when there are no pictures. Of many those that a page can hold, from every run and kind
// some; where the others are is said.
std::string pictures_section(std::span<const RunData> runs, std::span<const Picture> pictures);

}  // namespace depthmill::report
