#include "stages/networks/sd_convtrans/sizes.h"

#include <stdexcept>
#include <tuple>

namespace depthmill::sd_convtrans {

const std::vector<io::Key<NetworkSizes>>& size_keys() {
  using S = NetworkSizes;
  const auto number = [](const char* name, int S::*member) {
    return io::key<S>("network", name, member).at_least(1);
  };
  const auto four = [](const char* name, std::array<int, 4> S::*member) {
    return io::key<S>("network", name, member)
        .all([](double v) { return v >= 1; }, "must be four numbers of at least 1");
  };
  const auto size = [](const char* name, int S::*height, int S::*width) {
    return io::own_key<S>(
        "network", name,
        [=](S& s, const std::string& text) { std::tie(s.*height, s.*width) = io::read_size(text); },
        [=](const S& s) { return io::write_size(s.*height, s.*width); });
  };
  static const std::vector<io::Key<S>> table = {
      number("stem", &S::stem),
      number("pyramid", &S::pyramid),
      number("detail", &S::detail),
      number("head", &S::head),
      four("trunk_blocks", &S::trunk_blocks),
      four("trunk_widths", &S::trunk_widths),
      four("embed", &S::embed),
      four("heads", &S::heads),
      four("reductions", &S::reductions),
      four("depths", &S::depths),
      size("low_size", &S::low_height, &S::low_width),
      size("high_size", &S::high_height, &S::high_width),
      io::key<S>("network", "drop_path", &S::drop_path).from_below(0, 1),
      io::key<S>("network", "unused_modules", &S::unused_modules),
  };
  return table;
}

std::string NetworkSizes::problem() const {
  if (const std::string reason = io::key_problem(size_keys(), *this); !reason.empty()) return reason;
  for (int i = 0; i < 4; ++i)
    if (embed[i] % heads[i] != 0) return "network.embed must be multiples of network.heads";
  // The first reduction has to leave at least one key: 8 cells of stride 4, rounded up.
  const int least = 4 * (reductions[0] - 1) + 1;
  if (high_height < least || high_width < least)
    return "network.high_size must be at least " + std::to_string(least) + " pixels a side";
  if (low_height < 1 || low_width < 1) return "network.low_size must be at least 1 pixel a side";
  return "";
}

NetworkSizes read_sizes(const io::IniFile& ini) {
  NetworkSizes sizes;
  io::read_keys(ini, size_keys(), sizes);
  if (const std::string problem = sizes.problem(); !problem.empty())
    throw std::runtime_error(ini.file().string() + ": " + problem);
  return sizes;
}

std::string sizes_text(const NetworkSizes& sizes) { return io::keys_text(size_keys(), sizes); }

}  // namespace depthmill::sd_convtrans
