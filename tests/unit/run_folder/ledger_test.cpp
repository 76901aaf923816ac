#include "stages/run_folder/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "stages/run_folder/lease.h"
#include "tests/support/heap.h"
#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kStages{"extract", "fill", "infer", "evaluate"};

FrameRecord some_record(const std::string& frame, std::vector<std::string> stages = {"extract", "fill"}) {
  FrameRecord record;
  record.scene = "kitchen_0001";
  record.frame = frame;
  record.stages = std::move(stages);
  record.call = "0123456789abcdef";
  record.made_from = {7,
                      8,
                      {{"depth_rel", "/raw/kitchen_0001/d-1.pgm", 1},
                       {"raw_rgb", "/raw/kitchen_0001/r-1.ppm", 2},
                       {"rgb", "elsewhere/r.png", 3}}};
  record.outputs = {
      {"planes/kitchen_0001/" + frame + ".depth.png", {1234, 1'764'000'000'000'000'001, 77}, 9}};
  record.detail = "a remark:\twith, everything";
  return record;
}

FrameRecord failed(const std::string& frame, const std::string& stage) {
  FrameRecord record = some_record(frame, {stage});
  record.status = RowStatus::kFailed;
  record.reason = "unreadable";
  return record;
}

class LedgerTest : public ::testing::Test {
 protected:
  Ledger open(bool take = true) {
    Ledger ledger(scratch_.path(), kStages);
    if (take) ledger.take();
    return ledger;
  }
  std::vector<std::string> rows(const Ledger& ledger) {
    std::vector<std::string> rows;
    ledger.for_each_in_order([&](const FrameRecord& record) {
      for (const std::string& stage : record.stages)
        rows.push_back(record.frame + " " + stage + " " + std::string(status_name(record.status)));
    });
    return rows;
  }
  test::ScratchFolder scratch_;
};

TEST_F(LedgerTest, ARecordComesBackWhole) {
  FrameRecord record = some_record("d-1");
  KeptScore score;
  score.row.protocol = "my@1:2";  // a name that looks like a range
  score.row.valid_pixels = 17;
  score.row.values = {{"abs_rel", 0.1 + 0.2}, {"d1", std::nan("")}};
  score.row.note = "a, \"b\"";
  score.protocol = 11;
  record.scores = {score, score};
  record.scores[1].row.range = DepthRange{0.5, 2.5};
  { open().record(record); }
  const auto back = open(false).find("kitchen_0001", "d-1", "fill");
  ASSERT_TRUE(back);
  EXPECT_EQ(cells_of(*back), cells_of(record));
  EXPECT_EQ(back->made_from.inputs[1].file, "/raw/kitchen_0001/r-1.ppm");
  EXPECT_EQ(back->made_from.inputs[2].file, "elsewhere/r.png");
  EXPECT_EQ(back->outputs[0].look.time, 1'764'000'000'000'000'001);
  EXPECT_EQ(back->scores[0].row.values[0].second, 0.1 + 0.2);
  EXPECT_FALSE(back->scores[0].row.range);
  EXPECT_EQ(back->scores[1].row.range, (DepthRange{0.5, 2.5}));
  EXPECT_EQ(back->detail, record.detail);
}

// A count below zero would come back as one of twenty digits, which then is no number any more.
TEST(LedgerLines, NumbersOfThingsAreNotNegative) {
  FrameRecord record = some_record("d-1");
  record.scores.emplace_back();
  record.scores[0].row.protocol = "eigen";
  record.scores[0].row.valid_pixels = 5;
  JournalCells cells = cells_of(record);
  ASSERT_TRUE(record_of(cells));
  const auto score =
      std::find_if(cells.begin(), cells.end(), [](const auto& c) { return c.starts_with("score:"); });
  ASSERT_NE(score, cells.end());
  score->replace(score->find(",5,"), 3, ",-5,");
  EXPECT_FALSE(record_of(cells));
  EXPECT_THROW(mark_of({"synced", "7", "-1", "0", "9"}), std::invalid_argument);
}

// An end that is no number would be written as nothing: the score of a range as that of the whole image.
TEST(LedgerLines, ARangeOfDepthHasTwoNumbers) {
  FrameRecord record = some_record("d-1");
  record.scores.emplace_back();
  record.scores[0].row.protocol = "eigen";
  record.scores[0].row.valid_pixels = 5;
  record.scores[0].row.range = DepthRange{1, 2.5};
  const JournalCells cells = cells_of(record);
  const auto back = record_of(cells);
  ASSERT_TRUE(back && back->scores.at(0).row.range);
  EXPECT_EQ(back->scores[0].row.range->to, 2.5);
  for (const char* range : {"eigen, ,2.5,", "eigen,1,,", "eigen,nan,2.5,"}) {
    JournalCells odd = cells;
    for (std::string& cell : odd)
      if (cell.starts_with("score:")) cell.replace(cell.find("eigen,1,2.5,"), 12, range);
    EXPECT_FALSE(record_of(odd)) << range;
  }
}

TEST_F(LedgerTest, ACallComesBackWhole) {
  Call call;
  call.id = "00000000000000aa";
  call.program = "depthmill 1.0 (commit abc)";
  call.host = "node1";
  call.process = 42, call.started = 1'764'000'000;
  call.working_folder = "/home/me/my data";
  call.arguments = {"fill", "--in", "runs/my run", "--quiet"};
  call.stages = {{"fill", {{"fill.alpha", "1"}, {"fill.method", "levin"}}, {"rgb", "raw_depth"}, {"depth"}}};
  call.settings = "[fill]\nalpha = 1\n";
  call.protocols = {{"eigen", "[gt]\nkind = raw\n"}, {"laina", ""}};
  call.frames = 9;
  {
    Ledger ledger = open();
    ledger.begin_call(call);
    call.ended = 1'764'000'100, call.done = 8, call.failed = 1;
    call.times = {{"fill", 1.5}, {"wall", 2}};
    ledger.end_call(call);
  }
  const Ledger ledger = open(false);
  ASSERT_EQ(ledger.calls().size(), 1u);
  const Call& back = ledger.calls()[0];
  EXPECT_EQ(back.program, call.program);
  EXPECT_EQ(back.working_folder, call.working_folder);
  EXPECT_EQ(back.arguments, call.arguments);
  EXPECT_EQ(back.command_line(), "depthmill fill --in 'runs/my run' --quiet");
  EXPECT_EQ(back.settings, call.settings);
  EXPECT_EQ(back.protocols, call.protocols);
  EXPECT_EQ(back.ended, call.ended);
  EXPECT_EQ(back.done, 8u);
  EXPECT_EQ(back.times, call.times);
  ASSERT_TRUE(back.find("fill"));
  EXPECT_EQ(back.find("fill")->values, call.stages[0].values);
  EXPECT_EQ(back.find("fill")->reads, call.stages[0].reads);
  EXPECT_EQ(last_call(scratch_.path())->id, call.id);
}

TEST_F(LedgerTest, TheLaterOfTwoLinesCounts) {
  Ledger ledger = open();
  ledger.record(some_record("d-1"));
  FrameRecord again = some_record("d-1", {"fill"});
  again.detail = "again";
  ledger.record(again);
  EXPECT_EQ(ledger.find("kitchen_0001", "d-1", "fill")->detail, "again");
  EXPECT_NE(ledger.find("kitchen_0001", "d-1", "extract")->detail, "again");
  EXPECT_THAT(rows(ledger), ElementsAre("d-1 extract ok", "d-1 fill ok"));
  EXPECT_THAT(rows(open(false)), ElementsAre("d-1 extract ok", "d-1 fill ok"));
}

TEST_F(LedgerTest, AFrameThatIsMendedLosesItsFailureAndOthersKeepTheirs) {
  Ledger ledger = open();
  ledger.record(failed("d-1", "list"));
  ledger.record(failed("d-2", "fill"));
  EXPECT_FALSE(ledger.has_done("fill"));
  ledger.record(some_record("d-1"));
  EXPECT_THAT(rows(ledger), ElementsAre("d-1 extract ok", "d-1 fill ok", "d-2 fill failed"));
  EXPECT_TRUE(ledger.has_done("fill"));
  EXPECT_FALSE(ledger.has_done("evaluate"));
}

// What was made from files that are broken now is not done.
TEST_F(LedgerTest, AFailureTakesBackWhatItsCallHadDoneBefore) {
  Ledger ledger = open();
  Call call;
  call.id = "0123456789abcdef";
  call.stages = {{"extract", {}, {}, {}}, {"fill", {}, {}, {}}};
  ledger.begin_call(call);
  ledger.record(some_record("d-1"));
  ledger.record(some_record("d-1", {"evaluate"}));
  ledger.record(failed("d-1", "extract"));
  EXPECT_THAT(rows(ledger), ElementsAre("d-1 extract failed", "d-1 evaluate ok"));
}

// Of one that fell asleep between the look at the journal and its line.
TEST_F(LedgerTest, WhatAReplacedCallWritesBehindTheLeaseIsVoid) {
  {
    Ledger ledger = open();
    ledger.record(some_record("d-1"));
    FrameRecord other = some_record("d-2");
    other.call = "the taker";
    Journal journal(ledger.file(), Journal::Open::kWrite);
    journal.append(lease_cells("the taker", some_record("").call));
    journal.append(cells_of(other));
    journal.append(cells_of(some_record("d-3")));
    journal.append(cells_of(failed("d-2", "fill")));
  }
  const Ledger ledger = open(false);
  EXPECT_THAT(rows(ledger), ElementsAre("d-1 extract ok", "d-1 fill ok", "d-2 extract ok", "d-2 fill ok"));
  EXPECT_EQ(ledger.dropped(), 0u);
  std::size_t visited = 0;
  ledger.for_each([&](const FrameRecord&) { ++visited; });
  EXPECT_EQ(visited, 2u);
}

// The stage that failed has to do the frame, or a call that would have come to it.
TEST_F(LedgerTest, AFailureIsAnsweredByACallWithTheSameWorkAlone) {
  Ledger ledger = open();
  for (const auto& [id, stages] :
       std::map<std::string, std::vector<std::string>>{{"0000000000000001", {"extract", "fill"}},
                                                       {"0000000000000002", {"infer"}},
                                                       {"0000000000000003", {"fill", "infer"}}}) {
    Call call;
    call.id = id;
    for (const std::string& stage : stages) call.stages.push_back({stage, {}, {}, {}});
    ledger.begin_call(call);
  }
  const auto put = [&](FrameRecord record, const std::string& call) {
    record.call = call;
    ledger.record(record);
  };
  put(failed("d-1", "fill"), "0000000000000001");
  put(failed("d-2", "list"), "0000000000000001");
  put(some_record("d-1", {"infer"}), "0000000000000002");
  put(some_record("d-2", {"infer"}), "0000000000000002");
  EXPECT_THAT(rows(ledger),
              ElementsAre("d-1 fill failed", "d-1 infer ok", "d-2 infer ok", "d-2 list failed"));
  EXPECT_TRUE(ledger.failed("kitchen_0001", "d-2"));
  put(some_record("d-1", {"fill", "infer"}), "0000000000000003");
  put(some_record("d-2", {"fill", "infer"}), "0000000000000003");
  EXPECT_THAT(rows(open(false)), ElementsAre("d-1 fill ok", "d-1 infer ok", "d-2 fill ok", "d-2 infer ok"));
  EXPECT_FALSE(ledger.failed("kitchen_0001", "d-2"));
}

TEST_F(LedgerTest, WhatIsForgottenIsNotDone) {
  Ledger ledger = open();
  for (const char* frame : {"d-1", "d-2"}) ledger.record(some_record(frame));
  const std::vector<std::string> fill{"fill"}, both{"extract", "fill"};
  ledger.forget(fill);
  EXPECT_THAT(rows(ledger), ElementsAre("d-1 extract ok", "d-2 extract ok"));
  EXPECT_FALSE(ledger.find("kitchen_0001", "d-1", "fill"));
  ledger.forget_frame("kitchen_0001", "d-2", both);
  EXPECT_THAT(rows(open(false)), ElementsAre("d-1 extract ok"));
}

TEST_F(LedgerTest, DamagedLinesCostTheirFramesAlone) {
  {
    Ledger ledger = open();
    for (const char* frame : {"d-1", "d-2", "d-3"}) ledger.record(some_record(frame));
  }
  std::string text = test::file_text(scratch_ / kJournalFile);
  text[text.find("d-2")] = 'D';
  text += std::string(4096, '\0') + "\nhalf a li";
  std::ofstream(scratch_ / kJournalFile, std::ios::binary) << text;
  Ledger ledger = open();
  EXPECT_EQ(ledger.dropped(), 3u);
  EXPECT_FALSE(ledger.find("kitchen_0001", "d-2", "fill"));
  ledger.record(some_record("d-4"));
  EXPECT_THAT(rows(open(false)), ElementsAre("d-1 extract ok", "d-1 fill ok", "d-3 extract ok", "d-3 fill ok",
                                             "d-4 extract ok", "d-4 fill ok"));
}

TEST_F(LedgerTest, LinesAreDurableUpToTheMark) {
  Ledger ledger = open();
  ledger.record(some_record("d-1"));
  const std::uint64_t to = ledger.end();
  ledger.record(some_record("d-2"));
  ledger.mark_synced(to, 1, 0);
  const Ledger again = open(false);
  EXPECT_TRUE(again.durable("kitchen_0001", "d-1", "fill"));
  EXPECT_FALSE(again.durable("kitchen_0001", "d-2", "fill"));
}

TEST_F(LedgerTest, AFrameAndStageTakesAFewDozenBytes) {
  if (test::heap_bytes() == 0) GTEST_SKIP() << "nobody counts the heap here";
  constexpr std::size_t kFrames = 20000;
  Ledger ledger = open();
  const std::size_t before = test::heap_bytes();
  for (std::size_t i = 0; i < kFrames; ++i) ledger.record(some_record(std::to_string(i)));
  EXPECT_LT((test::heap_bytes() - before) / (2 * kFrames), 72u) << "written";
  const std::size_t between = test::heap_bytes();
  const Ledger again = open(false);
  EXPECT_LT((test::heap_bytes() - between) / (2 * kFrames), 72u) << "and read";
  EXPECT_TRUE(again.has_done("fill"));
}

TEST_F(LedgerTest, OneWriterWhoseNameTheOtherLearns) {
  Ledger mine = open();
  Call call;
  call.id = "00000000000000aa";
  call.host = "node1", call.process = 4242, call.started = 1'764'000'000;
  call.arguments = {"fill", "--in", "raw"};
  mine.begin_call(call);
  Ledger other = open(false);
  try {
    other.take();
    FAIL() << "two have the folder";
  } catch (const BusyError& e) {
    EXPECT_THAT(e.what(),
                HasSubstr("process 4242 on node1, since 2025-11-24 16:00:00 UTC (depthmill fill --in raw)"));
  }
}

TEST_F(LedgerTest, AFolderWithoutAJournalHasNothingDone) {
  const Ledger ledger = open(false);
  EXPECT_FALSE(ledger.exists());
  EXPECT_FALSE(ledger.has_done("fill"));
  EXPECT_FALSE(ledger.find("a", "b", "fill"));
  EXPECT_THAT(rows(ledger), IsEmpty());
  EXPECT_FALSE(last_call(scratch_.path()));
}

TEST(FrameRecordLine, StrangeCellsAreNoRecord) {
  const JournalCells good = cells_of(some_record("d-1"));
  ASSERT_TRUE(record_of(good));
  EXPECT_FALSE(record_of({}));
  EXPECT_FALSE(record_of({"frame"}));
  for (const char* cell :
       {"no tag", "in:a", "in:a,=,c,d", "out:x,y,z,1,2", "score:a,b", "score:a,,,x,1,,k,word"}) {
    JournalCells cells{good.begin(), good.begin() + 8};
    cells.push_back(cell);
    EXPECT_FALSE(record_of(cells)) << cell;
  }
}

TEST(BoundOf, IsWhatTheThreadsSpentMostTimeOn) {
  const auto bound = [](double read, double extract, double fill, double write, double record, double wall) {
    return bound_of(std::vector<StepTime>{{"read", read},
                                          {"extract", extract},
                                          {"fill", fill},
                                          {"write", write},
                                          {"record", record},
                                          {"wall", wall}});
  };
  const Bound computing = bound(3, 2, 4, 1, 0, 6);
  EXPECT_EQ(computing.by + " " + computing.step, "computing fill");
  EXPECT_NEAR(computing.share, 0.6, 1e-12) << "all stages together";
  EXPECT_EQ(bound(7, 2, 4, 1, 0, 8).by, "reading");
  EXPECT_EQ(bound(1, 2, 4, 7, 0, 8).by, "writing");
  EXPECT_EQ(bound(1, 2, 4, 1, 5, 6).by, "recording")
      << "which is one thread's, and nearly all of the wall time";
  EXPECT_EQ(bound(1, 2, 4, 1, 5, 20).by, "computing");
  EXPECT_EQ(bound_of({}).by, "");
}

}  // namespace
}  // namespace depthmill::run_folder
