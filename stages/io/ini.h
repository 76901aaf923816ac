// Small INI files (run configurations, protocols, model cards): [section], key = value, comments. What keys there
// are and what they mean is a table of keys (key_table.h).
//
//   # a comment line; so is one that starts with ';'
//   [fill]
//   alpha = 1            # a comment needs white space before its # or ;
//   label = "a # in quotes, and  spaces  stay"
#pragma once

#include <cstddef>
#include <filesystem>
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

struct IniSection {
  std::string name;
  std::size_t line = 0;  // where it stands first, from 1
};

class IniFile {
 public:
  // Throws TextFileError naming file and line: a line that is neither section, entry nor comment, an empty or
  // odd name, an open quote, a key that is there twice in one section (both lines are named).
  static IniFile parse(std::string_view text, const std::filesystem::path& file);
  static IniFile read(const std::filesystem::path& file);

  const std::filesystem::path& file() const { return file_; }
  const std::vector<IniEntry>& entries() const { return entries_; }  // in file order
  const std::vector<IniSection>& sections() const { return sections_; }

  // The entry, or nullptr.
  const IniEntry* find(std::string_view section, std::string_view key) const;
  // One value of a file whose other keys do not matter, or `fallback` when it is absent. Throws TextFileError naming
  // file, line and key when the value is no number.
  std::string text(std::string_view section, std::string_view key, const std::string& fallback) const;
  double number(std::string_view section, std::string_view key, double fallback) const;

  // For errors about a value: "FILE:LINE: section.key: reason".
  TextFileError error(const IniEntry& entry, const std::string& reason) const;

 private:
  std::filesystem::path file_;
  std::vector<IniEntry> entries_;
  std::vector<IniSection> sections_;
};

// The value as it must stand in a file so that it reads back unchanged: quoted where needed.
// Throws std::invalid_argument when no spelling does that (a line break, or a quote that would need quoting).
std::string ini_value(std::string_view value);

}  // namespace depthmill::io
