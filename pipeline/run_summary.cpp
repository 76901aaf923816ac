#include "pipeline/run_summary.h"

#include <algorithm>
#include <map>

#include "pipeline/messages.h"
#include "stages/base/quote.h"

namespace depthmill::pipeline {
namespace {

constexpr std::size_t kLongestExample = 300;

}  // namespace

void FailureCount::add(const Frame& frame) {
  if (frame.ok()) return;
  Group& group = groups_[{frame.failed_stage, frame.failure}];
  if (group.frames++ == 0) group.example = frame.failure_text;
}

std::vector<std::string> FailureCount::lines(std::size_t frames) const {
  std::vector<const decltype(groups_)::value_type*> ranked;
  for (const auto& group : groups_) ranked.push_back(&group);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto* a, const auto* b) { return a->second.frames > b->second.frames; });
  std::vector<std::string> lines;
  std::size_t others = 0;
  for (const auto* group : ranked) {
    const auto& [stage, reason] = group->first;
    if (lines.size() < kMostReasons)
      lines.push_back(std::to_string(group->second.frames) + " of " + std::to_string(frames) + ": " + stage +
                      ", " + std::string(reason_name(reason)) + ", for example " +
                      printable(group->second.example, kLongestExample));
    else
      others += group->second.frames;
  }
  if (others > 0)
    lines.push_back(std::to_string(others) + " of " + std::to_string(frames) + ": other reasons");
  return lines;
}

std::vector<std::string> protocols_without_scores(const std::vector<metrics::Protocol>& protocols,
                                                  const std::vector<ScoreSummary>& totals) {
  std::vector<std::string> names;
  for (const metrics::Protocol& protocol : protocols)
    if (std::none_of(totals.begin(), totals.end(), [&](const ScoreSummary& total) {
          return total.protocol == protocol.name && total.frames > 0;
        }))
      names.push_back(protocol.name);
  return names;
}

bool say_unscored(const std::vector<Unscored>& unscored, bool all) {
  if (!all) {
    for (const auto& [protocol, why] : unscored)
      print_error("protocol '" + protocol + "' scored no image" + (why.empty() ? "" : ": " + why));
    return unscored.empty();
  }
  std::map<std::string, std::string> by_reason;
  for (const auto& [protocol, why] : unscored) {
    std::string& names = by_reason[why.empty() ? "no value" : why];
    names += (names.empty() ? "" : ", ") + protocol;
  }
  std::string text;
  for (const auto& [why, names] : by_reason) text += (text.empty() ? "" : "; ") + names + " (" + why + ")";
  if (!text.empty()) print_line("left out: " + text);
  return true;
}

}  // namespace depthmill::pipeline
