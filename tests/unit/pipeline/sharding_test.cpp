#include "pipeline/sharding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace depthmill::pipeline {
namespace {

using ::testing::HasSubstr;

TEST(ParseShard, TakesPartsAndArrays) {
  EXPECT_EQ(parse_shard("3/16")->part, 3u);
  EXPECT_EQ(parse_shard("3/16")->parts, 16u);
  EXPECT_TRUE(parse_shard("slurm")->from_array);
  EXPECT_EQ(parse_shard("slurm")->parts, 0u);
  EXPECT_EQ(parse_shard("slurm/16")->parts, 16u);
  EXPECT_EQ(parse_shard("slurm+1000/1500")->offset, 1000u);
  EXPECT_EQ(parse_shard("slurm+1000/1500")->parts, 1500u);
  for (const char* word : {"", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/4x", "slurm/", "slurm/0",
                           "slurm+3", "slurm+/4", "slurm3", "1/9999999999999999999999"})
    EXPECT_FALSE(parse_shard(word)) << word;
}

class ToldShard : public ::testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("SLURM_ARRAY_TASK_ID");
    ::unsetenv("SLURM_ARRAY_TASK_COUNT");
  }
  std::string told(const std::string& word, const char* task, const char* count) {
    TearDown();
    if (task) ::setenv("SLURM_ARRAY_TASK_ID", task, 1);
    if (count) ::setenv("SLURM_ARRAY_TASK_COUNT", count, 1);
    Config config;
    config.run.shard = word;
    try {
      const auto shard = told_shard(config);
      return shard ? shard->text() : "none";
    } catch (const ConfigError& e) {
      return e.what();
    }
  }
};

TEST_F(ToldShard, IsTheTasksNumberInTheArray) {
  EXPECT_EQ(told("", "3", "4"), "none") << "an array alone asks for nothing";
  EXPECT_EQ(told("2/4", "3", "4"), "2/4");
  EXPECT_EQ(told("slurm", "3", "4"), "3/4");
  EXPECT_EQ(told("slurm/16", "3", "2"), "3/16") << "an array of some parts alone";
  EXPECT_EQ(told("slurm+1000/1500", "1", "500"), "1001/1500");
}

TEST_F(ToldShard, SaysWhatIsMissing) {
  EXPECT_THAT(told("slurm/16", nullptr, nullptr), HasSubstr("SLURM_ARRAY_TASK_ID is not set"));
  EXPECT_THAT(told("slurm", "3", nullptr), HasSubstr("is not set"));
  EXPECT_THAT(told("slurm/16", "0", "16"), HasSubstr("array numbers begin with 1"));
  EXPECT_THAT(told("slurm", "3", "2"), HasSubstr("--shard slurm/N"));
  EXPECT_THAT(told("slurm/16", "x", "16"), HasSubstr("is not set"));
}

}  // namespace
}  // namespace depthmill::pipeline
