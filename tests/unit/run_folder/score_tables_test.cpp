#include "stages/run_folder/score_tables.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "stages/io/text_file.h"
#include "tests/support/heap.h"
#include "tests/support/score_rows.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using test::rows_of;

const std::vector<std::string> kColumns = {"abs_rel", "d1", "rmse"};

std::vector<FrameScore> some_rows() {
  return {{"kitchen_0002a", "d-2", {"plain", 30, {{"abs_rel", 0.1 + 0.2}, {"d1", 1.0 / 3}}, "a, \"b\"\nc"}},
          {"kitchen_0001", "d-1", {"plain", 10, {{"abs_rel", 1e-300}, {"d1", std::nan("")}}, ""}},
          {"kitchen_0001", "d-1", {"pooled", 10, {{"rmse", 1}, {"abs_rel", 0.5}}, ""}},
          {"kitchen_0002a", "d-2", {"pooled", 30, {{"rmse", 3}, {"abs_rel", 0.1}}, ""}}};
}

TEST(FrameTable, DoublesComeBackBitForBit) {
  const test::ScratchFolder folder;
  write_frame_tables(folder.path(), some_rows(), kColumns);
  const auto rows = rows_of(read_frame_table(folder / "frames.csv"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].value("abs_rel"), 0.1 + 0.2);
  EXPECT_EQ(rows[0].value("d1"), 1.0 / 3);
  EXPECT_EQ(rows[0].row.note, "a, \"b\" c");
  EXPECT_EQ(rows[1].value("abs_rel"), 1e-300);
  EXPECT_TRUE(std::isnan(rows[1].value("d1")));
  EXPECT_EQ(rows[1].row.valid_pixels, 10u);
}

TEST(FrameTable, AMetricWithoutAColumnIsRefused) {
  const test::ScratchFolder folder;
  const std::vector<FrameScore> rows{{"s", "f", {"x", 1, {{"silog", 1}}, ""}}};
  EXPECT_THROW(write_frame_tables(folder.path(), rows, kColumns), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder / "frames.csv"));
}

TEST(FrameTable, RefusesWhatIsNoSuchTable) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "frames.csv") << "a,b\n1,2\n";
  EXPECT_THROW(read_frame_table(folder / "frames.csv"), std::runtime_error);
  std::ofstream(folder / "other.csv") << "protocol,scene,frame,n,abs_rel,note\np,s,f,1,much,\n";
  EXPECT_THROW(read_frame_table(folder / "other.csv"), std::runtime_error);
}

TEST(FrameTable, RangesHaveATableOfTheirOwnAndComeBackTyped) {
  const test::ScratchFolder folder;
  const std::vector<FrameScore> made{{"s", "f", {"eigen", 10, {{"abs_rel", 0.5}}, ""}},
                                     {"s", "f", {"eigen", 4, {{"abs_rel", 0.25}}, "", DepthRange{1, 2.5}}}};
  write_frame_tables(folder.path(), made, kColumns);
  EXPECT_EQ(io::read_text_file(folder / "frame_ranges.csv"),
            "protocol,scene,frame,n,abs_rel,d1,rmse,note\neigen@1:2.5,s,f,4,0.25,,,\n");
  const auto rows = rows_of(read_frame_table(folder / "frames.csv"));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_FALSE(rows[0].row.range);
  EXPECT_EQ(rows[1].row.protocol, "eigen");
  EXPECT_EQ(rows[1].row.range, (DepthRange{1, 2.5}));
  const auto before = io::read_text_file(folder / "frame_ranges.csv");
  write_frame_tables(folder.path(), rows, kColumns);
  EXPECT_EQ(io::read_text_file(folder / "frame_ranges.csv"), before);
  EXPECT_EQ(io::read_text_file(folder / "frames.csv").find('@'), std::string::npos);
  // Of an evaluation without ranges none stay behind.
  write_frame_tables(folder.path(), std::vector{rows.front()}, kColumns);
  EXPECT_FALSE(std::filesystem::exists(folder / "frame_ranges.csv"));
}

TEST(ScoreTable, GoesByColumnsWhateverKeysARowHas) {
  ScoreTable table;
  table.push_back("s", "b", {"p", 5, {{"abs_rel", 0.5}, {"d1", std::nan("")}}, ""});
  table.push_back("s", "a", {"p", 6, {{"rmse", 2}, {"abs_rel", 0.25}}, "odd"});
  table.push_back("", "c", {"p", 7, {}, ""});
  EXPECT_EQ(table.keys(), (std::vector<std::string>{"abs_rel", "d1", "rmse"}));
  EXPECT_EQ((*table.find("abs_rel"))[0], 0.5);
  EXPECT_EQ((*table.find("abs_rel"))[1], 0.25);
  EXPECT_TRUE(std::isnan((*table.find("rmse"))[0]));
  EXPECT_EQ((*table.find("rmse"))[1], 2);
  EXPECT_TRUE(std::isnan((*table.find("rmse"))[2]));
  EXPECT_EQ(table.find("silog"), nullptr);
  EXPECT_EQ(table.id(0), "s/b");
  EXPECT_EQ(table.id(2), "c");
  EXPECT_EQ(table.note(1), "odd");
  const ScoreTable copy = table;
  table = {};
  EXPECT_EQ(copy.scene(1), "s");
  EXPECT_EQ(copy.valid_pixels(2), 7u);
}

TEST(ScoreTable, ARowOfNineMetricsTakesAQuarterOfAKilobyte) {
  if (test::heap_bytes() == 0) GTEST_SKIP() << "nobody counts the heap here";
  constexpr std::size_t kRows = 20000;
  MetricRow row{"eigen", 1000, {}, ""};
  for (const char* key : {"silog", "abs_rel", "log10", "rmse", "sq_rel", "rmse_log", "d1", "d2", "d3"})
    row.values.emplace_back(key, 0.5);
  const std::size_t before = test::heap_bytes();
  ScoreTable table;
  for (std::size_t i = 0; i < kRows; ++i)
    table.push_back("room_" + std::to_string(1000 + i / 877), "d-1300000000.123456-" + std::to_string(i),
                    row);
  EXPECT_LT((test::heap_bytes() - before) / kRows, 320u);
}

TEST(ScoreTable, SortsByNameAndKeepsTheLaterOfTwo) {
  ScoreTable table;
  for (const auto& [scene, frame, value] :
       {std::tuple{"b", "1", 1.0}, {"a", "2", 2.0}, {"b", "1", 3.0}, {"a", "1", 4.0}})
    table.push_back(scene, frame, {"p", 1, {{"abs_rel", value}}, ""});
  table.sort();
  ASSERT_EQ(table.size(), 3u);
  EXPECT_EQ(table.id(0), "a/1");
  EXPECT_EQ(table.id(1), "a/2");
  EXPECT_EQ(table.id(2), "b/1");
  EXPECT_EQ(table.column(0), (std::vector<double>{4, 2, 3}));
}

// Only the table of ranges speaks of ranges; there a row must.
TEST(FrameTable, AProtocolMayHaveARangesName) {
  const test::ScratchFolder folder;
  const std::string row = "my@1:2,s,f,4,0.25,\n", names = "protocol,scene,frame,n,abs_rel,note\n";
  std::ofstream(folder / "frames.csv") << names << row;
  const auto rows = rows_of(read_frame_table(folder / "frames.csv"));
  EXPECT_EQ(rows.at(0).row.protocol, "my@1:2");
  EXPECT_FALSE(rows.at(0).row.range);
  for (const char* name : {"my", "my@1", "my@2:1", "my@:2", "my@a:b"}) {
    std::ofstream(folder / "frame_ranges.csv") << names << name << ",s,f,4,0.25,\n";
    EXPECT_THROW(read_frame_table(folder / "frames.csv"), std::runtime_error) << name;
  }
}

}  // namespace
}  // namespace depthmill
