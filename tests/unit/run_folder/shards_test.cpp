#include "stages/run_folder/shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "stages/run_folder/journal.h"
#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

using ::testing::ElementsAre;

FrameList scenes_of(const std::vector<std::size_t>& frames) {
  FrameList list;
  for (std::size_t scene = 0; scene < frames.size(); ++scene)
    for (std::size_t i = 0; i < frames[scene]; ++i) {
      Frame frame;
      frame.scene = "s" + std::to_string(scene);
      frame.name = std::to_string(i);
      list.push_back(std::move(frame));
    }
  return list;
}

std::vector<std::size_t> sizes(const std::vector<std::uint32_t>& part_of, std::size_t parts) {
  std::vector<std::size_t> count(parts);
  for (const std::uint32_t part : part_of) ++count.at(part - 1);
  return count;
}

TEST(Cut, EveryFrameHasOnePartAndPartsAreEqual) {
  EXPECT_THAT(sizes(cut(scenes_of({12, 12, 12}), 5), 5), ElementsAre(7, 7, 7, 7, 8));
  EXPECT_THAT(sizes(cut(scenes_of({7}), 3), 3), ElementsAre(2, 2, 3));
  EXPECT_THAT(sizes(cut(scenes_of({2}), 4), 4), ElementsAre(0, 1, 0, 1)) << "more parts than frames";
  EXPECT_TRUE(cut(scenes_of({}), 4).empty());
}

// 464 scenes of a raw set: none is torn where a part may be a twentieth larger for it.
TEST(Cut, ScenesStayWholeWhereTheyAreSmall) {
  std::vector<std::size_t> frames;
  for (std::size_t i = 0; i < 464; ++i) frames.push_back(300 + i * 7919 % 1200);
  const FrameList list = scenes_of(frames);
  const auto part_of = cut(list, 16);
  std::map<std::string, std::set<std::uint32_t>> parts;
  for (std::size_t i = 0; i < list.size(); ++i) parts[std::string(list.scene(i))].insert(part_of[i]);
  for (const auto& [scene, of_scene] : parts) EXPECT_EQ(of_scene.size(), 1u) << scene;
  const double even = static_cast<double>(list.size()) / 16;
  for (const std::size_t n : sizes(part_of, 16)) EXPECT_NEAR(static_cast<double>(n), even, even / 10 + 1);
}

TEST(Cut, WhatBelongsTogetherIsNeverTorn) {
  const FrameList list = scenes_of({30});
  const auto part_of = cut(list, 4, [](std::size_t i) { return std::to_string(i / 9); });
  for (std::size_t i = 1; i < 30; ++i) EXPECT_TRUE(i % 9 == 0 || part_of[i] == part_of[i - 1]) << i;
}

TEST(ShardPlan, WhoComesFirstMakesIt) {
  test::ScratchFolder folder;
  EXPECT_FALSE(has_shards(folder.path()));
  const FrameList list = scenes_of({3, 2});
  ShardJob job{2, "/home/me", "runs/a", {"fill", "--in", "x y"}, "fill.alpha = 1\n"};
  make_plan(folder.path(), job, list, cut(list, 2), {});
  job.parts = 3;
  make_plan(folder.path(), job, list, cut(list, 3), {});
  const ShardPlan plan(folder.path());
  EXPECT_EQ(plan.job().parts, 2u);
  EXPECT_EQ(plan.job().working_folder, "/home/me");
  EXPECT_EQ(plan.job().out, "runs/a");
  EXPECT_THAT(plan.job().arguments, ElementsAre("fill", "--in", "x y"));
  EXPECT_EQ(plan.job().settings, "fill.alpha = 1\n");
  EXPECT_EQ(plan.frames(), 5u);
  EXPECT_EQ(plan.frames_of(1) + plan.frames_of(2), 5u);
  EXPECT_EQ(plan.find("s0", "0")->part, 1u);
  EXPECT_EQ(plan.find("s1", "1")->part, 2u);
  EXPECT_EQ(plan.find("s1", "2"), nullptr);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().filename(), "shards") << "nothing half-made is left";
}

TEST(ShardPlan, ADamagedOneIsRefused) {
  test::ScratchFolder folder;
  const FrameList list = scenes_of({4});
  make_plan(folder.path(), {2, "/w", "o", {"fill"}, "x"}, list, cut(list, 2), {});
  const std::filesystem::path file = folder / "shards/plan";
  const std::string whole = test::file_text(file);
  for (const std::string& bytes :
       {whole.substr(0, whole.size() / 2), whole.substr(whole.find('\n') + 1), std::string()}) {
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_THROW(ShardPlan{folder.path()}, std::runtime_error) << bytes.size();
  }
}

TEST(ShardPlan, ALostOneIsSaid) {
  test::ScratchFolder folder;
  const FrameList list = scenes_of({4});
  const ShardJob job{2, "/w", "o", {"fill"}, "x"};
  make_plan(folder.path(), job, list, cut(list, 2), {});
  std::filesystem::remove(shards_folder(folder.path()) / "plan");
  try {
    make_plan(folder.path(), job, list, cut(list, 2), {});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("has lost its plan"));
  }
}

TEST(ArrayExpression, IsAsSchedulersTakeIt) {
  const auto of = [](std::vector<std::size_t> numbers) { return array_expression(numbers); };
  EXPECT_EQ(of({}), "");
  EXPECT_EQ(of({3}), "3");
  EXPECT_EQ(of({3, 7, 12, 13, 14}), "3,7,12-14");
  EXPECT_EQ(of({1, 2, 4}), "1,2,4");
}

TEST(PartFolder, BelongsToItsJob) {
  test::ScratchFolder folder;
  const FrameList list = scenes_of({4});
  make_plan(folder.path(), {2, "/w", "o", {"fill"}, "x"}, list, cut(list, 2), {});
  EXPECT_EQ(job_folder(part_folder(folder.path(), 1, 2)), folder.path());
  EXPECT_EQ(job_folder(folder.path()), folder.path());
  EXPECT_EQ(job_folder("/data/shards/x"), "/data/shards/x") << "no plan there";
}

}  // namespace
}  // namespace depthmill::run_folder
