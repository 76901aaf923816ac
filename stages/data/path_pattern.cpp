#include "stages/data/path_pattern.h"

#include <algorithm>
#include <stdexcept>

namespace depthmill::data {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append(std::string& joined, std::string_view more, char separator) {
  if (more.empty()) return;
  if (!joined.empty()) joined += separator;
  joined += more;
}

}  // namespace

PathPattern::PathPattern(std::string_view text) {
  const std::string whole(text);
  bool names_frame = false;
  while (!text.empty()) {
    if (text.front() == '*') {
      tokens_.push_back({Part::kAny, {}});
      text.remove_prefix(1);
    } else if (text.front() == '{') {
      const std::size_t end = text.find('}');
      std::string_view word = text.substr(1, end == text.npos ? text.npos : end - 1);
      const std::size_t equals = std::min(word.find('='), word.size());
      const std::string stands_there(word.substr(std::min(equals + 1, word.size())));
      word = word.substr(0, equals);
      const Part part = word == "scene/"   ? Part::kSceneFolders
                        : word == "scene"  ? Part::kScene
                        : word == "any/"   ? Part::kAnyFolders
                        : word == "frame"  ? Part::kFrame
                        : word == "number" ? Part::kNumber
                                           : Part::kText;
      const bool fixed = part == Part::kFrame || part == Part::kScene;
      if (end == text.npos || part == Part::kText || (!stands_there.empty() && !fixed))
        throw std::invalid_argument("pattern '" + whole + "': {" + std::string(word) +
                                    "} is none of {scene}, {scene/}, {any/}, {frame}, {number}");
      names_frame |= (part == Part::kFrame && stands_there.empty()) || part == Part::kNumber;
      tokens_.push_back({part, stands_there});
      text.remove_prefix(end + 1);
    } else {
      const std::size_t end = std::min(text.find_first_of("{*"), text.size());
      tokens_.push_back({Part::kText, std::string(text.substr(0, end))});
      text.remove_prefix(end);
    }
  }
  for (const Token& token : tokens_)
    if (token.text.size() > longest_text_.size()) longest_text_ = token.text;
  if (!names_frame) throw std::invalid_argument("pattern '" + whole + "': has no {frame} and no {number}");
}

bool PathPattern::match_from(std::size_t token, std::string_view rest,
                             std::vector<std::string_view>& taken) const {
  if (token == tokens_.size()) return rest.empty();
  const Token& now = tokens_[token];
  const auto go_on = [&](std::size_t length) {
    taken[token] = rest.substr(0, length);
    return match_from(token + 1, rest.substr(length), taken);
  };
  if (!now.text.empty()) return rest.starts_with(now.text) && go_on(now.text.size());
  switch (now.part) {
    case Part::kSceneFolders:
    case Part::kAnyFolders:
      for (std::size_t length = 0;;) {
        if (go_on(length)) return true;
        const std::size_t slash = rest.find('/', length);
        if (slash == rest.npos) return false;
        length = slash + 1;
      }
    case Part::kNumber: {  // as many digits as there are
      const std::size_t length =
          static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
      return length > 0 && go_on(length);
    }
    default: {
      const std::size_t least = now.part == Part::kAny ? 0 : 1;
      const std::size_t most = std::min(rest.find('/'), rest.size());
      for (std::size_t length = least; length <= most; ++length)
        if (go_on(length)) return true;
      return false;
    }
  }
}

std::optional<PathPattern::Match> PathPattern::match(std::string_view path) const {
  // Most paths fail by this already, and every layout asks about every path.
  if (path.find(longest_text_) == path.npos) return std::nullopt;
  if (tokens_.back().part == Part::kText && !path.ends_with(tokens_.back().text)) return std::nullopt;
  std::vector<std::string_view> taken(tokens_.size());
  if (!match_from(0, path, taken)) return std::nullopt;
  Match match;
  const auto of_frame = [](Part part) { return part == Part::kFrame || part == Part::kNumber; };
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Part part = tokens_[i].part;
    if (part == Part::kScene) append(match.scene, taken[i], '/');
    if (part == Part::kSceneFolders && !taken[i].empty())
      append(match.scene, taken[i].substr(0, taken[i].size() - 1), '/');
    if (of_frame(part) && i > 0 && of_frame(tokens_[i - 1].part))
      match.frame += taken[i];
    else if (of_frame(part))
      append(match.frame, taken[i], '_');
  }
  return match;
}

}  // namespace depthmill::data
