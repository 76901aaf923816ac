#include "stages/scoring/totals.h"
#include "stages/scoring/total_tables.h"

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
  EXPECT_DOUBLE_EQ(read_summary_table(a.path())[3].value, (10 * 0.5 + 30 * 0.1) / 40);
}

TEST(MetricTables, DepthRangesAreKeptApartAndPooled) {
  const test::ScratchFolder folder;
  const auto protocols = two_protocols();
  auto rows = some_rows();
  rows.push_back({"a", "1", {"plain", 10, {{"abs_rel", 0.1}, {"d1", 1}}, "", DepthRange{0, 2.5}}});
  rows.push_back({"a", "2", {"plain", 30, {{"abs_rel", 0.3}, {"d1", 0}}, "", DepthRange{0, 2.5}}});
  write_frame_tables(folder.path(), rows, metric_columns(protocols));
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

  const std::vector<std::string> keys = {"abs_rel", "silog"};
  const auto pooled = summarise_ranges(all, keys);
  ASSERT_EQ(pooled.size(), 1u);
  EXPECT_EQ(pooled[0].range, (DepthRange{0, 2.5}));
  EXPECT_EQ(pooled[0].pixels, 40u);
  EXPECT_DOUBLE_EQ(pooled[0].values[0].second, 0.25);
  EXPECT_TRUE(std::isnan(pooled[0].values[1].second)) << "nothing that could be pooled";
}

// Each scene and each type of scenes is averaged by the protocol's own rule.
TEST(MetricTables, ScenesAndTypesAreAveragedInside) {
  const test::ScratchFolder folder;
  auto rows = some_rows();
  rows.push_back({"study_0001", "d-3", {"pooled", 10, {{"rmse", 2}, {"abs_rel", 0.2}}, ""}});
  write_metric_tables(folder.path(), rows, two_protocols());
  const auto scenes = io::read_csv_file(folder / "scenes.csv"),
             types = io::read_csv_file(folder / "types.csv");
  ASSERT_EQ(scenes.rows.size(), 5u);  // two scenes under plain, three under pooled
  EXPECT_EQ(scenes.number(3, scenes.column("rmse")), 3);
  ASSERT_EQ(types.rows.size(), 3u);
  EXPECT_EQ(types.rows[1][1], "kitchen");
  EXPECT_EQ(types.number(1, types.column("n")), 40);
  EXPECT_DOUBLE_EQ(types.number(1, types.column("rmse")), std::sqrt((10 * 1 + 30 * 9) / 40.0));
  EXPECT_EQ(types.rows[2][1], "study");
  EXPECT_EQ(types.number(2, types.column("rmse")), 2);
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
