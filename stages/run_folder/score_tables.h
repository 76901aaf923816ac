// The rows of scores that a run leaves behind, one a protocol and frame, in two tables of one form:
//   <run>/metrics/frames.csv         protocol,scene,frame,n,<metric keys>,note
//   <run>/metrics/frame_ranges.csv   the same for intervals of true depth, protocol as eigen@1:2.5
// n = valid pixels. Metric keys are columns, the union over all protocols in the order of the table of
// metrics (metrics/errors.h). An empty cell is an undefined value, never a number; doubles read back bit for
// bit. All other tables of an evaluation follow from these rows (scoring/totals.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill {

namespace metrics {
struct Protocol;
}

// One row: whose scores, and the scores.
struct FrameScore {
  std::string scene;  // "" when the data has no scenes
  std::string frame;  // Frame::name
  MetricRow row;

  // The value under `key`; NaN when the protocol has no such metric or it is undefined for this frame.
  double value(std::string_view key) const;
};

// The protocol's name, with the range behind it where there is one: "eigen", "eigen@1:2.5".
std::string row_name(const MetricRow& row);
// The inverse: a row without values. A name without a range is the protocol's; throws std::invalid_argument when what
// stands behind an @ is no range.
MetricRow row_named(const std::string& name);

// The rows of one protocol (and range), in the order in which they came, by columns: 56 bytes a row and the frame's
// name, 8 a value.
class ScoreTable {
 public:
  // `protocol` and `range` of the row are the caller's to compare.
  void push_back(std::string_view scene, std::string_view frame, const MetricRow& row);

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  // Until a row is added.
  std::string_view scene(std::size_t i) const { return text(rows_[i].scene); }
  std::string_view frame(std::size_t i) const { return text(rows_[i].frame); }
  std::string_view note(std::size_t i) const { return text(rows_[i].note); }
  std::string id(std::size_t i) const { return frame_id(scene(i), frame(i)); }
  std::size_t valid_pixels(std::size_t i) const { return rows_[i].valid_pixels; }
  // Metrics of which a row has spoken, undefined values too, and their columns: NaN = undefined.
  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<double>& column(std::size_t k) const { return columns_[k]; }
  // nullptr when no row has spoken of it.
  const std::vector<double>* find(std::string_view key) const;

  // In order of scene and frame; of two rows of one frame the later stays.
  void sort();

 private:
  struct Text {  // a part of texts_
    std::uint64_t at = 0;
    std::uint32_t length = 0;
  };
  struct Row {
    Text scene, frame, note;
    std::size_t valid_pixels = 0;
  };
  Text keep(std::string_view text);
  std::string_view text(Text part) const { return {texts_.data() + part.at, part.length}; }

  std::vector<Row> rows_;
  std::vector<std::string> keys_;
  std::vector<std::vector<double>> columns_;
  std::string texts_;
};

// Rows of any number of protocols.
class ScoreTables {
 public:
  struct Part {
    std::string protocol;
    std::optional<DepthRange> range;
    ScoreTable table;
  };
  ScoreTables() = default;
  ScoreTables(const std::vector<FrameScore>& rows);

  void push_back(std::string_view scene, std::string_view frame, const MetricRow& row);
  // In the order in which they were first met, unless somebody sorts them.
  std::vector<Part>& parts() { return parts_; }
  const std::vector<Part>& parts() const { return parts_; }
  // Rows of all parts.
  std::size_t size() const;

 private:
  std::vector<Part> parts_;
  std::size_t last_ = 0;  // the part of the row before
};

// The metric keys of all protocols, each once, in table order: the columns of their common table.
std::vector<std::string> metric_columns(std::span<const metrics::Protocol> protocols);

// Reads frames.csv, and frame_ranges.csv beside it if it is there. Of each row those keys are taken whose cells are
// not empty. Throws std::runtime_error naming file and line when it is not such a table.
ScoreTables read_frame_table(const std::filesystem::path& file);

// Replaces frames.csv and frame_ranges.csv (which goes when there are no rows with a range) by these rows, part by
// part. Each appears whole or not at all. Throws std::runtime_error when a row has a key that is no column, or when
// the disk does not take it.
void write_frame_tables(const std::filesystem::path& folder, const ScoreTables& rows,
                        const std::vector<std::string>& columns);

}  // namespace depthmill
