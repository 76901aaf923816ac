// Small INI files (run configurations, protocols, model cards): [section], key = value, comments.
//
//   # a comment line; so is one that starts with ';'
//   [fill]
//   alpha = 1            # a comment needs white space before its # or ;
//   label = "a # in quotes, and  spaces  stay"
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/text_file.h"

namespace depthmill::io {

struct IniEntry {
  std::string section;   // "" before the first [section]
  std::string key;       // letters, digits, '_', '-' and '.', as written
  std::string value;     // trimmed; outer double quotes removed; may be empty
  std::size_t line = 0;  // from 1
};

class IniFile {
 public:
  // Throws TextFileError naming file and line: a line that is neither section, entry nor comment, an empty or
  // odd name, an open quote, a key that is there twice in one section (both lines are named).
  static IniFile parse(std::string_view text, const std::filesystem::path& file);
  static IniFile read(const std::filesystem::path& file);

  const std::filesystem::path& file() const { return file_; }
  const std::vector<IniEntry>& entries() const { return entries_; }  // in file order
  const std::vector<std::string>& sections() const { return sections_; }

  // The entry, or nullptr.
  const IniEntry* find(std::string_view section, std::string_view key) const;

  // Values with a fallback for an absent key. Present but malformed is a TextFileError naming file, line,
  // key.
  std::string text(std::string_view section, std::string_view key, const std::string& fallback) const;
  double number(std::string_view section, std::string_view key, double fallback) const;
  long long integer(std::string_view section, std::string_view key, long long fallback) const;
  bool flag(std::string_view section, std::string_view key,
            bool fallback) const;  // yes no true false on off 1 0
  // Comma-separated, each item trimmed.
  std::vector<std::string> list(std::string_view section, std::string_view key,
                                const std::vector<std::string>& fallback) const;
  std::vector<double> numbers(std::string_view section, std::string_view key,
                              const std::vector<double>& fallback) const;
  // Present, or a TextFileError naming file, section and key.
  const IniEntry& require(std::string_view section, std::string_view key) const;
  // One of `allowed`, or a TextFileError that lists them and suggests the nearest.
  std::string choice(std::string_view section, std::string_view key, std::span<const std::string> allowed,
                     const std::string& fallback) const;

  // Throws TextFileError for the first section or key that is not listed (section -> keys), naming file, line
  // and the nearest known name.
  void check_known(const std::map<std::string, std::vector<std::string>>& known) const;

  // For errors about a value that is well formed but wrong: "FILE:LINE: section.key: reason".
  TextFileError error(const IniEntry& entry, const std::string& reason) const;

 private:
  std::filesystem::path file_;
  std::vector<IniEntry> entries_;
  std::vector<std::string> sections_;
  std::vector<std::size_t> section_lines_;  // where each first stands
};

// The value as it must stand in a file so that it reads back unchanged: quoted where needed.
// Throws std::invalid_argument when no spelling does that (a line break, or a quote that would need quoting).
std::string ini_value(std::string_view value);

}  // namespace depthmill::io
