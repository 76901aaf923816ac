#include "stages/io/key_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "stages/base/quote.h"
#include "stages/io/csv.h"

namespace depthmill::io {
namespace {

// Items between commas, trimmed; empty ones are left out.
std::vector<std::string> items_of(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    const auto first = item.find_first_not_of(" \t\r"), last = item.find_last_not_of(" \t\r");
    if (first != std::string::npos) items.push_back(item.substr(first, last - first + 1));
    at = end + 1;
  }
  return items;
}

template <class T>
std::string joined(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ",") + write_value(value);
  return text;
}

[[noreturn]] void refuse(const std::string& text, const char* what) {
  throw std::invalid_argument(in_quotes(text) + " " + what);
}

}  // namespace

void read_value(const std::string& text, bool& value) {
  for (const char* yes : {"yes", "true", "on", "1"})
    if (text == yes) return void(value = true);
  for (const char* no : {"no", "false", "off", "0"})
    if (text == no) return void(value = false);
  refuse(text, "is neither yes nor no");
}

void read_value(const std::string& text, double& value) {
  const double number = parse_number(text);
  if (std::isnan(number)) refuse(text, "is not a number");
  if (std::isinf(number)) refuse(text, "is not a finite number");
  value = number;
}

void read_value(const std::string& text, std::string& value) { value = text; }
void read_value(const std::string& text, std::filesystem::path& value) { value = text; }
void read_value(const std::string& text, std::vector<std::string>& value) { value = items_of(text); }

void read_value(const std::string& text, std::vector<double>& value) {
  value.clear();
  for (const std::string& item : items_of(text)) read_value(item, value.emplace_back());
}

void read_value(const std::string& text, std::vector<std::filesystem::path>& value) {
  value.clear();
  for (const std::string& item : items_of(text)) value.emplace_back(item);
}

std::string write_value(bool value) { return value ? "yes" : "no"; }
std::string write_value(double value) { return format_number(value); }
std::string write_value(const std::string& value) { return value; }
std::string write_value(const std::filesystem::path& value) { return value.string(); }
std::string write_value(const std::vector<std::string>& value) { return joined(value); }
std::string write_value(const std::vector<double>& value) { return joined(value); }
std::string write_value(const std::vector<std::filesystem::path>& value) { return joined(value); }

long long read_whole(const std::string& text, long long least, long long most) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || (error != std::errc{} && error != std::errc::result_out_of_range))
    refuse(text, "is not a whole number");
  if (least == 0 && text.starts_with('-')) refuse(text, "is not a whole number of 0 or more");
  if (error != std::errc{} || value < least || value > most)
    refuse(text, text.starts_with('-') ? "is too small a number" : "is too large a number");
  return value;
}

std::vector<double> read_numbers(const std::string& text, std::size_t count) {
  std::vector<double> numbers;
  read_value(text, numbers);
  if (numbers.size() != count)
    throw std::invalid_argument("needs " + std::to_string(count) + " numbers, separated by commas");
  return numbers;
}

std::pair<int, int> read_size(const std::string& text) {
  int height = 0, width = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, height);
  const bool cross = first.ec == std::errc{} && first.ptr != end && *first.ptr == 'x';
  const auto second = cross ? std::from_chars(first.ptr + 1, end, width) : first;
  if (!cross || second.ec != std::errc{} || second.ptr != end || height < 1 || width < 1)
    refuse(text, "is no size; write HEIGHTxWIDTH, for example 480x640");
  return {height, width};
}

std::string write_size(int height, int width) { return std::to_string(height) + "x" + std::to_string(width); }

void check_known(const IniFile& ini, const std::vector<const KeyFacts*>& keys) {
  std::vector<std::string> sections;
  for (const KeyFacts* k : keys)
    if (std::find(sections.begin(), sections.end(), k->section) == sections.end())
      sections.push_back(k->section);
  for (const IniSection& section : ini.sections())
    if (std::find(sections.begin(), sections.end(), section.name) == sections.end())
      throw TextFileError(ini.file(), section.line,
                          "unknown section [" + section.name + "]" + did_you_mean(section.name, sections));
  for (const IniEntry& entry : ini.entries()) {
    if (entry.section.empty())
      throw TextFileError(ini.file(), entry.line, in_quotes(entry.key) + " stands before any [section]");
    std::vector<std::string> known;
    for (const KeyFacts* k : keys)
      if (k->section == entry.section) known.push_back(k->name);
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      throw TextFileError(ini.file(), entry.line,
                          "unknown key " + in_quotes(entry.key) + " in [" + entry.section + "]" +
                              did_you_mean(entry.key, known));
  }
}

std::string ini_text(const std::vector<std::pair<const KeyFacts*, std::string>>& values,
                     std::string_view between, bool comments) {
  std::string text, section;
  for (const auto& [facts, value] : values) {
    if (facts->section != section) {
      if (!text.empty()) text += between;
      section = facts->section;
      text += "[" + section + "]\n";
    }
    if (comments) text += "# " + facts->help + "\n";
    text += facts->name + " = " + ini_value(value) + "\n";
  }
  return text;
}

}  // namespace depthmill::io
