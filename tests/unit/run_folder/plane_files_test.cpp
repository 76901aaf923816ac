#include "stages/run_folder/plane_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "stages/base/planes.h"
#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

const io::FileFormat& format(const char* word) { return *io::parse_depth_format(word); }

TEST(PlaneFiles, PathsFollowTheRunFolder) {
  EXPECT_EQ(plane_path("run", "bedroom_0001", "d-1.2-3", "raw_depth", format("h5")),
            "run/planes/bedroom_0001/d-1.2-3.raw_depth.h5");
  EXPECT_EQ(plane_path("run", "", "x", "depth", format("png16")), "run/planes/x.depth.png");
  EXPECT_EQ(plane_path("run", "s", "x", "rgb", format("mat")), "run/planes/s/x.rgb.png");
  EXPECT_EQ(plane_path("run", "s", "x", "preview", format("npy")), "run/planes/s/x.preview.png");
  EXPECT_EQ(plane_path("run", "s", "x", "pred", format("pfm")), "run/planes/s/x.pred.pfm");
  EXPECT_EQ(plane_path("run", "s", "x", "depth_rel", format("pfm")), "run/planes/s/x.depth_rel.pgm");
  EXPECT_THROW(plane_path("run", "s", "x", "gt_normals", format("npy")), std::invalid_argument);
}

TEST(PlaneFiles, NoNameLeadsOutOfTheFolder) {
  EXPECT_EQ(plane_path("run", "../../etc", "x", "pred", format("npy")),
            "run/planes/%2E./%2E./etc/x.pred.npy");
  EXPECT_EQ(plane_path("run", "/etc", "../x", "pred", format("npy")), "run/planes/%2Fetc/%2E.%2Fx.pred.npy");
}

// base + detail = depth holds to the bit only in files that keep all of it.
TEST(PlaneFiles, ExactPlanesAreNeverRounded) {
  for (const char* plane : {"base", "detail"}) {
    EXPECT_EQ(plane_path("", "", "x", plane, format("png16")).extension(), ".h5") << plane;
    EXPECT_EQ(plane_path("", "", "x", plane, format("pfm")).extension(), ".h5") << plane;
    EXPECT_EQ(plane_path("", "", "x", plane, format("mat")).extension(), ".mat") << plane;
    EXPECT_EQ(plane_path("", "", "x", plane, format("npy")).extension(), ".npy") << plane;
  }
}

// Whatever is written is found, also by a door that does not know in which format.
TEST(PlaneFiles, WhatWasWrittenIsFound) {
  for (const PlaneRow& row : plane_table()) {
    if (row.kind == PlaneKind::kNormals) continue;
    for (const std::string& word : io::depth_format_words()) {
      test::ScratchFolder scratch;
      EXPECT_TRUE(find_plane(scratch.path(), "s", "f", row.name).empty());
      const auto file = plane_path(scratch.path(), "s", "f", row.name, format(word.c_str()));
      fs::create_directories(file.parent_path());
      std::ofstream(file) << "x";
      EXPECT_EQ(find_plane(scratch.path(), "s", "f", row.name), file) << word;
      EXPECT_EQ(find_plane_below(scratch.path() / "planes", "s", "f", row.name), file) << word;
      EXPECT_TRUE(find_plane(scratch.path(), "", "f", row.name).empty());
    }
  }
}

TEST(PlaneFiles, OfSeveralFilesTheOneThatKeepsMoreIsTaken) {
  test::ScratchFolder scratch;
  fs::create_directories(scratch / "planes");
  for (const char* ending : {"png", "pfm", "mat", "npy", "h5"}) {
    const fs::path file = scratch / ("planes/f.depth." + std::string(ending));
    std::ofstream(file) << "x";
    EXPECT_EQ(find_plane(scratch.path(), "", "f", "depth"), file);
  }
}

}  // namespace
}  // namespace depthmill::run_folder
