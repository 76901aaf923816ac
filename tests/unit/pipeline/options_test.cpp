#include "pipeline/options.h"
#include "pipeline/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "pipeline/commands.h"
#include "stages/run_folder/inputs.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

using test::ScratchFolder;
using ::testing::HasSubstr;

TEST(Options, FlagsAndKeysAreUnique) {
  std::set<std::pair<std::string, std::string>> flags, keys;  // a flag of one command may be another's, too
  for (const OptionRow& row : option_table()) {
    for (const std::string& command : row.commands)
      EXPECT_TRUE(flags.insert({command, row.flag}).second) << command << " has two flags --" << row.flag;
    EXPECT_TRUE(keys.insert({row.section, row.name}).second) << row.section << "." << row.name;
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
  EXPECT_EQ(again.config.output.depth_format, io::parse_depth_format("h5"));
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

TEST(Options, ShapingValuesAreThoseThatResultsDependOn) {
  using testing::Contains, testing::Key, testing::Not, testing::Pair;
  const auto values =
      shaping_values(parse_command("fill", {"--alpha", "2", "--threads", "8"}).config, "fill");
  EXPECT_THAT(values, Contains(Pair("fill.alpha", "2")));
  EXPECT_THAT(values, Contains(Key("fill.method")));
  for (const auto& [name, value] : values) EXPECT_TRUE(name.starts_with("fill.")) << name;
  EXPECT_THAT(shaping_values(default_config(), "run"), testing::IsEmpty()) << "threads change no result";
}

// An infer into the folder of an evaluation leaves what was scored there on record, as no flag of its own says.
TEST(Options, AStageKeepsTheInputsOfTheOthers) {
  const Config scored =
      parse_command("evaluate", {"--pred", "a", "--gt", "b", "--pred-plane", "depth"}).config;
  const io::IniFile before = io::IniFile::parse(effective_ini(scored), "config.ini");
  Config config = parse_command("infer", {"--images", "c", "--model", "net.pt"}).config;
  std::vector<std::string> others = stage_names();
  std::erase(others, "infer");
  const io::IniFile after = io::IniFile::parse(effective_ini(config, before, others), "config.ini");
  EXPECT_EQ(after.find("data", "pred-plane")->value, "depth");
  EXPECT_EQ(after.find("data", "pred")->value, "a");
  EXPECT_EQ(after.find("data", "gt")->value, "b");
  EXPECT_EQ(after.find("data", "images")->value, "c");
  EXPECT_EQ(after.find("infer", "model")->value, "net.pt");
  // The next evaluation says it anew.
  config = parse_command("evaluate", {"--pred", "d", "--gt", "b"}).config;
  others = stage_names();
  std::erase(others, "evaluate");
  const io::IniFile again = io::IniFile::parse(effective_ini(config, after, others), "config.ini");
  EXPECT_EQ(again.find("data", "pred")->value, "d");
  EXPECT_EQ(again.find("data", "pred-plane")->value, "pred");
  EXPECT_EQ(again.find("data", "images")->value, "c");
}

// The folder's reader knows some keys by name; this is what keeps the two tables together.
TEST(Options, APastRunsInputsReadBack) {
  ScratchFolder scratch;
  Config config = default_config();
  config.data.in = "the in";
  config.data.images = "the images";
  config.data.pred = "the pred";
  config.data.pred_mirror = "the mirror";
  config.data.gt = "the gt";
  config.data.pred_plane = "depth";
  config.data.gt_plane = "raw_depth";
  config.data.no_reading = {"9999", "-1"};
  config.data.mask = "the masks";
  config.output.depth_scale = 256;
  std::ofstream(scratch / "config.ini") << effective_ini(config);
  const run_folder::RunInputs inputs = run_folder::read_inputs(scratch.path());
  EXPECT_EQ(inputs.in, "the in");
  EXPECT_EQ(inputs.images, "the images");
  EXPECT_EQ(inputs.pred, "the pred");
  EXPECT_EQ(inputs.pred_mirror, "the mirror");
  EXPECT_EQ(inputs.gt, "the gt");
  EXPECT_EQ(inputs.pred_plane, "depth");
  EXPECT_EQ(inputs.gt_plane, "raw_depth");
  EXPECT_EQ(inputs.no_reading, (std::vector<std::string>{"9999", "-1"}));
  EXPECT_EQ(inputs.mask, "the masks");
  EXPECT_EQ(inputs.depth_scale, 256);

  std::ofstream(scratch / "config.ini") << effective_ini(default_config());
  EXPECT_EQ(run_folder::read_inputs(scratch.path()).pred_plane, run_folder::RunInputs().pred_plane);
  EXPECT_EQ(run_folder::read_inputs(scratch.path()).gt_plane, run_folder::RunInputs().gt_plane);
}

TEST(Options, ErrorsNameTheFlagAndTheReason) {
  try {
    parse_command("fill", {"--alpha", "1x"});
    FAIL() << "1x was read as a number";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("--alpha: '1x'"));
  }
}

std::string refusal(const std::string& command, const std::vector<std::string>& arguments) {
  try {
    parse_command(command, arguments);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Options, ValuesOutOfTheirRangeAreRefused) {
  for (const char* scale : {"0", "-1000"})
    EXPECT_EQ(refusal("fill", {"--depth-scale", scale}),
              "--depth-scale: must be above 0, not '" + std::string(scale) + "'");
  EXPECT_EQ(refusal("fill", {"--depth-scale", "inf"}), "--depth-scale: 'inf' is not a finite number");
  EXPECT_EQ(refusal("fill", {"--depth-scale", "nan"}), "--depth-scale: 'nan' is not a number");
  EXPECT_EQ(refusal("fill", {"--alpha", "0"}), "--alpha: must be above 0, not '0'");
  EXPECT_EQ(refusal("fill", {"--tolerance", "-1e-9"}), "--tolerance: must be above 0, not '-1e-9'");
  EXPECT_EQ(refusal("decompose", {"--lambda", "0"}), "--lambda: must be above 0, not '0'");
  EXPECT_EQ(refusal("decompose", {"--wls-alpha", "-1"}), "--wls-alpha: must be at least 0, not '-1'");
  EXPECT_EQ(refusal("decompose", {"--epsilon", "0"}), "--epsilon: must be above 0, not '0'");
  EXPECT_EQ(refusal("extract", {"--max-time-gap", "-0.1"}), "--max-time-gap: must be at least 0, not '-0.1'");
  EXPECT_EQ(refusal("extract", {"--every", "0"}), "--every: must be at least 1, not '0'");
  for (const char* threads : {"-1", "100000"})
    EXPECT_EQ(refusal("fill", {"--threads", threads}),
              "--threads: must lie in [0, 1024], not '" + std::string(threads) + "'");
  EXPECT_EQ(refusal("fill", {"--frames-per-batch", "-1"}),
            "--frames-per-batch: must be at least 0, not '-1'");
  EXPECT_EQ(refusal("infer", {"--pass-threads", "100000"}),
            "--pass-threads: must lie in [0, 1024], not '100000'");
  EXPECT_EQ(refusal("infer", {"--batch", "-1"}), "--batch: '-1' is not a whole number of 0 or more");
  EXPECT_EQ(refusal("sample", {"--scenes", "0"}), "--scenes: must lie in [1, 10000], not '0'");
  EXPECT_EQ(refusal("sample", {"--seed", "-1"}), "--seed: '-1' is not a whole number of 0 or more");
  EXPECT_EQ(refusal("bench-infer", {"--seconds", "0"}), "--seconds: must be above 0, not '0'");
  EXPECT_EQ(refusal("fingerprint", {"--image-size", "0x640"}),
            "--image-size: '0x640' is no size; write HEIGHTxWIDTH, for example 480x640");
  EXPECT_THAT(refusal("fingerprint", {"--image-size", "480x640000"}), HasSubstr("at most 16384 pixels"));
  EXPECT_THAT(refusal("evaluate", {"--depth-ranges", "1,3,2"}), HasSubstr("that ascend, not '1,3,2'"));
  EXPECT_THAT(refusal("evaluate", {"--depth-ranges", "1"}), HasSubstr("at least two bounds"));
  EXPECT_THAT(refusal("evaluate", {"--explain", "eigen"}), HasSubstr("needs two protocols"));
  EXPECT_THAT(refusal("evaluate", {"--plane-camera", "1,2,3"}), HasSubstr("needs four numbers"));
  EXPECT_THAT(refusal("evaluate", {"--gt-plane", "rgb"}), HasSubstr("must be a plane of depth, not 'rgb'"));
  EXPECT_EQ(refusal("evaluate", {"--gt-plane", "lidar"}), "accepted") << "a folder's own plane";
  EXPECT_THAT(refusal("run", {"--stages", "fill,evalute"}),
              HasSubstr("there is no stage 'evalute'; did you mean 'evaluate'?"));
  EXPECT_EQ(refusal("report", {"--format", "html,word"}),
            "--format: 'word' is none of csv, markdown, latex, json, html");
}

TEST(Options, AWrongValueInAFileIsToldWithItsLine) {
  ScratchFolder scratch;
  std::ofstream(scratch / "run.ini") << "[fill]\nmethod = levin\nalpha = 0\n";
  EXPECT_THAT(refusal("fill", {"--config", (scratch / "run.ini").string()}),
              HasSubstr("run.ini:3: fill.alpha: must be above 0, not '0'"));
}

// a|b|c where the default is one of them: each word is taken and written as it is, any other is refused.
TEST(Options, EveryWordOfAChoiceIsTaken) {
  std::size_t choices = 0;
  for (const OptionRow& row : option_table()) {
    Config config = default_config();
    std::vector<std::string> words;
    std::istringstream in(row.value_name);
    for (std::string word; std::getline(in, word, '|');) words.push_back(word);
    if (words.size() < 2 || std::find(words.begin(), words.end(), row.write(config)) == words.end()) continue;
    for (const std::string& word : words) {
      if (word == "N") continue;
      row.set(config, word);
      EXPECT_EQ(row.write(config), word) << row.flag;
    }
    EXPECT_THROW(row.set(config, "nonsense"), std::invalid_argument) << row.flag;
    ++choices;
  }
  EXPECT_GE(choices, 9u);
}

// Words of a text, whatever lines they stand on.
std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// Without white space, for the help breaks lines, and words that are too long for one.
std::string letters_of(const std::string& text) {
  std::string letters;
  for (const std::string& word : words_of(text)) letters += word;
  return letters;
}

TEST(Options, HelpShowsTheDefaultOfEveryOption) {
  std::size_t shown = 0;
  for (const Command& command : commands()) {
    const std::string help = letters_of(options_help(command.name));
    for (const OptionRow* row : rows_for(command.name)) {
      const std::string value = row->write(default_config());
      if (value.empty()) continue;
      EXPECT_THAT(help, HasSubstr(letters_of(row->help + " (default: " + value + ")"))) << "--" << row->flag;
      ++shown;
    }
  }
  EXPECT_GT(shown, 100u);
  EXPECT_THAT(options_help("fill"), HasSubstr("(default: 1000)"));
}

TEST(Help, NoLineIsWiderThanAHundredColumns) {
  for (const Command& command : commands()) {
    std::istringstream in(std::string(command.text) + "\n" + std::string(command.examples) +
                          options_help(command.name));
    for (std::string line; std::getline(in, line);)
      EXPECT_LE(line.size(), 100u) << command.name << ": " << line;
  }
}

// Each example is a command line of this program or one of its scripts; && joins two, > names a file, and a
// line that ends in \ goes on.
TEST(Help, EveryExampleParses) {
  std::size_t parsed = 0;
  for (const Command& command : commands()) {
    std::string examples(command.examples);
    for (std::size_t at; (at = examples.find("\\\n")) != std::string::npos;) examples.replace(at, 2, " ");
    for (std::size_t at; (at = examples.find("&&")) != std::string::npos;) examples.replace(at, 2, "\n");
    std::istringstream in(examples);
    for (std::string line; std::getline(in, line);) {
      std::vector<std::string> words = words_of(line.substr(0, line.find('>')));
      ASSERT_GE(words.size(), 2u) << command.name << ": " << line;
      if (words[0] == "python3") continue;
      EXPECT_EQ(words[0], "depthmill") << line;
      const Command* named = nullptr;
      std::size_t used = 0;
      for (const Command& known : commands()) {
        const auto name = words_of(std::string(known.name));
        if (words.size() > name.size() && std::equal(name.begin(), name.end(), words.begin() + 1))
          named = &known, used = name.size() + 1;
      }
      ASSERT_NE(named, nullptr) << line;
      for (std::string& word : words)
        if (word.starts_with("configs/"))
          word = (std::filesystem::path(test::kConfigs).parent_path() / word).string();
      EXPECT_NO_THROW(
          parse_command(named->name, {words.begin() + static_cast<std::ptrdiff_t>(used), words.end()}))
          << line;
      ++parsed;
    }
  }
  EXPECT_GE(parsed, commands().size());
}

TEST(Options, CommandsThatReadPredictionsAllTakeHowTheyLie) {
  for (const char* command : {"run", "evaluate", "calibrate", "score-fill"})
    EXPECT_EQ(parse_command(command, {"--pred", "p", "--pred-layout", "sun-rgbd", "--pred-scale", "1000"})
                  .config.data.pred_layout,
              "sun-rgbd")
        << command;
}

}  // namespace
}  // namespace depthmill::pipeline
