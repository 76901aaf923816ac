#include "stages/sample/timetable.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "stages/sample/random.h"

namespace depthmill::sample {
namespace {

constexpr double kClockRate = 60e6;

struct Event {
  char kind;
  double exposure;       // seconds
  std::int64_t arrival;  // microseconds since the recording's start
};

// One picture stream from `begin`: `count` pictures, or as many as fit before `end` when count is 0.
std::vector<Event> picture_stream(char kind, double rate, double begin, double end, int count, Random& r) {
  std::vector<Event> events;
  double t = begin;
  std::int64_t last = -1;
  while (count > 0 ? static_cast<int>(events.size()) < count : t < end) {
    double delay = 0.018 + 0.006 * r.uniform() + (r.chance(0.08) ? 0.012 * r.uniform() : 0);
    if (r.chance(0.01)) delay += 0.05;  // a busy host
    auto arrival = static_cast<std::int64_t>(std::floor((t + delay) * 1e6));
    arrival = std::max(arrival, last + 150);
    events.push_back({kind, t, arrival});
    last = arrival;
    if (kind == 'r' && r.chance(0.008)) {  // delivered twice
      last = arrival + 900 + r.integer(0, 400);
      events.push_back({kind, t, last});
    }
    const double step = (1 / rate) * (1 + 0.10 * r.normal());
    t += r.chance(0.03) ? 2 * step : step;  // a dropped frame
  }
  return events;
}

}  // namespace

std::vector<Recording> make_timetable(const SampleOptions& options, int scene_index) {
  Random r(key_for(options.seed, static_cast<std::uint64_t>(scene_index), Use::kTimes));
  // Some day of the autumn of 2010 or the year after.
  const std::int64_t start =
      (1284000000 + static_cast<std::int64_t>(r.bits() % 31536000)) * 1000000 + r.integer(0, 999999);
  const double lead = r.uniform(0.3, 0.9) / options.fps;
  const auto depth = picture_stream('d', options.fps, lead, 0, options.frames, r);
  const double end = depth.back().exposure + r.uniform(0.8, 1.6) / options.fps;
  const auto rgb = picture_stream('r', options.fps * r.uniform(0.95, 1.1), 0, end, 0, r);
  // Every third recording or so sees the clock wrap.
  auto clock0 = static_cast<std::uint32_t>(r.bits());
  if (r.chance(0.35))
    clock0 = static_cast<std::uint32_t>(
        0x100000000ull - static_cast<std::uint64_t>(std::min(end, 30.0) * r.uniform(0.2, 0.9) * kClockRate));

  std::vector<Event> events(rgb);
  events.insert(events.end(), depth.begin(), depth.end());
  if (options.accel) {
    double t = 0.02 + 0.01 * r.uniform();
    const double rate = options.fps * 3.1;
    while (t < end) {
      events.push_back({'a', t, static_cast<std::int64_t>(std::floor(t * 1e6))});
      t += (1 / rate) * r.uniform(0.7, 1.3);
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.arrival < b.arrival; });

  std::vector<Recording> records;
  std::uint32_t latest = clock0;
  for (const Event& e : events) {
    Recording record;
    record.kind = e.kind;
    record.exposure = e.exposure;
    if (e.kind != 'a')
      latest = clock0 +
               static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::floor(e.exposure * kClockRate)));
    record.clock = latest;
    const std::int64_t us = start + e.arrival;
    record.host_time = static_cast<double>(us) / 1e6;
    char name[80];
    std::snprintf(name, sizeof name, "%c-%lld.%06d-%u.%s", e.kind, static_cast<long long>(us / 1000000),
                  static_cast<int>(us % 1000000), record.clock,
                  e.kind == 'r'   ? "ppm"
                  : e.kind == 'd' ? "pgm"
                                  : "dump");
    record.name = name;
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<std::size_t> nearest_in_time(const std::vector<double>& depth,
                                         const std::vector<double>& others) {
  std::vector<std::size_t> picked;
  if (others.empty()) return std::vector<std::size_t>(depth.size(), SampleScene::npos);
  std::size_t j = 0;
  for (double t : depth) {
    double best = std::fabs(t - others[j]);
    while (j + 1 < others.size()) {
      const double d = std::fabs(t - others[j + 1]);
      if (d > best) break;
      best = d;
      ++j;
    }
    picked.push_back(j);
  }
  return picked;
}

}  // namespace depthmill::sample
