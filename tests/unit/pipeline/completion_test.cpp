#include "pipeline/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/commands.h"
#include "pipeline/options.h"

namespace depthmill::pipeline {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Completion, OffersEveryCommandByItsFirstWord) {
  const auto offered = complete({""});
  for (const Command& command : commands())
    EXPECT_THAT(offered, Contains(std::string(command.name.substr(0, command.name.find(' ')))));
  EXPECT_THAT(complete({"eva"}), ElementsAre("evaluate"));
  EXPECT_THAT(complete({"no-such-command"}), IsEmpty());
}

TEST(Completion, OffersTheSecondWordOfACommand) {
  EXPECT_THAT(complete({"base"}), ElementsAre("baseline"));
  EXPECT_THAT(complete({"baseline", ""}), ElementsAre("mean"));
  EXPECT_THAT(complete({"baseline", "mean", "--gt-p"}), ElementsAre("--gt-plane"));
  EXPECT_THAT(complete({"help", "eva"}), ElementsAre("evaluate"));
}

TEST(Completion, OffersTheFlagsThatTheCommandTakesAndNoOthers) {
  for (const Command& command : commands()) {
    const std::string name(command.name);
    std::vector<std::string> words;
    for (std::size_t from = 0; from <= name.size();) {
      const auto to = std::min(name.find(' ', from), name.size());
      words.push_back(name.substr(from, to - from));
      from = to + 1;
    }
    words.emplace_back("--");
    std::vector<std::string> expected;
    for (const OptionHelp& option : options_of(command.name)) expected.push_back("--" + option.flag);
    EXPECT_THAT(complete(words), ::testing::UnorderedElementsAreArray(expected)) << name;
  }
  EXPECT_THAT(complete({"fill", "--"}), Not(Contains("--protocol")));
}

TEST(Completion, OffersWordsOfAnEnumeration) {
  EXPECT_THAT(complete({"fill", "--depth-format", "n"}), ElementsAre("npy"));
  EXPECT_THAT(complete({"fill", "--depth-format=n"}), ElementsAre("--depth-format=npy"));
  EXPECT_THAT(complete({"infer", "--precision", "f"}), Contains("fp16"));
}

TEST(Completion, OffersProtocolsModelsLayoutsAndStages) {
  EXPECT_THAT(complete({"evaluate", "--protocol", "lai"}), ElementsAre("laina"));
  EXPECT_THAT(complete({"infer", "--model", "sd-convtrans-s"}), ElementsAre("sd-convtrans-small"));
  EXPECT_THAT(complete({"fill", "--layout", "kit"}), Contains("kitti"));
  EXPECT_THAT(complete({"pack", "--layout", "webd"}), ElementsAre("webdataset"));
  EXPECT_THAT(complete({"run", "--stages", "fi"}), ElementsAre("fill"));
}

TEST(Completion, GoesOnAfterTheCommaOfAList) {
  EXPECT_THAT(complete({"evaluate", "--protocol", "eigen,lai"}), ElementsAre("eigen,laina"));
  EXPECT_THAT(complete({"run", "--stages", "extract,fi"}), ElementsAre("extract,fill"));
  EXPECT_THAT(complete({"run", "--stages", "extract", "fi"}), ElementsAre("fill")) << "with blanks, too";
}

TEST(Completion, LeavesFilesAndNumbersToTheShell) {
  EXPECT_THAT(complete({"fill", "--in", ""}), IsEmpty());
  EXPECT_THAT(complete({"fill", "--alpha", ""}), IsEmpty());
  EXPECT_THAT(complete({"verify", "ru"}), IsEmpty());
  EXPECT_THAT(complete({"verify", "--quiet", "ru"}), IsEmpty()) << "a switch takes no word";
}

}  // namespace
}  // namespace depthmill::pipeline
