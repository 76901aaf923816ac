#include "pipeline/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/configs_folder.h"
#include "pipeline/options.h"
#include "tests/support/test_data.h"

namespace depthmill::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string with_hyphens_escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

TEST(Manual, HasEveryCommandAndEveryOptionOfIt) {
  const std::string program = program_page();
  for (const Command& command : commands()) {
    EXPECT_THAT(program, HasSubstr("\\fB" + with_hyphens_escaped(std::string(command.name)) + "\\fR"));
    const std::string page = command_page(command);
    for (const OptionHelp& option : options_of(command.name))
      EXPECT_THAT(page, HasSubstr("\\fB" + with_hyphens_escaped("--" + option.flag) + "\\fR"))
          << command.name;
  }
}

TEST(Manual, SaysNothingOfTheMachineThatMadeIt) {
  for (const Command& command : commands())
    EXPECT_THAT(command_page(command), Not(HasSubstr(configs_folder().parent_path().string())))
        << command.name;
}

// A line that begins with a dot or an apostrophe would be taken for a macro, and a backslash for an escape.
TEST(Manual, TakesTextAsText) {
  const Command odd{"odd", "a 'word'", "It begins.\n.hidden and 'quoted'\n'so' here, C:\\x\n\n  .kept -y\n",
                    "  odd --x\n", nullptr};
  const std::string page = command_page(odd);
  EXPECT_THAT(page, HasSubstr("It begins.\n\\&.hidden and 'quoted'\n\\&'so' here, C:\\ex\n"));
  EXPECT_THAT(page, HasSubstr(".nf\n  .kept \\-y\n.fi\n"));
  EXPECT_THAT(page, HasSubstr("  odd \\-\\-x\n"));
}

TEST(Manual, IsWrittenAsAFolderToInstall) {
  test::ScratchFolder scratch;
  write_manual(scratch.path());
  namespace fs = std::filesystem;
  EXPECT_TRUE(fs::exists(scratch / "bash-completion/completions/depthmill"));
  std::size_t pages = 0;
  for (const auto& entry : fs::directory_iterator(scratch / "man/man1"))
    pages += entry.path().extension() == ".1";
  EXPECT_EQ(pages, commands().size() + 1);
  EXPECT_TRUE(fs::exists(scratch / "man/man1/depthmill-baseline-mean.1"));
}

}  // namespace
}  // namespace depthmill::pipeline
