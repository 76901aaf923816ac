#include "stages/run_folder/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

Frame frame_of(const fs::path& rgb, const fs::path& depth) {
  Frame frame;
  frame.sources[plane::kRgb].file = rgb;
  frame.sources[plane::kRawDepth].file = depth;
  return frame;
}

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

class IdentityTest : public testing::Test {
 protected:
  void SetUp() override {
    write(folder_ / "a.png", "colour");
    write(folder_ / "a_depth.png", "depth");
    frame_ = frame_of(folder_ / "a.png", folder_ / "a_depth.png");
  }
  // The time of change set back by two seconds, the bytes as they are.
  void touch(const fs::path& file) {
    fs::last_write_time(file, fs::last_write_time(file) - std::chrono::seconds(2));
  }
  static MadeFrom on_record(const Frame& frame) {
    MadeFrom made = seen(frame, kPlanes);
    hash_inputs(made);
    return made;
  }
  static inline const std::set<std::string> kPlanes{plane::kRgb, plane::kRawDepth};
  test::ScratchFolder folder_;
  Frame frame_;
};

TEST_F(IdentityTest, UntouchedFilesAreTheSame) {
  const MadeFrom record = on_record(frame_);
  MadeFrom now = seen(frame_, kPlanes);
  EXPECT_EQ(now.look, record.look);
  EXPECT_TRUE(same_inputs(record, now));
}

TEST_F(IdentityTest, ATouchedFileLooksDifferentAndIsTheSame) {
  const MadeFrom record = on_record(frame_);
  touch(folder_ / "a.png");
  MadeFrom now = seen(frame_, kPlanes);
  EXPECT_NE(now.look, record.look);
  EXPECT_TRUE(same_inputs(record, now));
}

TEST_F(IdentityTest, OtherBytesOfTheSameLengthAreOthers) {
  const MadeFrom record = on_record(frame_);
  write(folder_ / "a.png", "colouR");
  touch(folder_ / "a.png");
  MadeFrom now = seen(frame_, kPlanes);
  EXPECT_FALSE(same_inputs(record, now));
}

// Unpacked archives and copies have the times of the originals.
TEST_F(IdentityTest, OtherBytesOfTheSameLengthAndTimeAreOthers) {
  const auto time = fs::last_write_time(folder_ / "a.png");
  const MadeFrom record = on_record(frame_);
  fs::remove(folder_ / "a.png");
  write(folder_ / "a.png", "colouR");
  fs::last_write_time(folder_ / "a.png", time);
  MadeFrom now = seen(frame_, kPlanes);
  EXPECT_FALSE(same_inputs(record, now));
}

TEST_F(IdentityTest, AMovedFolderIsTheSame) {
  const MadeFrom record = on_record(frame_);
  fs::create_directory(folder_ / "moved");
  fs::rename(folder_ / "a.png", folder_ / "moved" / "a.png");
  fs::rename(folder_ / "a_depth.png", folder_ / "moved" / "a_depth.png");
  MadeFrom now = seen(frame_of(folder_ / "moved" / "a.png", folder_ / "moved" / "a_depth.png"), kPlanes);
  EXPECT_NE(now.look, record.look);
  EXPECT_TRUE(same_inputs(record, now));
}

TEST_F(IdentityTest, WhatAFileMeansCounts) {
  const MadeFrom record = on_record(frame_);
  Frame scaled = frame_, named = frame_, in_inches = frame_, masked = frame_, full = frame_, floats = frame_;
  masked.sources[plane::kRawDepth].coding.masks = {folder_ / "a.png"};
  full.sources[plane::kRawDepth].coding.no_reading = std::vector<double>{0};
  floats.sources[plane::kRawDepth].coding.scale_floats = true;
  scaled.sources[plane::kRawDepth].depth_scale = 5000;
  named.sources[plane::kRawDepth].name = "depth";
  in_inches.sources[plane::kRawDepth].metres_per_unit = 0.0254;
  for (const Frame& other : {scaled, named, in_inches, masked, full, floats,
                             frame_of(folder_ / "a_depth.png", folder_ / "a.png")}) {
    MadeFrom now = seen(other, kPlanes);
    EXPECT_FALSE(same_inputs(record, now));
  }
}

TEST_F(IdentityTest, PlanesThatNobodyReadsDoNotCount) {
  const MadeFrom record = on_record(frame_);
  Frame more = frame_;
  more.sources[plane::kAccel].file = folder_ / "absent.dump";
  MadeFrom now = seen(more, kPlanes);
  EXPECT_TRUE(same_inputs(record, now));
}

TEST_F(IdentityTest, AFileThatIsGoneIsNoticed) {
  const MadeFrom record = on_record(frame_);
  fs::remove(folder_ / "a.png");
  MadeFrom now = seen(frame_, kPlanes);
  EXPECT_FALSE(same_inputs(record, now));
  EXPECT_THROW(hash_inputs(now), FrameError);
  EXPECT_THROW(content_of(folder_.path()), FrameError) << "a folder";
}

TEST_F(IdentityTest, NobodyWaitsForAPipe) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(content_of(folder_ / "pipe"), FrameError);
}

TEST(HashText, ComesBack) {
  for (const std::uint64_t hash : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, hash_of("depth")})
    EXPECT_EQ(parse_hash(hash_text(hash)), hash);
  EXPECT_EQ(parse_hash("xyz"), 0u);
  EXPECT_EQ(parse_hash("00000000000000zz"), 0u);
}

}  // namespace
}  // namespace depthmill::run_folder
