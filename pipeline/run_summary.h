// What is said when a run ends: the commonest reasons of failure, and protocols that scored nothing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame.h"
#include "stages/scoring/totals.h"

namespace depthmill::pipeline {

// Counts failures by stage and reason as frames are recorded; memory does not grow with their number.
class FailureCount {
 public:
  // A frame that is ok counts for nothing.
  void add(const Frame& frame);
  // "654 of 654: evaluate, no_partner, for example 00045: no pred in DIR": the commonest first, at most
  // kMostReasons of them and a last line that counts the others.
  static constexpr std::size_t kMostReasons = 5;
  std::vector<std::string> lines(std::size_t frames) const;

 private:
  struct Group {
    std::size_t frames = 0;
    std::string example;  // the sentence of the first
  };
  std::map<std::pair<std::string, FailureReason>, Group> groups_;  // stage, reason
};

// The names of those protocols that no image was scored under, by the totals of an evaluation.
std::vector<std::string> protocols_without_scores(const std::vector<metrics::Protocol>& protocols,
                                                  const std::vector<ScoreSummary>& totals);

// A protocol that no image was scored under, and why.
struct Unscored {
  std::string protocol, why;
};
// Says so. Of `all` protocols they are those that do not fit the data, left out in one line; else each is an error, and
// the answer is false.
bool say_unscored(const std::vector<Unscored>& unscored, bool all);

}  // namespace depthmill::pipeline
