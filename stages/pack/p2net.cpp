// Layout p2net, the training list of P2Net (Indoor-SfMLearner) and StructDepth over the raw scenes as they lie:
//
//   splits/nyu_train_0_10_20_30_40.txt    nine "<scene>/r-<time>-<clock>.ppm" a line: a picture, then those 40, 30, 20 and
//                                         10 pictures before it and 10, 20, 30 and 40 behind it
//
// Source: svip-lab/Indoor-SfMLearner, datasets/nyu_dataset.py and the form of its list. The loader undistorts and cuts the
// pictures itself. Pictures whose neighbours are not all there are no line of their own.
#include <map>
#include <optional>

#include "stages/pack/layout.h"

namespace depthmill::pack {
namespace p2net {

constexpr int kSteps[] = {-40, -30, -20, -10, 10, 20, 30, 40};

std::vector<std::pair<std::string, std::string>> list(std::span<const Place> places, const PackOptions&) {
  std::map<std::pair<std::string, std::size_t>, const Place*> pictures;
  for (const Place& place : places) pictures[{place.scene, place.number}] = &place;
  std::string text;
  for (const Place& place : places) {
    std::string line = place.source + ".ppm";
    for (const int step : kSteps) {
      const auto at = step < 0 && place.number < static_cast<std::size_t>(-step)
                          ? pictures.end()
                          : pictures.find({place.scene, place.number + static_cast<std::size_t>(step)});
      if (at == pictures.end()) {
        line.clear();
        break;
      }
      line += " " + at->second->source + ".ppm";
    }
    if (!line.empty()) text += line + "\n";
  }
  if (text.empty()) return {};
  return {{kP2netList, text}};
}

}  // namespace p2net

extern const PackLayout kP2netLayout;

const PackLayout kP2netLayout = {
    .name = "p2net",
    .help = "the list of nine raw pictures a line over --raw: P2Net, StructDepth",
    .files = {},
    .raw_pictures = true,
    .index = p2net::list,
};

}  // namespace depthmill::pack
