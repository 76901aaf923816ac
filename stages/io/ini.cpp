#include "stages/io/ini.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "stages/base/quote.h"
#include "stages/io/csv.h"

namespace depthmill::io {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

bool is_name(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
  });
}

// Cuts a comment: # or ; at the start or after white space.
std::string_view without_comment(std::string_view s) {
  for (std::size_t i = 0; i < s.size(); ++i)
    if ((s[i] == '#' || s[i] == ';') && (i == 0 || is_space(s[i - 1]))) return trimmed(s.substr(0, i));
  return s;
}

bool is_comment(std::string_view s) { return s.empty() || s.front() == '#' || s.front() == ';'; }

std::string where(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

}  // namespace

IniFile IniFile::parse(std::string_view text, const std::filesystem::path& file) {
  IniFile ini;
  ini.file_ = file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::map<std::pair<std::string, std::string>, std::size_t> seen;  // (section, key) -> line
  std::string section;
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (is_comment(line)) continue;

    if (line.front() == '[') {
      const auto close = line.find(']');
      if (close == std::string_view::npos) throw TextFileError(file, line_number, "'[' without ']'");
      if (!is_comment(trimmed(line.substr(close + 1))))
        throw TextFileError(file, line_number, "text after ']'");
      const auto name = trimmed(line.substr(1, close - 1));
      if (!is_name(name)) throw TextFileError(file, line_number, "odd section name " + in_quotes(name));
      section = name;
      const bool known = std::any_of(ini.sections_.begin(), ini.sections_.end(),
                                     [&](const IniSection& one) { return one.name == section; });
      if (!known) ini.sections_.push_back({section, line_number});
      continue;
    }

    const auto equals = line.find('=');
    if (equals == std::string_view::npos)
      throw TextFileError(file, line_number, "neither [section] nor key = value: " + in_quotes(line));
    IniEntry entry{section, std::string(trimmed(line.substr(0, equals))), "", line_number};
    if (!is_name(entry.key)) throw TextFileError(file, line_number, "odd key " + in_quotes(entry.key));
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.starts_with('"')) {
      const auto close = value.find('"', 1);
      if (close == std::string_view::npos)
        throw TextFileError(file, line_number, where(section, entry.key) + ": the quote is not closed");
      if (!is_comment(trimmed(value.substr(close + 1))))
        throw TextFileError(file, line_number, where(section, entry.key) + ": text after the closing quote");
      entry.value = value.substr(1, close - 1);
    } else {
      entry.value = without_comment(value);
    }
    const auto [first, added] = seen.try_emplace({section, entry.key}, line_number);
    if (!added)
      throw TextFileError(file, line_number,
                          where(section, entry.key) + " is set a second time (first on line " +
                              std::to_string(first->second) + ")");
    ini.entries_.push_back(std::move(entry));
  }
  return ini;
}

IniFile IniFile::read(const std::filesystem::path& file) {
  return parse(read_text_file(file, std::size_t{16} << 20), file);
}

const IniEntry* IniFile::find(std::string_view section, std::string_view key) const {
  for (const IniEntry& entry : entries_)
    if (entry.section == section && entry.key == key) return &entry;
  return nullptr;
}

std::string IniFile::text(std::string_view section, std::string_view key, const std::string& fallback) const {
  const IniEntry* entry = find(section, key);
  return entry ? entry->value : fallback;
}

double IniFile::number(std::string_view section, std::string_view key, double fallback) const {
  const IniEntry* entry = find(section, key);
  if (!entry) return fallback;
  try {
    const double value = parse_number(entry->value);
    if (std::isnan(value)) throw std::invalid_argument(in_quotes(entry->value) + " is not a number");
    return value;
  } catch (const std::invalid_argument& e) {
    throw error(*entry, e.what());
  }
}

TextFileError IniFile::error(const IniEntry& entry, const std::string& reason) const {
  return {file_, entry.line, where(entry.section, entry.key) + ": " + reason};
}

std::string ini_value(std::string_view value) {
  if (value.find_first_of("\n\r") != std::string_view::npos)
    throw std::invalid_argument("a value in an INI file cannot hold a line break");
  const bool plain = trimmed(value) == value && !value.starts_with('"') && without_comment(value) == value;
  if (plain) return std::string(value);
  if (value.find('"') != std::string_view::npos)
    throw std::invalid_argument("a value in an INI file cannot hold both a double quote and a comment sign");
  return '"' + std::string(value) + '"';
}

}  // namespace depthmill::io
