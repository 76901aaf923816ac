// Any lines as the file names of a scene folder: taken apart, sorted and joined in time.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "stages/nyu/sync.h"
#include "stages/nyu/timestamps.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> names(1);
  for (char c : fuzz::text(data, size)) {
    if (c == '\n')
      names.emplace_back();
    else
      names.back() += c;
  }
  for (const std::string& name : names) {
    nyu::get_timestamp_from_filename(name);
    fuzz::require(name.starts_with(nyu::get_scene_type_from_scene(name)), "a scene's type begins its name");
    const auto raw = nyu::parse_raw_name(name);
    if (!raw) continue;
    fuzz::require(std::isfinite(raw->seconds) && raw->seconds >= 0, "a well-formed name has a time");
    fuzz::require(nyu::synch_seconds(name) == raw->seconds, "both readers see the same time");
  }

  const auto sorted = nyu::well_formed_names(names);
  fuzz::require(sorted.kept.size() + sorted.strays.size() <= names.size(), "no name is invented");
  const std::vector<std::string>* const lists[] = {&names, &sorted.kept};
  for (const auto* list : lists) {
    const auto frames = nyu::get_synched_frames(*list);
    const auto depths =
        std::count_if(list->begin(), list->end(), [](const auto& n) { return n.starts_with('d'); });
    fuzz::require(frames.size() == static_cast<std::size_t>(depths), "every depth file is kept");
    for (const auto& frame : frames)
      for (const std::string* partner : {&frame.rgb, &frame.accel})
        fuzz::require(partner->empty() || std::find(list->begin(), list->end(), *partner) != list->end(),
                      "a partner is a file of the folder");
  }
  return 0;
}
