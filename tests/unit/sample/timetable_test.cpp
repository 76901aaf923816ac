#include "stages/sample/timetable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "stages/nyu/sync.h"
#include "stages/nyu/timestamps.h"

namespace depthmill::sample {
namespace {

std::vector<double> times_of(const std::vector<Recording>& records, char kind) {
  std::vector<double> times;
  for (const Recording& r : records)
    if (r.kind == kind) times.push_back(r.host_time);
  return times;
}

TEST(Timetable, IsIrregularInOrderAndHasTheRate) {
  const SampleOptions options{.scenes = 6, .frames = 200, .seed = 5};
  for (int scene = 0; scene < options.scenes; ++scene) {
    const auto records = make_timetable(options, scene);
    const auto depth = times_of(records, 'd'), rgb = times_of(records, 'r'), accel = times_of(records, 'a');
    ASSERT_EQ(depth.size(), 200u);
    EXPECT_GT(accel.size(), 2 * depth.size());
    EXPECT_TRUE(std::is_sorted(records.begin(), records.end(),
                               [](auto& a, auto& b) { return a.host_time < b.host_time; }));
    EXPECT_LT(rgb.front(), depth.front());
    const double rate = (static_cast<double>(depth.size()) - 1) / (depth.back() - depth.front());
    EXPECT_GT(rate, 20);
    EXPECT_LT(rate, 30);
    std::set<long> intervals;  // microseconds
    double longest = 0;
    for (std::size_t i = 1; i < depth.size(); ++i) {
      EXPECT_GT(depth[i], depth[i - 1]);
      intervals.insert(std::lround((depth[i] - depth[i - 1]) * 1e6));
      longest = std::max(longest, depth[i] - depth[i - 1]);
    }
    EXPECT_GT(intervals.size(), 150u);
    EXPECT_GT(longest, 1.5 / options.fps);  // a dropped frame
  }
}

// A camera delivers its pictures in the order in which it took them, each some time after its exposure.
TEST(Timetable, PicturesDoNotOvertakeEachOther) {
  std::size_t twice = 0;
  for (int scene = 0; scene < 6; ++scene) {
    const auto records = make_timetable({.scenes = 6, .frames = 400, .seed = 12}, scene);
    for (const char kind : {'d', 'r'}) {
      std::vector<const Recording*> stream;
      for (const Recording& r : records)
        if (r.kind == kind) stream.push_back(&r);
      const double start = stream.front()->host_time - stream.front()->exposure;
      for (std::size_t i = 1; i < stream.size(); ++i) {
        const double since = stream[i]->exposure - stream[i - 1]->exposure;
        if (since == 0 && kind == 'r')
          ++twice;
        else
          EXPECT_GT(since, 0.01) << "picture " << i << " of " << kind;
        EXPECT_GT(stream[i]->host_time, stream[i - 1]->host_time);
        const double delay = stream[i]->host_time - stream[i]->exposure;
        EXPECT_LT(std::fabs(delay - start), 0.1);
      }
    }
  }
  EXPECT_GT(twice, 0u) << "no colour picture was delivered twice";
}

TEST(Timetable, NamesAreUniqueAndWellFormed) {
  bool wrapped = false;
  for (int scene = 0; scene < 12; ++scene) {
    const auto records = make_timetable({.scenes = 12, .frames = 60, .seed = 2}, scene);
    std::vector<std::string> names;
    std::uint32_t before = 0;
    for (const Recording& r : records) {
      names.push_back(r.name);
      wrapped |= before > 0xf0000000u && r.clock < 0x10000000u;
      before = r.clock;
    }
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    const auto sorted = nyu::well_formed_names(names);
    EXPECT_EQ(sorted.kept.size(), names.size());
    EXPECT_TRUE(sorted.strays.empty());
  }
  EXPECT_TRUE(wrapped) << "no device clock of 12 recordings wraps";
}

TEST(Timetable, AccelerometerRecordsCarryTheClockOfTheLatestPicture) {
  const auto records = make_timetable({.scenes = 1, .frames = 30, .seed = 9}, 0);
  std::uint32_t latest = 0;
  bool seen = false;
  for (const Recording& r : records) {
    if (r.kind != 'a') {
      latest = r.clock;
      seen = true;
    } else if (seen) {
      EXPECT_EQ(r.clock, latest);
    }
  }
}

TEST(Timetable, PartnersAreTheToolboxs) {
  const SampleOptions options{.scenes = 5, .frames = 40, .seed = 31};
  const SampleScene scene = make_scene(options, 3);
  std::vector<std::string> names;
  for (const Recording& r : scene.index_file) names.push_back(r.name);
  const auto frames = nyu::get_synched_frames(names);
  ASSERT_EQ(frames.size(), scene.depth.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Recording &d = scene.index_file[scene.depth[i]], &r = scene.index_file[scene.rgb_partner[i]];
    EXPECT_EQ(frames[i].depth, d.name);
    EXPECT_EQ(frames[i].rgb, r.name);
    EXPECT_EQ(frames[i].accel, scene.index_file[scene.accel_partner[i]].name);
    // Names say what the record says, to the last bit.
    EXPECT_EQ(std::stod(d.name.substr(2)), d.host_time);
    EXPECT_LT(std::fabs(d.host_time - r.host_time), 3 / options.fps);
  }
}

}  // namespace
}  // namespace depthmill::sample
