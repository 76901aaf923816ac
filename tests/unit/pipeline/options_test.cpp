#include "pipeline/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "pipeline/commands.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

using test::ScratchFolder;
using ::testing::HasSubstr;

TEST(Options, FlagsAndKeysAreUnique) {
  std::set<std::string> flags;
  std::set<std::pair<std::string, std::string>> keys;
  for (const OptionRow& row : option_table()) {
    EXPECT_TRUE(flags.insert(row.flag).second) << row.flag << " stands twice in the table";
    EXPECT_TRUE(keys.insert({row.section, row.key}).second) << row.section << "." << row.key;
    EXPECT_FALSE(row.help.empty()) << row.flag;
  }
}

TEST(Options, EveryRowBelongsToACommandThatExists) {
  std::set<std::string> names;
  for (const Command& command : commands()) names.emplace(command.name);
  for (const OptionRow& row : option_table()) {
    EXPECT_FALSE(row.commands.empty()) << row.flag;
    for (const auto& command : row.commands)
      EXPECT_TRUE(names.contains(command)) << row.flag << ": " << command;
  }
}

TEST(Options, EffectiveConfigurationReadsBackToItself) {
  ScratchFolder scratch;
  const ParsedCommand parsed = parse_command(
      "run", {"--out", "runs/a b", "--alpha", "0.1", "--protocol", "eigen,laina", "--keep-known",
              "--depth-format", "h5", "--scene", "kitchen_0001", "bedroom_0002"});
  const std::string text = effective_ini(parsed.config);
  std::ofstream(scratch / "config.ini") << text;
  const ParsedCommand again = parse_command("run", {"--config", (scratch / "config.ini").string()});
  EXPECT_EQ(effective_ini(again.config), text);
  EXPECT_EQ(again.config.fill.alpha, 0.1);
  EXPECT_EQ(again.config.data.scenes, (std::vector<std::string>{"kitchen_0001", "bedroom_0002"}));
  EXPECT_EQ(again.config.output.depth_format, io::DepthFormat::kH5);
}

TEST(Options, FlagsOverrideTheFile) {
  ScratchFolder scratch;
  std::ofstream(scratch / "run.ini") << "[fill]\nalpha = 3\nkeep-known = yes\n";
  const ParsedCommand parsed =
      parse_command("fill", {"--config", (scratch / "run.ini").string(), "--alpha", "2"});
  EXPECT_EQ(parsed.config.fill.alpha, 2);
  EXPECT_TRUE(parsed.config.fill.keep_known);
}

TEST(Options, SwitchesTakeYesAndNo) {
  EXPECT_TRUE(parse_command("fill", {"--keep-known"}).config.fill.keep_known);
  EXPECT_FALSE(parse_command("fill", {"--keep-known=no"}).config.fill.keep_known);
}

TEST(Options, DifferingKeysNameWhatShapesResults) {
  ScratchFolder scratch;
  const ParsedCommand one = parse_command("fill", {"--alpha", "1", "--threads", "1"});
  std::ofstream(scratch / "config.ini") << effective_ini(one.config);
  const ParsedCommand two = parse_command("fill", {"--alpha", "2", "--threads", "8"});
  const auto differing = differing_keys(two.config, scratch / "config.ini", {"fill", "run"});
  ASSERT_EQ(differing.size(), 1u);
  EXPECT_EQ(differing[0], "fill.alpha was '1', now '2'");
}

TEST(Options, ErrorsNameTheFlagAndTheReason) {
  try {
    parse_command("fill", {"--alpha", "1x"});
    FAIL() << "1x was read as a number";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("--alpha: '1x'"));
  }
}

}  // namespace
}  // namespace depthmill::pipeline
