#include "pipeline/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/needs.h"
#include "pipeline/options.h"
#include "stages/pack/layout.h"

namespace depthmill::pipeline {
namespace {

TEST(Registry, EveryStageHasItsCommandAndItsOwnName) {
  for (const StageRow& row : registry()) {
    const auto all = commands();
    const auto own =
        std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == row.name; });
    ASSERT_NE(own, all.end()) << row.name;
    EXPECT_FALSE(own->summary.empty() || own->text.empty() || own->examples.empty()) << row.name;
    EXPECT_TRUE(own->run);
    if (!row.make) continue;
    EXPECT_TRUE(row.frames || row.command) << row.name;
    Config config = default_config();
    config.infer.model = "constant";
    config.pack.layout = &pack::find_layout("bts");
    EXPECT_EQ(row.make(config)->name(), row.name);
  }
}

// The order of the rows is an order in which data can flow.
TEST(Registry, StagesStandInFlowOrder) {
  Config config = default_config();
  config.pack.layout = &pack::find_layout("bts");
  std::vector<std::string> there{plane::kRawRgb, plane::kDepthRel};
  for (const StageRow& row : registry()) {
    if (!row.make) continue;
    const auto stage = row.make(config);
    for (const std::string& need : stage->needs()) EXPECT_THAT(there, ::testing::Contains(need)) << row.name;
    for (const std::string& add : stage->adds()) there.push_back(add);
  }
}

TEST(Needs, WhatAStageAddsIsNotReadForThoseBehindIt) {
  const Config config = default_config();
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(find_stage("extract")->make(config));
  stages.push_back(find_stage("fill")->make(config));
  EXPECT_THAT(planes_to_read(stages), ::testing::UnorderedElementsAre(plane::kRawRgb, plane::kDepthRel));
  stages.erase(stages.begin());
  EXPECT_THAT(planes_to_read(stages), ::testing::UnorderedElementsAre(plane::kRgb, plane::kRawDepth));
}

}  // namespace
}  // namespace depthmill::pipeline
