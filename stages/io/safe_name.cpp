#include "stages/io/safe_name.h"

#include <utility>

#include "stages/base/quote.h"

namespace depthmill::io {
namespace {

constexpr char kMark = '%';
constexpr std::string_view kDigits = "0123456789ABCDEF";

std::string encoded(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return {kMark, kDigits[value >> 4], kDigits[value & 15]};
}

// Does a mark with its two digits begin here?
bool is_encoded(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && text[at] == kMark && kDigits.find(text[at + 1]) != std::string_view::npos &&
         kDigits.find(text[at + 2]) != std::string_view::npos;
}

// Puts levels together, cutting those that would be too long.
class Levels {
 public:
  void add(std::string_view piece) {
    if (level_.size() + piece.size() > kLongestLevel) {
      path_ += level_ + kMark + '/';
      level_.clear();
    }
    // No level begins with a dot: ".." leads up, and hidden files are not listed.
    level_ += level_.empty() && piece == "." ? encoded('.') : std::string(piece);
  }
  void end_level() {
    if (!level_.empty() && level_.back() == kMark) {
      level_.pop_back();
      add(encoded(kMark));
    }
    path_ += level_;
    level_.clear();
  }
  void next_level() {
    end_level();
    path_ += '/';
  }
  std::filesystem::path path() && {
    end_level();
    return std::move(path_);
  }

 private:
  std::string path_, level_;
};

std::filesystem::path safe(std::string_view name, bool folders) {
  Levels levels;
  bool begun = false;  // has this level of the name a letter?
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t shown = shown_bytes(name, at);
    // A '/' with nothing on one of its sides parts no folders.
    if (name[at] == '/' && folders && begun && at + 1 < name.size()) {
      levels.next_level();
      begun = false;
      ++at;
      continue;
    }
    begun = true;
    if (shown == 0 || name[at] == '/' || is_encoded(name, at)) {
      levels.add(encoded(name[at++]));
    } else {
      levels.add(name.substr(at, shown));
      at += shown;
    }
  }
  return std::move(levels).path();
}

}  // namespace

std::filesystem::path file_name(std::string_view name) { return safe(name, false); }
std::filesystem::path folder_name(std::string_view name) { return safe(name, true); }

std::string name_of_file(std::string_view path) {
  std::string joined;
  for (const char c : path)
    if (c == '/' && !joined.empty() && joined.back() == kMark)
      joined.pop_back();
    else
      joined += c;
  std::string name;
  for (std::size_t at = 0; at < joined.size();) {
    if (is_encoded(joined, at)) {
      name += static_cast<char>(kDigits.find(joined[at + 1]) << 4 | kDigits.find(joined[at + 2]));
      at += 3;
    } else {
      name += joined[at++];
    }
  }
  return name;
}

bool goes_on(std::string_view level) { return level.ends_with(kMark); }

}  // namespace depthmill::io
