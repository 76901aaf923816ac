#include "stages/run_folder/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "stages/run_folder/ledger.h"
#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

FrameRecord record_named(const std::string& scene, const std::string& frame,
                         std::vector<std::string> stages) {
  FrameRecord record;
  record.scene = scene, record.frame = frame, record.stages = std::move(stages);
  return record;
}

TEST(Manifest, TheBytesDoNotDependOnTheOrderOfRecording) {
  test::ScratchFolder scratch;
  std::vector<FrameRecord> records;
  for (const char* scene : {"b", "a", "ab"})
    for (const char* frame : {"d-2", "d-10", "d-1"})
      records.push_back(record_named(scene, frame, {"extract", "fill"}));
  records[1].detail = "a remark, with a comma\nand a second line";
  records[2].status = RowStatus::kFailed;
  records[2].stages = {"fill"};
  records[2].reason = "solve_failed";
  records[2].made_from.inputs = {
      {"raw_depth", "/data/1.png", 7}, {"rgb", "/data/2.png", 8}, {"base", "/data/1.png", 7}};
  for (const bool backward : {false, true}) {
    Ledger ledger(scratch / (backward ? "backward" : "forward"), {"extract", "fill"});
    ledger.take();
    if (backward) std::reverse(records.begin(), records.end());
    for (const FrameRecord& record : records) ledger.record(record);
    write_manifest(scratch / (backward ? "backward.csv" : "forward.csv"), ledger);
  }
  const std::string text = test::file_text(scratch / "forward.csv");
  EXPECT_EQ(text, test::file_text(scratch / "backward.csv"));
  EXPECT_THAT(text,
              ::testing::StartsWith(
                  "scene,frame,stage,status,reason,detail,inputs\na,d-1,extract,ok,,,\na,d-1,fill,ok,,,\n"
                  "a,d-10,extract,ok,,,\n"));
  EXPECT_THAT(text,
              ::testing::HasSubstr(
                  "b,d-10,extract,ok,,\"a remark, with a comma and a second line\",\nb,d-10,fill,ok,,,\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("b,d-1,fill,failed,solve_failed,,/data/1.png; /data/2.png\n"));
  std::vector<ManifestRow> rows;
  read_manifest(scratch / "forward.csv", [&](ManifestRow row) { rows.push_back(std::move(row)); });
  EXPECT_EQ(rows.size(), 17u);
  EXPECT_EQ(rows.front().id(), "a/d-1");
}

TEST(Manifest, OnesWithoutTheirInputsAreReadToo) {
  test::ScratchFolder scratch;
  std::ofstream(scratch / "manifest.csv") << "scene,frame,stage,status,reason,detail\na,d-1,fill,ok,,x\n";
  std::vector<ManifestRow> rows;
  read_manifest(scratch / "manifest.csv", [&](ManifestRow row) { rows.push_back(std::move(row)); });
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].detail + rows[0].inputs, "x");
}

TEST(Manifest, AnUnknownStatusIsRefusedWithItsLine) {
  test::ScratchFolder scratch;
  std::ofstream(scratch / "manifest.csv")
      << "scene,frame,stage,status,reason,detail,inputs\na,d-1,fill,fine,,,\n";
  try {
    read_manifest(scratch / "manifest.csv", [](ManifestRow) {});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("manifest.csv:2: status 'fine'"));
  }
}

TEST(Manifest, AnotherFileIsRefusedByName) {
  test::ScratchFolder scratch;
  std::ofstream(scratch / "manifest.csv") << "a,b\n1,2\n";
  try {
    read_manifest(scratch / "manifest.csv", [](ManifestRow) {});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("manifest.csv"));
  }
}

}  // namespace
}  // namespace depthmill::run_folder
