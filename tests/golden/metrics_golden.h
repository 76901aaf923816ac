// What the metric golden tests share: the reference numbers and the maps of the four pairs.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <utility>

#include "stages/io/csv.h"
#include "tests/support/h5_file.h"
#include "tests/support/test_data.h"

namespace depthmill::test {

constexpr int kPairs = 4;

// (row, metric) -> value of one reference run.
inline std::map<std::pair<std::string, std::string>, double> reference(const std::filesystem::path& file,
                                                                       const std::string& run) {
  const io::CsvTable table = io::read_csv_file(file);
  std::map<std::pair<std::string, std::string>, double> values;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][0] == run) {
      const bool undefined = table.rows[i][3] == "nan" || table.rows[i][3].empty();
      values[{table.rows[i][1], table.rows[i][2]}] = undefined ? std::nan("") : table.number(i, 3);
    }
  return values;
}

inline cv::Mat map_of(const test::H5File& file, const std::string& name, int type) {
  const auto array = file.dataset(name);
  cv::Mat map(static_cast<int>(array.shape.at(0)), static_cast<int>(array.shape.at(1)), CV_64FC1);
  std::copy(array.values.begin(), array.values.end(), map.ptr<double>());
  cv::Mat out;
  map.convertTo(out, type);
  return out;
}

}  // namespace depthmill::test
