// What the program says when it is asked wrongly, and when it is asked for help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CommandLine, HelpListsTheCommands) {
  const auto help = run_depthmill("--help");
  EXPECT_EQ(help.code, 0);
  for (const char* command : {"run", "sample", "extract", "fill", "infer", "evaluate", "report", "info"})
    EXPECT_THAT(help.output, HasSubstr(std::string("\n  ") + command));
}

TEST(CommandLine, EveryCommandHasHelpWithExamples) {
  for (const char* command :
       {"run", "sample", "extract", "fill", "infer", "evaluate", "report", "baseline mean", "info"}) {
    const auto help = run_depthmill(std::string(command) + " --help");
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_THAT(help.output,
                AllOf(HasSubstr("Usage: depthmill"), HasSubstr("Examples:"), HasSubstr("--help")));
  }
}

TEST(CommandLine, UnknownCommandSuggestsTheNearest) {
  const auto result = run_depthmill("evalute");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("did you mean 'evaluate'?"));
}

TEST(CommandLine, UnknownFlagSuggestsTheNearest) {
  const auto result = run_depthmill("fill --alhpa 2");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("--alhpa"), HasSubstr("did you mean '--alpha'?")));
}

TEST(CommandLine, UnknownKeyNamesFileLineAndNearest) {
  ScratchFolder scratch;
  std::ofstream(scratch / "run.ini") << "[fill]\nmethod = levin\nalpah = 2\n";
  const auto result = run_depthmill("run --out x --config " + (scratch / "run.ini").string());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("run.ini:3:"), HasSubstr("'alpah'"), HasSubstr("did you mean 'alpha'?")));
}

TEST(CommandLine, UnknownSectionNamesFileLineAndNearest) {
  ScratchFolder scratch;
  std::ofstream(scratch / "run.ini") << "[fil]\nalpha = 2\n";
  const auto result = run_depthmill("run --out x --config " + (scratch / "run.ini").string());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("run.ini:1:"), HasSubstr("[fil]"), HasSubstr("'fill'")));
}

TEST(CommandLine, WrongValueNamesTheFlag) {
  const auto result = run_depthmill("fill --in x --out y --alpha much");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("--alpha"), HasSubstr("much"), HasSubstr("is not a number")));
}

TEST(CommandLine, AFileIsNoOutputFolder) {
  ScratchFolder scratch;
  std::ofstream(scratch / "taken") << "mine";
  for (const std::string out : {scratch / "taken", scratch / "taken" / "below"})
    for (const std::string command : {"run", "sample", "labeled --mat absent.mat", "report --metrics absent",
                                      "train --config absent.ini"}) {
      const auto result = run_depthmill(command + " --out " + out);
      EXPECT_EQ(result.code, 1) << command << ": " << result.output;
      EXPECT_THAT(result.output, HasSubstr((scratch / "taken").string() + " is a file")) << command;
    }
  EXPECT_EQ(std::filesystem::file_size(scratch / "taken"), 4u);
}

TEST(CommandLine, BareWordsAreRefused) {
  const auto result = run_depthmill("info everything");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("options only"));
}

TEST(CommandLine, InfoNamesProtocolsAndFormats) {
  const auto result = run_depthmill("info");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("eigen"), HasSubstr("laina"), HasSubstr("sd-convtrans"),
                                   HasSubstr("png"), HasSubstr("mat"), HasSubstr("LibTorch")));
}

TEST(CommandLine, FingerprintTakesAnyImageSize) {
  auto result = run_depthmill("fingerprint --model midas_v21 --image-size 375x1242");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("image 375x1242 "), HasSubstr("tensor 1x3x128x384 ")));
  result = run_depthmill("fingerprint --model sd-convtrans-small --image-size 333x500");
  EXPECT_THAT(result.output, HasSubstr("tensor 1x3x120x160 ")) << "what its card says";
  result = run_depthmill("fingerprint --model midas_v21 --image-size 375");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("--image-size"), HasSubstr("HEIGHTxWIDTH")));
  result = run_depthmill("fingerprint --model pydnet --image-size 333x500");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("an image of 333x500 has another shape"));
  result = run_depthmill("fingerprint --model midas_v12");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("no model card 'midas_v12'"), HasSubstr("midas_v21")));
}

// --gt beside an extract was read by nobody: the scores were against the job's own depth.
TEST(CommandLine, AnInputThatTheJobDoesNotReadIsRefused) {
  ScratchFolder scratch;
  const std::string out = " --out " + (scratch / "o").string();
  for (const char* job :
       {"run --gt x", "run --stages fill --in x --images y", "run --stages evaluate --gt x --pred y --raw z",
        "run --stages infer --model m --images x --in y"}) {
    const auto result = run_depthmill(job + out);
    EXPECT_EQ(result.code, 1) << job;
    EXPECT_THAT(result.output, HasSubstr("would not be used")) << job;
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "o"));
}

TEST(CommandLine, WhatCannotBePrintedIsAnError) {
  for (const char* said : {"info", "--help", "--version", "fill --help"}) {
    const auto result = run_shell(std::string(kProgram) + " " + said + " > /dev/full");
    EXPECT_EQ(result.code, 3) << said;
    EXPECT_THAT(result.output, HasSubstr("standard output cannot be written")) << said;
  }
}

TEST(CommandLine, WordsOfTheUserAreShownAsOneLine) {
  const auto result = run_shell(std::string(kProgram) + " \"$(printf 'ev\\033[2J\\nx')\"");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("'ev\\x1b[2J\\nx'"));
}

// Wrong values are wrong usage, whatever stage would have met them.
TEST(CommandLine, ValuesOutOfRangeAreUsageErrors) {
  for (const char* flag :
       {"--depth-scale 0", "--depth-scale inf", "--depth-scale nan", "--alpha nan", "--alpha inf",
        "--alpha 0", "--max-time-gap nan", "--max-time-gap inf", "--max-time-gap -1", "--tolerance 0",
        "--tolerance aut", "--tolerance nan", "--tolerance inf", "--threads 100000"}) {
    const auto result = run_depthmill(std::string("run --out /nowhere/at/all ") + flag);
    EXPECT_EQ(result.code, 1) << flag << result.output;
    EXPECT_THAT(result.output, HasSubstr(std::string(flag).substr(0, std::string(flag).find(' ')))) << flag;
  }
}

// A process that is given too little says so; none ends in a signal.
TEST(CommandLine, TooLittleRoomIsASentence) {
  ScratchFolder scratch;
  const std::string raw = (scratch / "raw").string(), program = kProgram;
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 2 --out " + raw).code, 0);
  const std::string job =
      program + " run --quiet --stages extract --raw " + raw + " --out " + (scratch / "o").string();
  auto result = run_shell("ulimit -s 64; " + job);
  EXPECT_EQ(result.code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("ulimit -s"));
  if (sanitised()) return;
  // 1024 stacks are more than this, whatever the program needs besides.
  result = run_shell("ulimit -v 3000000; " + job + " --threads 1024");
  EXPECT_EQ(result.code, 3) << result.output;
  EXPECT_THAT(result.output, HasSubstr("of 1026 threads can be started"));
}

TEST(CommandLine, MissingRawFolderIsOneSentence) {
  const auto result = run_depthmill("extract --raw /nowhere/at/all --out x");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace depthmill::test
