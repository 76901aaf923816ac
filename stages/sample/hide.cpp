#include "stages/sample/hide.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "stages/sample/random.h"

namespace depthmill::sample {
namespace {

struct Row {
  HideKind kind;
  std::string_view word;
  double amount, least, most;
};
constexpr Row kRows[] = {{HideKind::kRandom, "random", 0.2, 1e-6, 1 - 1e-6},
                         {HideKind::kSamples, "samples", 500, 1, 1e9},
                         {HideKind::kBlock, "block", 64, 1, 1e5},
                         {HideKind::kScanline, "scanline", 8, 2, 1e5},
                         {HideKind::kProjector, "projector", 0.075, 1e-3, 10},
                         {HideKind::kHoles, "holes", 0, 0, 0}};

const Row& row_of(HideKind kind) { return kRows[static_cast<std::size_t>(kind)]; }

std::string short_number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

constexpr double kShareInBlocks = 0.2;
constexpr double kFocalShare = 525. / 640;  // focal length of a Kinect, of the width of its pictures

std::uint64_t key_of(std::uint64_t seed, std::string_view frame, const HideRule& rule) {
  std::uint64_t key = mix(seed, static_cast<std::uint64_t>(rule.kind));
  for (const char c : frame) key = mix(key, static_cast<unsigned char>(c));
  return key;
}

// The readings' places in an order of chance.
std::vector<int> shuffled(const std::vector<int>& readings, std::uint64_t key) {
  std::vector<std::pair<std::uint64_t, int>> drawn;
  drawn.reserve(readings.size());
  for (const int place : readings) drawn.emplace_back(mix(key, static_cast<std::uint64_t>(place)), place);
  std::sort(drawn.begin(), drawn.end());
  std::vector<int> order;
  order.reserve(drawn.size());
  for (const auto& [bits, place] : drawn) order.push_back(place);
  return order;
}

void hide_blocks(const cv::Mat& depth, int side, std::uint64_t key, std::size_t readings, cv::Mat& hidden) {
  const auto wanted = static_cast<std::size_t>(kShareInBlocks * static_cast<double>(readings));
  std::size_t taken = 0;
  Random random(key);
  constexpr int kMostTries = 10'000;  // of a map with few readings most squares hold none
  for (int i = 0; i < kMostTries && taken < wanted; ++i) {
    const int top = random.integer(0, std::max(0, depth.rows - side)),
              left = random.integer(0, std::max(0, depth.cols - side));
    for (int r = top; r < std::min(depth.rows, top + side); ++r)
      for (int c = left; c < std::min(depth.cols, left + side); ++c)
        if (depth.at<double>(r, c) > 0 && hidden.at<std::uint8_t>(r, c) == 0)
          hidden.at<std::uint8_t>(r, c) = 255, ++taken;
  }
}

// Right of an edge behind which it is farther, the projector does not see as far as f b (1 / near - 1 / far) pixels.
void hide_shadows(const cv::Mat& depth, double baseline, cv::Mat& hidden) {
  const double focal_length = kFocalShare * depth.cols;
  for (int r = 0; r < depth.rows; ++r) {
    double near = 0;  // the last reading that was not in shadow
    int at = -1;
    for (int c = 0; c < depth.cols; ++c) {
      const double z = depth.at<double>(r, c);
      if (!(z > 0)) continue;
      if (at >= 0 && z > near && c - at <= focal_length * baseline * (1 / near - 1 / z)) {
        hidden.at<std::uint8_t>(r, c) = 255;
        continue;
      }
      near = z, at = c;
    }
  }
}

}  // namespace

HideRule HideRule::parse(const std::string& text) {
  const std::size_t colon = text.find(':');
  for (const Row& row : kRows) {
    if (text.substr(0, colon) != row.word) continue;
    HideRule rule{row.kind, row.amount};
    if (colon == std::string::npos) return rule;
    const char *begin = text.data() + colon + 1, *end = text.data() + text.size();
    const auto read = std::from_chars(begin, end, rule.amount);
    const bool fits = row.kind == HideKind::kRandom || row.kind == HideKind::kProjector ||
                      rule.amount == std::floor(rule.amount);  // others count pixels, rows, readings
    if (row.most > 0 && read.ec == std::errc() && read.ptr == end && rule.amount >= row.least &&
        rule.amount <= row.most && fits)
      return rule;
  }
  throw std::invalid_argument(
      "'" + text +
      "' is none of random:SHARE, samples:N, block:PIXELS, scanline:ROWS, projector:METRES and "
      "holes");
}

std::string HideRule::text() const {
  const Row& row = row_of(kind);
  return std::string(row.word) + (row.most > 0 ? ":" + short_number(amount) : "");
}

cv::Mat hidden_readings(const cv::Mat& depth, const HideRule& rule, std::uint64_t seed,
                        std::string_view frame) {
  cv::Mat hidden = cv::Mat::zeros(depth.size(), CV_8UC1);
  std::vector<int> readings;
  for (int i = 0; i < static_cast<int>(depth.total()); ++i)
    if (depth.at<double>(i / depth.cols, i % depth.cols) > 0) readings.push_back(i);
  const std::uint64_t key = key_of(seed, frame, rule);
  const auto hide = [&](int place) { hidden.at<std::uint8_t>(place / depth.cols, place % depth.cols) = 255; };
  switch (rule.kind) {
    case HideKind::kRandom:
      for (const int place : readings)
        if (unit(mix(key, static_cast<std::uint64_t>(place))) < rule.amount) hide(place);
      break;
    case HideKind::kSamples: {
      const auto order = shuffled(readings, key);
      for (std::size_t i = static_cast<std::size_t>(rule.amount); i < order.size(); ++i) hide(order[i]);
      break;
    }
    case HideKind::kBlock:
      hide_blocks(depth, static_cast<int>(rule.amount), key, readings.size(), hidden);
      break;
    case HideKind::kScanline:
      for (const int place : readings)
        if (place / depth.cols % static_cast<int>(rule.amount) != 0) hide(place);
      break;
    case HideKind::kProjector:
      hide_shadows(depth, rule.amount, hidden);
      break;
    case HideKind::kHoles:
      hidden.setTo(255, depth == 0);
      break;
  }
  return hidden;
}

}  // namespace depthmill::sample
