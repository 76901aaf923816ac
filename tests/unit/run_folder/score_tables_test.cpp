#include "stages/run_folder/score_tables.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "stages/io/text_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

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
  const auto rows = read_frame_table(folder / "frames.csv");
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
  const auto rows = read_frame_table(folder / "frames.csv");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_FALSE(rows[0].row.range);
  EXPECT_EQ(rows[1].row.protocol, "eigen");
  EXPECT_EQ(rows[1].row.range, (DepthRange{1, 2.5}));
  const auto before = io::read_text_file(folder / "frame_ranges.csv");
  write_frame_tables(folder.path(), rows, kColumns);
  EXPECT_EQ(io::read_text_file(folder / "frame_ranges.csv"), before);
  EXPECT_EQ(io::read_text_file(folder / "frames.csv").find('@'), std::string::npos);
  // Of an evaluation without ranges none stay behind.
  write_frame_tables(folder.path(), std::span(rows).first(1), kColumns);
  EXPECT_FALSE(std::filesystem::exists(folder / "frame_ranges.csv"));
}

// Only the table of ranges speaks of ranges; there a row must.
TEST(FrameTable, AProtocolMayHaveARangesName) {
  const test::ScratchFolder folder;
  const std::string row = "my@1:2,s,f,4,0.25,\n", names = "protocol,scene,frame,n,abs_rel,note\n";
  std::ofstream(folder / "frames.csv") << names << row;
  const auto rows = read_frame_table(folder / "frames.csv");
  EXPECT_EQ(rows.at(0).row.protocol, "my@1:2");
  EXPECT_FALSE(rows.at(0).row.range);
  for (const char* name : {"my", "my@1", "my@2:1", "my@:2", "my@a:b"}) {
    std::ofstream(folder / "frame_ranges.csv") << names << name << ",s,f,4,0.25,\n";
    EXPECT_THROW(read_frame_table(folder / "frames.csv"), std::runtime_error) << name;
  }
}

}  // namespace
}  // namespace depthmill
