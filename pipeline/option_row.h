// How a field of Config becomes a row of the table of options: reading and writing by type.
#pragma once

#include <charconv>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipeline/options.h"
#include "stages/io/csv.h"

namespace depthmill::pipeline {

inline std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> items;
  std::string item;
  for (char c : text + ",") {
    if (c != ',') {
      item += c;
      continue;
    }
    const auto first = item.find_first_not_of(" \t"), last = item.find_last_not_of(" \t");
    if (first != std::string::npos) items.push_back(item.substr(first, last - first + 1));
    item.clear();
  }
  return items;
}

inline bool parse_bool(const std::string& text) {
  for (const char* yes : {"yes", "true", "on", "1"})
    if (text == yes) return true;
  for (const char* no : {"no", "false", "off", "0"})
    if (text == no) return false;
  throw ConfigError("yes or no is expected");
}

template <class T>
void read_value(const std::string& text, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = parse_bool(text);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    value = split_list(text);
  } else if constexpr (std::is_same_v<T, std::vector<std::filesystem::path>>) {
    value.clear();
    for (const auto& item : split_list(text)) value.emplace_back(item);
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    value.clear();
    for (const auto& item : split_list(text)) read_value(item, value.emplace_back());
  } else if constexpr (std::is_integral_v<T> || std::is_floating_point_v<T>) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      throw ConfigError(std::is_integral_v<T>
                            ? (std::is_signed_v<T> ? "a whole number is expected"
                                                   : "a whole number, not negative, is expected")
                            : "a number is expected");
  } else {
    value = text;
  }
}

template <class T>
std::string write_value(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "yes" : "no";
  } else if constexpr (std::is_same_v<T, std::vector<std::string>> ||
                       std::is_same_v<T, std::vector<std::filesystem::path>>) {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : ",") + std::filesystem::path(item).string();
    return text;
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    std::string text;
    for (double item : value) text += (text.empty() ? "" : ",") + io::format_number(item);
    return text;
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return io::format_number(value);
  } else {
    return std::filesystem::path(value).string();
  }
}

// A row whose value is a field of Config; `field(config)` returns a reference to it.
template <class Field>
OptionRow row(std::string section, std::string key, std::string value_name, std::vector<std::string> commands,
              Field field, std::string help) {
  using T = std::remove_cvref_t<decltype(field(std::declval<Config&>()))>;
  OptionRow r;
  r.section = std::move(section);
  r.key = r.flag = std::move(key);
  r.value_name = std::move(value_name);
  r.help = std::move(help);
  r.commands = std::move(commands);
  r.list = std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, std::vector<double>>;
  r.set = [field](Config& c, const std::string& text) { read_value(text, field(c)); };
  r.get = [field](const Config& c) { return write_value(field(const_cast<Config&>(c))); };
  return r;
}

// The same for an enumeration that has a table of names.
template <class Field, class Parse, class Name>
OptionRow choice(std::string section, std::string key, std::string names, std::vector<std::string> commands,
                 Field field, Parse parse, Name name, std::string help) {
  OptionRow r = row(
      std::move(section), std::move(key), std::move(names), std::move(commands),
      [](Config& c) -> std::string& { return c.data.rgb; }, std::move(help));
  r.set = [field, parse](Config& c, const std::string& text) { field(c) = parse(text); };
  r.get = [field, name](const Config& c) { return std::string(name(field(const_cast<Config&>(c)))); };
  return r;
}

// Equal settings are what makes two frames comparable: a run folder holds frames of one setting only.
inline OptionRow shapes_results(OptionRow r) {
  r.shapes_results = true;
  return r;
}

}  // namespace depthmill::pipeline
