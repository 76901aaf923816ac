#include "stages/io/suggest.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "stages/base/quote.h"

namespace depthmill::io {
namespace {

std::string folded(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::string a = folded(left), b = folded(right);
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(previous);
    previous.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, previous[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
  const std::size_t allowed = std::max<std::size_t>(2, word.size() / 3);
  std::size_t best = allowed + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    std::size_t edits = edit_distance(word, candidate);
    // Everything would have to change: as far as words can be, however few letters that is.
    if (edits >= std::max(word.size(), candidate.size())) continue;
    const bool begins = word.size() >= 2 && folded(candidate).starts_with(folded(word));
    if (begins) edits = std::min(edits, allowed);
    if (edits < best) {
      best = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? "" : "; did you mean " + in_quotes(nearest) + "?";
}

std::string name_list(std::span<const std::string> names) {
  constexpr std::size_t kLongestList = 1000;  // what a damaged file lists may go on for megabytes
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text.size() > kLongestList) return text + " and " + std::to_string(names.size() - i) + " more";
    text += (i > 0 ? ", " : "") + printable(names[i], kLongestQuote);
  }
  return text;
}

}  // namespace depthmill::io
