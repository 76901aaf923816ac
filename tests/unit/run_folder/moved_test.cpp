#include "stages/run_folder/moved.h"

#include <gtest/gtest.h>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

Call given_in(const std::filesystem::path& working_folder, const std::string& out) {
  Call call;
  call.working_folder = working_folder;
  call.settings = "[run]\nout = " + out + "\n";
  return call;
}

TEST(Moved, AFolderThatStayedIsNotMoved) {
  const Call call = given_in("/home/me", "runs/a/");
  const Moved moved(call, "/home/me/runs/./a");
  EXPECT_FALSE(moved);
  EXPECT_EQ(moved.now("runs/a/planes/x.png"), "/home/me/runs/a/planes/x.png");
  EXPECT_EQ(moved.now("/data/x.png"), "/data/x.png");
}

TEST(Moved, PlacesInsideMoveAlongAndOthersStay) {
  const Moved moved(given_in("/home/me", "runs/a"), "/elsewhere/b/");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved.before(), "/home/me/runs/a");
  EXPECT_EQ(moved.now("runs/a"), "/elsewhere/b");
  EXPECT_EQ(moved.now("runs/a/planes/k/x.png"), "/elsewhere/b/planes/k/x.png");
  EXPECT_EQ(moved.now("/home/me/runs/a/../a/planes"), "/elsewhere/b/planes");
  EXPECT_EQ(moved.now("runs/ab/x.png"), "/home/me/runs/ab/x.png") << "a name that begins alike";
  EXPECT_EQ(moved.now("runs"), "/home/me/runs") << "what holds the folder";
  EXPECT_EQ(moved.now("/data/x.png"), "/data/x.png");
  EXPECT_EQ(moved.then("runs/a/planes"), "/home/me/runs/a/planes");
}

TEST(Moved, WhatLayBesideTheFolderOfAMovedProjectIsFoundBesideIt) {
  test::ScratchFolder folder;
  for (const char* below : {"new/raw", "new/kept", "new/runs/a", "old/kept"})
    std::filesystem::create_directories(folder / below);
  const Moved moved(given_in(folder / "old", "runs/a"), folder / "new/runs/a");
  EXPECT_EQ(moved.now("raw"), folder / "new/raw");
  EXPECT_EQ(moved.now("kept"), folder / "old/kept") << "it is still there";
  EXPECT_EQ(moved.now("lost"), folder / "old/lost") << "it is nowhere";
}

// The same folder by another name, through a link.
TEST(Moved, ALinkIsNoMove) {
  test::ScratchFolder folder;
  std::filesystem::create_directory(folder / "run");
  std::filesystem::create_directory_symlink(folder / "run", folder / "link");
  EXPECT_FALSE(Moved(given_in(folder.path(), "run"), folder / "link"));
}

TEST(Moved, ACallThatDoesNotSayWhereItWasHasNotMoved) {
  Call call = given_in("/home/me", "a");
  call.settings = "";
  EXPECT_FALSE(Moved(call, "/elsewhere"));
  call.settings = "[broken";
  EXPECT_FALSE(Moved(call, "/elsewhere"));
}

}  // namespace
}  // namespace depthmill::run_folder
