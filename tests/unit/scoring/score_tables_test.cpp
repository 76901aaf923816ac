#include "stages/run_folder/score_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "metrics/protocol.h"
#include "stages/io/csv.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;

metrics::Protocol protocol_of(const std::string& name, std::vector<std::string> keys) {
  metrics::Protocol protocol;
  protocol.name = name;
  protocol.metrics = std::move(keys);
  return protocol;
}

std::vector<metrics::Protocol> two_protocols() {
  auto pooled = protocol_of("pooled", {"rmse", "abs_rel"});
  pooled.averaging = metrics::Averaging::kPooled;
  return {protocol_of("plain", {"abs_rel", "d1"}), pooled};
}

std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<FrameScore> some_rows() {
  return {{"kitchen_0002a", "d-2", {"plain", 30, {{"abs_rel", 0.1 + 0.2}, {"d1", 1.0 / 3}}, "a, \"b\"\nc"}},
          {"kitchen_0001", "d-1", {"plain", 10, {{"abs_rel", 1e-300}, {"d1", std::nan("")}}, ""}},
          {"kitchen_0001", "d-1", {"pooled", 10, {{"rmse", 1}, {"abs_rel", 0.5}}, ""}},
          {"kitchen_0002a", "d-2", {"pooled", 30, {{"rmse", 3}, {"abs_rel", 0.1}}, ""}}};
}

TEST(FrameTable, DoublesComeBackBitForBit) {
  const test::ScratchFolder folder;
  const auto protocols = two_protocols();
  {
    FrameTableWriter writer(folder / "frames.csv", metric_columns(protocols));
    for (const auto& score : some_rows()) writer.append(score.scene, score.frame, score.row);
  }
  const auto rows = read_frame_table(folder / "frames.csv");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].value("abs_rel"), 0.1 + 0.2);
  EXPECT_EQ(rows[0].value("d1"), 1.0 / 3);
  EXPECT_EQ(rows[0].row.note, "a, \"b\" c");
  EXPECT_EQ(rows[1].value("abs_rel"), 1e-300);
  EXPECT_TRUE(std::isnan(rows[1].value("d1")));
  EXPECT_EQ(rows[1].row.valid_pixels, 10u);
}

TEST(FrameTable, AKilledRunGoesOnBehindItsLastWholeRow) {
  const test::ScratchFolder folder;
  const auto columns = metric_columns(two_protocols());
  const auto rows = some_rows();
  { FrameTableWriter(folder / "frames.csv", columns).append(rows[0].scene, rows[0].frame, rows[0].row); }
  std::ofstream(folder / "frames.csv", std::ios::app) << "plain,kitchen_0001,d-1,1";
  EXPECT_EQ(read_frame_table(folder / "frames.csv").size(), 1u);
  { FrameTableWriter(folder / "frames.csv", columns).append(rows[1].scene, rows[1].frame, rows[1].row); }
  EXPECT_EQ(read_frame_table(folder / "frames.csv").size(), 2u);
}

TEST(FrameTable, ANewMetricWidensTheTable) {
  const test::ScratchFolder folder;
  const auto rows = some_rows();
  { FrameTableWriter(folder / "frames.csv", {"abs_rel", "d1"}).append("s", "f", rows[0].row); }
  FrameTableWriter wider(folder / "frames.csv", {"rmse"});
  EXPECT_EQ(wider.columns(), (std::vector<std::string>{"abs_rel", "rmse", "d1"}));
  EXPECT_EQ(read_frame_table(folder / "frames.csv")[0].value("d1"), 1.0 / 3);
  EXPECT_THROW(wider.append("s", "f", {"x", 1, {{"silog", 1}}, ""}), std::runtime_error);
}

TEST(FrameTable, RefusesWhatIsNoSuchTable) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "frames.csv") << "a,b\n1,2\n";
  EXPECT_THROW(read_frame_table(folder / "frames.csv"), std::runtime_error);
  std::ofstream(folder / "other.csv") << "protocol,scene,frame,n,abs_rel,note\np,s,f,1,much,\n";
  EXPECT_THROW(read_frame_table(folder / "other.csv"), std::runtime_error);
}

TEST(MetricTables, AveragesFollowTheProtocol) {
  const auto totals = summarise(some_rows(), two_protocols());
  ASSERT_EQ(totals.size(), 4u);
  EXPECT_EQ(totals[0].protocol + "." + totals[0].metric, "plain.abs_rel");
  EXPECT_DOUBLE_EQ(totals[0].value, (0.1 + 0.2 + 1e-300) / 2);
  EXPECT_EQ(totals[1].frames, 1u);  // the frame without d1 is left out and so counted
  EXPECT_DOUBLE_EQ(totals[2].value, std::sqrt((10 * 1 + 30 * 9) / 40.0));
  EXPECT_DOUBLE_EQ(totals[3].value, (10 * 0.5 + 30 * 0.1) / 40);
}

TEST(MetricTables, BytesDependOnTheSetOfRowsAlone) {
  const test::ScratchFolder a, b;
  auto rows = some_rows();
  write_metric_tables(a.path(), rows, two_protocols());
  std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
  rows.insert(rows.begin(), some_rows()[0]);  // an earlier try at the same frame
  rows.front().row.values[0].second = 77;
  write_metric_tables(b / "deep/metrics", rows, two_protocols());
  for (const char* file : {"frames.csv", "scenes.csv", "types.csv", "summary.csv", "intervals.csv",
                           "protocols.csv", "protocols/plain.ini", "protocols/pooled.ini"}) {
    EXPECT_FALSE(slurp(a / file).empty()) << file;
    EXPECT_EQ(slurp(a / file), slurp(b / (std::string("deep/metrics/") + file))) << file;
  }
  EXPECT_EQ(slurp(a / "types.csv").find("kitchen_"), std::string::npos);
  EXPECT_EQ(read_table_protocols(a.path()).size(), 2u);
  EXPECT_DOUBLE_EQ(read_summary_table(a / "summary.csv")[3].value, (10 * 0.5 + 30 * 0.1) / 40);
}

TEST(MetricTables, DepthRangesAreKeptApartAndPooled) {
  const test::ScratchFolder folder;
  const auto protocols = two_protocols();
  auto rows = some_rows();
  {
    FrameTableWriter writer(folder / "frames.csv", metric_columns(protocols));
    for (const auto& score : rows) writer.append(score.scene, score.frame, score.row);
    writer.append("a", "1", {range_row_name({"plain", 0, 2.5}), 10, {{"abs_rel", 0.1}, {"d1", 1}}, ""});
    writer.append("a", "2", {range_row_name({"plain", 0, 2.5}), 30, {{"abs_rel", 0.3}, {"d1", 0}}, ""});
  }
  EXPECT_EQ(slurp(folder / "frames.csv").find('@'), std::string::npos);
  const auto all = read_frame_table(folder / "frames.csv");
  EXPECT_EQ(all.size(), 6u);
  write_metric_tables(folder.path(), all, protocols);
  EXPECT_EQ(summarise(all, protocols).size(), 4u);
  const auto table = io::read_csv_file(folder / "ranges.csv");
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0][0], "plain");
  EXPECT_EQ(table.number(0, table.column("to")), 2.5);
  EXPECT_EQ(table.number(0, table.column("n")), 40);
  EXPECT_DOUBLE_EQ(table.number(0, table.column("abs_rel")), 0.25);
}

TEST(MetricTables, ComparisonUsesTheFramesOfBoth) {
  auto first = some_rows(), second = some_rows();
  second.pop_back();
  second[0].row.values[0].second -= 0.1;
  const auto text = comparison_table(first, second, two_protocols());
  const auto table = io::parse_csv(text, "comparison");
  EXPECT_EQ(table.rows[0][1], "abs_rel");
  EXPECT_NEAR(table.number(0, table.column("difference")), -0.05, 1e-12);
  EXPECT_EQ(table.number(0, table.column("frames")), 2);
  EXPECT_EQ(table.rows.back()[table.column("frames")], "1");
}

TEST(SceneType, IsTheNameWithoutItsNumber) {
  EXPECT_EQ(scene_type("home_office_0002a"), "home_office");
  EXPECT_EQ(scene_type("kitchen_0001"), "kitchen");
  EXPECT_EQ(scene_type("living_room"), "living_room");
  EXPECT_EQ(scene_type(""), "");
  EXPECT_EQ(scene_type("room_"), "room_");
}

}  // namespace
}  // namespace depthmill
