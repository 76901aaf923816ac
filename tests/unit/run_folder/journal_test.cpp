#include "stages/run_folder/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

std::vector<JournalCells> lines_of(const std::filesystem::path& file, std::size_t* dropped = nullptr) {
  std::vector<JournalCells> lines;
  const JournalReading reading =
      read_journal(file, [&](std::uint64_t, const JournalCells& cells) { lines.push_back(cells); });
  if (dropped) *dropped = reading.dropped;
  return lines;
}

void append(const std::filesystem::path& file, const JournalCells& cells) {
  Journal(file, Journal::Open::kWrite).append(cells);
}

TEST(Journal, CellsOfAnyBytesComeBack) {
  test::ScratchFolder folder;
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  append(folder / "j", {all, "", "tab\there", "\\n is no line break", "line\nbreak"});
  append(folder / "j", {""});
  EXPECT_THAT(
      lines_of(folder / "j"),
      ElementsAre(ElementsAre(all, "", "tab\there", "\\n is no line break", "line\nbreak"), ElementsAre("")));
}

TEST(Journal, ALineIsOneLine) {
  const std::string line = journal_line(JournalCells{"a\nb", "c\rd"});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Journal, AFileThatIsNotThereHasNoLines) { EXPECT_TRUE(lines_of("/nonexistent/journal").empty()); }

// Wherever a kill cuts the file, the lines before are there, and what is appended afterwards too.
TEST(Journal, ATornLineCostsItselfAlone) {
  test::ScratchFolder folder;
  append(folder / "j", {"one", "first"});
  append(folder / "j", {"two", "second"});
  const std::string whole = test::file_text(folder / "j");
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    std::ofstream(folder / "torn", std::ios::binary) << whole.substr(0, n);
    append(folder / "torn", {"three"});
    std::size_t dropped = 0;
    const auto lines = lines_of(folder / "torn", &dropped);
    // A line without its line break alone is whole.
    const std::size_t kept = (n + 1 >= first ? 1u : 0u) + (n + 1 >= whole.size() ? 1u : 0u);
    ASSERT_EQ(lines.size(), kept + 1) << n;
    EXPECT_EQ(lines.back().front(), "three");
    EXPECT_LE(dropped, 1u);
  }
}

// Good lines keep their places, by which others name them.
TEST(Journal, DamagedLinesAreMadeEmpty) {
  test::ScratchFolder folder;
  append(folder / "j", {"one", "first"});
  append(folder / "j", {"two", "second"});
  append(folder / "j", {"three", "third"});
  std::string bytes = test::file_text(folder / "j");
  const std::size_t third = bytes.find("\n", bytes.find("two"));
  bytes[bytes.find("second")] ^= 1;
  std::ofstream(folder / "j", std::ios::binary)
      << bytes << "rubbish\n"s << std::string(70000, '\0') << "torn";
  std::size_t dropped = 0;
  lines_of(folder / "j", &dropped);
  ASSERT_EQ(dropped, 3u);
  blank_damaged_lines(folder / "j");
  EXPECT_THAT(lines_of(folder / "j", &dropped),
              ElementsAre(ElementsAre("one", "first"), ElementsAre("three", "third")));
  EXPECT_EQ(dropped, 0u);
  EXPECT_THAT(Journal(folder / "j", Journal::Open::kRead).at(third + 1), ElementsAre("three", "third"));
  append(folder / "j", {"four"});
  EXPECT_EQ(lines_of(folder / "j", &dropped).size(), 3u);
}

TEST(Journal, LinesOfOneKindAreReadAlone) {
  test::ScratchFolder folder;
  for (const char* kind : {"call", "frame", "frame", "calls", "call"}) append(folder / "j", {kind, "x"});
  std::size_t calls = 0;
  read_journal(
      folder / "j", [&](std::uint64_t, const JournalCells& cells) { calls += cells[0] == "call"; }, 0,
      "call");
  EXPECT_EQ(calls, 2u);
  EXPECT_EQ(read_journal(
                folder / "j", [](auto, const auto&) {}, 0, "frame")
                .lines,
            2u);
}

TEST(Journal, EveryFlippedBitIsNoticed) {
  test::ScratchFolder folder;
  append(folder / "j", {"scene_0001", "d-1294886362.665769-3143255701", "extract", "ok"});
  const std::string whole = test::file_text(folder / "j");
  JournalCells right, cells;
  ASSERT_TRUE(parse_journal_line(std::string_view(whole).substr(0, whole.size() - 1), right));
  for (std::size_t bit = 0; bit < 8 * (whole.size() - 1); ++bit) {
    std::string line = whole.substr(0, whole.size() - 1);
    line[bit / 8] = static_cast<char>(line[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(parse_journal_line(line, cells)) << bit;
  }
}

TEST(Journal, NulsAndGarbageAreCountedAndPassedOver) {
  test::ScratchFolder folder;
  append(folder / "j", {"one"});
  {
    std::ofstream out(folder / "j", std::ios::binary | std::ios::app);
    out << std::string(5000, '\0') << "\n"
        << "\xff\xfe garbage\n\n"
        << std::string(3u << 20, 'x') << "\n";
  }
  append(folder / "j", {"two"});
  std::size_t dropped = 0;
  EXPECT_THAT(lines_of(folder / "j", &dropped), ElementsAre(ElementsAre("one"), ElementsAre("two")));
  EXPECT_EQ(dropped, 3u);
}

TEST(Journal, ALineIsFoundAgainWhereItBegan) {
  test::ScratchFolder folder;
  std::ofstream(folder / "j", std::ios::binary) << "torn";
  Journal journal(folder / "j", Journal::Open::kWrite);
  const JournalCells longer{"long", std::string(50'000, 'x')};
  const auto one = journal.append(JournalCells{"one"}), two = journal.append(longer);
  EXPECT_THAT(journal.at(one), ElementsAre("one"));
  EXPECT_EQ(journal.at(two), longer);
  EXPECT_THAT(journal.at(one + 1), ElementsAre());
  EXPECT_THAT(journal.at(journal.end()), ElementsAre());
  std::vector<std::uint64_t> places;
  read_journal(folder / "j", [&](std::uint64_t at, const JournalCells&) { places.push_back(at); });
  EXPECT_THAT(places, ElementsAre(one, two));
  places.clear();
  read_journal(
      folder / "j", [&](std::uint64_t at, const JournalCells&) { places.push_back(at); }, one + 3);
  EXPECT_THAT(places, ElementsAre(two)) << "from the middle of a line on";
}

TEST(Journal, OneProcessHasIt) {
  test::ScratchFolder folder;
  Journal mine(folder / "j", Journal::Open::kWrite);
  ASSERT_EQ(mine.lock(), Journal::Lock::kTaken);
  {
    Journal other(folder / "j", Journal::Open::kWrite);
    EXPECT_EQ(other.lock(), Journal::Lock::kBusy);
  }
  EXPECT_THAT(lines_of(folder / "j"), ElementsAre()) << "readers go on";
}

TEST(Journal, AFileThatIsRemovedTakesNothingMore) {
  test::ScratchFolder folder;
  Journal journal(folder / "j", Journal::Open::kWrite);
  journal.append(JournalCells{"one"});
  std::filesystem::remove(folder / "j");
  EXPECT_THROW(journal.append(JournalCells{"two"}), std::runtime_error);
}

TEST(Journal, WhatCannotBeWrittenIsAnError) {
  test::ScratchFolder folder;
  EXPECT_THROW(Journal(folder / "no" / "j", Journal::Open::kWrite), std::runtime_error);
  EXPECT_THROW(Journal("/dev/full", Journal::Open::kWrite), std::runtime_error) << "a device";
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const auto how : {Journal::Open::kRead, Journal::Open::kWrite})
    EXPECT_THROW(Journal(folder / "pipe", how), std::runtime_error) << "nobody waits for a pipe";
}

}  // namespace
}  // namespace depthmill::run_folder
