#include "stages/run_folder/inputs.h"

#include <gtest/gtest.h>

#include "stages/run_folder/ledger.h"
#include "tests/support/test_data.h"

namespace depthmill::run_folder {
namespace {

using Scales = std::map<std::string, double>;

StageSettings writes(const std::string& stage, std::vector<std::string> planes, const std::string& scale) {
  StageSettings settings;
  settings.stage = stage;
  settings.adds = std::move(planes);
  if (!scale.empty()) settings.values = {{kDepthScaleValue, scale}};
  return settings;
}

void put_call(const std::filesystem::path& run, const std::string& id, std::vector<StageSettings> stages) {
  Call call;
  call.id = id;
  call.stages = std::move(stages);
  Ledger ledger(run, {"extract", "fill"});
  ledger.take();
  ledger.begin_call(call);
}

TEST(PlaneScales, AreThoseOfTheLastCallThatMadeThePlane) {
  test::ScratchFolder folder;
  EXPECT_EQ(plane_scales(folder.path()), Scales{}) << "no journal";
  put_call(folder.path(), "0000000000000001", {writes("extract", {"rgb", "raw_depth"}, "5000")});
  EXPECT_EQ(plane_scales(folder.path()), (Scales{{"rgb", 5000}, {"raw_depth", 5000}}));
  put_call(folder.path(), "0000000000000002", {writes("fill", {"depth"}, "1000")});
  put_call(folder.path(), "0000000000000003", {writes("evaluate", {}, "")});
  EXPECT_EQ(plane_scales(folder.path()), (Scales{{"rgb", 5000}, {"raw_depth", 5000}, {"depth", 1000}}));
  put_call(folder.path(), "0000000000000004", {writes("fill", {"depth"}, "256")});
  EXPECT_EQ(plane_scales(folder.path()).at("depth"), 256);
}

TEST(PlaneScales, AWordThatIsNoNumberIsPassedOver) {
  test::ScratchFolder folder;
  put_call(folder.path(), "0000000000000001", {writes("fill", {"depth"}, "many")});
  EXPECT_EQ(plane_scales(folder.path()), Scales{});
}

}  // namespace
}  // namespace depthmill::run_folder
