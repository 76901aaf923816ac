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

std::string report_page(std::span<const Table> tables, std::span<const RunData> runs,
                        std::span<const Picture> pictures, const std::vector<std::string>& warnings);

// The section with the frames; "" when there are no pictures.
std::string pictures_section(std::span<const RunData> runs, std::span<const Picture> pictures);

}  // namespace depthmill::report
