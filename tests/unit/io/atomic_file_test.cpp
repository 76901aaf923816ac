#include "stages/io/atomic_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "stages/io/text_file.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, MakesFoldersAndReplaces) {
  test::ScratchFolder scratch;
  const auto file = scratch / "a/b/c.txt";
  write_whole_file(file, "first");
  EXPECT_EQ(read_text_file(file), "first");
  write_whole_file(file, std::string_view("s\0x", 3));
  EXPECT_EQ(read_text_file(file), std::string("s\0x", 3));
  EXPECT_EQ(files_in(file.parent_path()), 1u);
}

TEST(AtomicFile, AFailedWriteLeavesTheOldFileAndNothingElse) {
  test::ScratchFolder scratch;
  const auto file = scratch / "c.png";
  write_whole_file(file, "old");
  EXPECT_THROW(write_atomically(file,
                                [&](const fs::path& temporary) {
                                  EXPECT_EQ(temporary.extension(), ".png");
                                  EXPECT_EQ(temporary.parent_path(), file.parent_path());
                                  std::ofstream(temporary) << "half";
                                  throw std::runtime_error("killed");
                                }),
               std::runtime_error);
  EXPECT_EQ(read_text_file(file), "old");
  EXPECT_EQ(files_in(scratch.path()), 1u);
}

TEST(AtomicFile, ManyThreadsWritingOneFileLeaveOneWholeFile) {
  test::ScratchFolder scratch;
  const auto file = scratch / "c.txt";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) write_whole_file(file, std::string(10000, static_cast<char>('a' + t)));
    });
  for (auto& thread : threads) thread.join();
  const auto text = read_text_file(file);
  EXPECT_EQ(text, std::string(10000, text.at(0)));
  EXPECT_EQ(files_in(scratch.path()), 1u);
}

// A short text lies in the buffer until the file is closed, so that only closing can tell.
TEST(AtomicFile, AFullDiskLeavesTheOldFile) {
  test::ScratchFolder scratch;
  const auto file = scratch / "c.txt";
  write_whole_file(file, "old");
  for (const std::size_t size : {200, 100000}) {
    const auto why = message_on_full_disk(100, [&] { write_whole_file(file, std::string(size, 'x')); });
    EXPECT_NE(why.find("c.txt: cannot be written: "), std::string::npos) << size << ": " << why;
    EXPECT_EQ(read_text_file(file), "old") << size;
    EXPECT_EQ(files_in(scratch.path()), 1u) << size;
  }
  EXPECT_EQ(message_on_full_disk(200, [&] { write_whole_file(file, std::string(200, 'x')); }), "");
  EXPECT_EQ(read_text_file(file), std::string(200, 'x'));
}

TEST(AtomicFile, ErrorsNameTheFile) {
  test::ScratchFolder scratch;
  write_whole_file(scratch / "plain", "x");
  try {
    write_whole_file(scratch / "plain/inside.txt", "x");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("inside.txt: cannot make its folder"), std::string::npos)
        << e.what();
  }
  EXPECT_THROW(read_text_file(scratch.path()), TextFileError);
  EXPECT_THROW(read_text_file(scratch / "plain", 0), TextFileError);
}

}  // namespace
}  // namespace depthmill::io
