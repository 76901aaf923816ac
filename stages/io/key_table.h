// A table of keys: one typed row a key of an INI file, and whatever needs to know about that key follows the row,
// reading, writing, the range of its values, the message about an unknown key, --help. Protocols, model cards,
// network sizes, trainings and the program's options are such tables.
//
//   const std::vector<Key<Fill>>& fill_keys() {
//     static const std::vector<Key<Fill>> table = {
//         word_key("fill", "method", &Fill::method, kFillMethods, "which fill"),
//         key("fill", "alpha", &Fill::alpha, "A", "weight of a reading").above(0),
//         key("fill", "keep-known", &Fill::keep_known, "", "paste the readings back"),
//     };
//     return table;
//   }
//   Fill fill;
//   read_keys(IniFile::read("fill.ini"), fill_keys(), fill);
//   keys_text(fill_keys(), fill);     // "[fill]\nmethod = levin\nalpha = 1\n..."
//   key_problem(fill_keys(), fill);   // "" or "fill.alpha must be above 0"
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "stages/io/enum_words.h"
#include "stages/io/ini.h"

namespace depthmill::io {

// What is known of a key whatever struct its value lies in.
struct KeyFacts {
  std::string section, name;    // [section] name = value
  std::string flag;             // --flag on the command line; the name unless another section has that flag
  std::string value_name;       // what --help calls the value: N, FILE, a|b|c; empty = a switch
  std::string help;             // a sentence: meaning, unit, choices
  bool list = false;            // several values, with commas between them in a file
  bool shapes_results = false;  // frames made with different values must not share a run folder
  bool may_lack = false;        // an empty value is not written
};

// A value of each type as text. Throws std::invalid_argument with a reason that quotes the text: "'1x' is not a
// number". Numbers are finite. Items of a list are trimmed and empty ones left out; an array has all its numbers.
// What is written reads back to the same value; doubles are written as io::format_number does.
void read_value(const std::string& text, bool& value);  // yes no true false on off 1 0
void read_value(const std::string& text, double& value);
void read_value(const std::string& text, std::string& value);
void read_value(const std::string& text, std::filesystem::path& value);
void read_value(const std::string& text, std::vector<std::string>& value);
void read_value(const std::string& text, std::vector<double>& value);
void read_value(const std::string& text, std::vector<std::filesystem::path>& value);
std::string write_value(bool value);
std::string write_value(double value);
std::string write_value(const std::string& value);
std::string write_value(const std::filesystem::path& value);
std::string write_value(const std::vector<std::string>& value);
std::string write_value(const std::vector<double>& value);
std::string write_value(const std::vector<std::filesystem::path>& value);

// A whole number between the two, whatever its type.
long long read_whole(const std::string& text, long long least, long long most);

template <std::integral T>
void read_value(const std::string& text, T& value) {
  constexpr auto most = std::cmp_less(std::numeric_limits<T>::max(), std::numeric_limits<long long>::max())
                            ? static_cast<long long>(std::numeric_limits<T>::max())
                            : std::numeric_limits<long long>::max();
  value = static_cast<T>(read_whole(text, std::numeric_limits<T>::min(), most));
}
template <std::integral T>
std::string write_value(T value) {
  return std::to_string(value);
}

// The numbers of a list of `count`, separated by commas. Throws std::invalid_argument when there are others.
std::vector<double> read_numbers(const std::string& text, std::size_t count);
template <class T, std::size_t count>
void read_value(const std::string& text, std::array<T, count>& value) {
  const std::vector<double> numbers = read_numbers(text, count);
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_integral_v<T>)
      read_value(write_value(numbers[i]), value[i]);
    else
      value[i] = numbers[i];
  }
}
template <class T, std::size_t count>
std::string write_value(const std::array<T, count>& value) {
  std::string text;
  for (const T one : value) text += (text.empty() ? "" : ", ") + write_value(one);
  return text;
}

// Height and width of "480x640", both at least 1. Throws std::invalid_argument.
std::pair<int, int> read_size(const std::string& text);
std::string write_size(int height, int width);

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

// A key whose value lies in an S.
template <class S>
struct Key : KeyFacts {
  // Throws std::invalid_argument with the reason alone. `file`: where the text stands, empty on a command line.
  std::function<void(S&, const std::string& text, const std::filesystem::path& file)> read;
  std::function<std::string(const S&)> write;
  std::function<std::string(const S&)> check;            // "" or what the value must be: "must be above 0"
  std::function<std::vector<double>(const S&)> numbers;  // of a key that holds numbers, for the checks below

  // The value must do this; `sentence` goes on after the key's name: "must be above 0".
  Key must(std::function<bool(const S&)> holds, std::string sentence) && {
    check = [holds = std::move(holds), sentence = std::move(sentence)](const S& s) {
      return holds(s) ? std::string() : sentence;
    };
    return std::move(*this);
  }
  // Every number of the value is above, at least, within. All refuse NaN and infinity.
  Key above(double bound) && {
    return std::move(*this).all([bound](double v) { return v > bound; },
                                "must be above " + write_value(bound));
  }
  Key at_least(double bound) && {
    return std::move(*this).all([bound](double v) { return v >= bound; },
                                "must be at least " + write_value(bound));
  }
  Key within(double least, double most) && {
    return std::move(*this).all([=](double v) { return v >= least && v <= most; },
                                "must lie in [" + write_value(least) + ", " + write_value(most) + "]");
  }
  Key between(double low, double high) && {
    return std::move(*this).all([=](double v) { return v > low && v < high; },
                                "must lie in (" + write_value(low) + ", " + write_value(high) + ")");
  }
  Key from_below(double least, double bound) && {
    return std::move(*this).all([=](double v) { return v >= least && v < bound; },
                                "must lie in [" + write_value(least) + ", " + write_value(bound) + ")");
  }
  Key all(std::function<bool(double)> holds, const std::string& sentence) && {
    return std::move(*this).must(
        [holds = std::move(holds), numbers = numbers](const S& s) {
          for (const double v : numbers(s))
            if (!(v - v == 0) || !holds(v)) return false;  // v - v is 0 for finite numbers alone
          return true;
        },
        sentence);
  }

  Key called(std::string other_flag) && {
    flag = std::move(other_flag);
    return std::move(*this);
  }
  Key shaping() && {
    shapes_results = true;
    return std::move(*this);
  }
  Key lacking() && {
    may_lack = true;
    return std::move(*this);
  }

  // Reads, and checks what was read. Throws std::invalid_argument with the reason alone.
  void set(S& s, const std::string& text, const std::filesystem::path& file = {}) const {
    read(s, text, file);
    if (const std::string reason = check ? check(s) : ""; !reason.empty())
      throw std::invalid_argument(reason + ", not '" + text + "'");
  }
};

// A key read and written by functions of its own: read(S&, const std::string&), write(const S&).
template <class S, class Read, class Write>
Key<S> own_key(std::string section, std::string name, Read read, Write write, std::string value_name = "",
               std::string help = "") {
  Key<S> k;
  k.section = std::move(section);
  k.name = k.flag = std::move(name);
  k.value_name = std::move(value_name);
  k.help = std::move(help);
  k.read = [read](S& s, const std::string& text, const std::filesystem::path&) { read(s, text); };
  k.write = [write](const S& s) { return std::string(write(s)); };
  return k;
}

// The numbers of a value, for the checks of their range; values of other types have none.
template <Number T>
std::vector<double> numbers_in(T value) {
  return {static_cast<double>(value)};
}
template <Number T, std::size_t count>
std::vector<double> numbers_in(const std::array<T, count>& values) {
  return {values.begin(), values.end()};
}
inline std::vector<double> numbers_in(const std::vector<double>& values) { return values; }

// A key whose value is a member of S: `&S::alpha`, or a function from an S, const or not, to a reference.
template <class S, class Member>
Key<S> key(std::string section, std::string name, Member member, std::string value_name = "",
           std::string help = "") {
  using T = std::remove_cvref_t<std::invoke_result_t<Member, S&>>;
  Key<S> k = own_key<S>(
      std::move(section), std::move(name),
      [member](S& s, const std::string& text) { read_value(text, std::invoke(member, s)); },
      [member](const S& s) { return write_value(std::invoke(member, s)); }, std::move(value_name),
      std::move(help));
  k.list = std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, std::vector<double>> ||
           std::is_same_v<T, std::vector<std::filesystem::path>>;
  if constexpr (requires(const T& value) { numbers_in(value); })
    k.numbers = [member](const S& s) { return numbers_in(std::invoke(member, s)); };
  return k;
}

// A key whose value is one word of an enumeration.
template <class S, class Member, class Enum, std::size_t count>
Key<S> word_key(std::string section, std::string name, Member member, const EnumWords<Enum, count>& words,
                std::string help = "") {
  return own_key<S>(
      std::move(section), std::move(name),
      [member, words](S& s, const std::string& text) { std::invoke(member, s) = words.parse(text); },
      [member, words](const S& s) { return words.word(std::invoke(member, s)); }, words.choices(),
      std::move(help));
}

// A key whose value is several words of an enumeration.
template <class S, class Enum, std::size_t count>
Key<S> words_key(std::string section, std::string name, std::vector<Enum> S::*member,
                 const EnumWords<Enum, count>& words, std::string value_name, std::string help) {
  Key<S> k = own_key<S>(
      std::move(section), std::move(name),
      [member, words](S& s, const std::string& text) {
        std::vector<std::string> items;
        read_value(text, items);
        (s.*member).clear();
        for (const std::string& item : items) (s.*member).push_back(words.parse(item));
      },
      [member, words](const S& s) {
        std::string text;
        for (const Enum one : s.*member) text.append(text.empty() ? "" : ",").append(words.word(one));
        return text;
      },
      std::move(value_name), std::move(help));
  k.list = true;
  return k;
}

// A key whose value is a file or folder: what is relative is so to the file that names it. Written absolute.
template <class S, class Member>
Key<S> path_key(std::string section, std::string name, Member member, std::string help = "") {
  Key<S> k = key<S>(std::move(section), std::move(name), member, "PATH", std::move(help));
  k.read = [member](S& s, const std::string& text, const std::filesystem::path& file) {
    std::filesystem::path& value = std::invoke(member, s);
    value = text;
    if (!value.empty() && value.is_relative() && !file.empty()) value = file.parent_path() / value;
  };
  k.write = [member](const S& s) {
    const std::filesystem::path& value = std::invoke(member, s);
    return value.empty() ? std::string() : std::filesystem::absolute(value).string();
  };
  return k;
}

// The keys of a part of T as keys of T; `part` finds the part in a T.
template <class T, class S, class Part>
std::vector<Key<T>> keys_of_part(const std::vector<Key<S>>& keys, Part part) {
  std::vector<Key<T>> out;
  for (const Key<S>& k : keys) {
    Key<T>& one = out.emplace_back();
    static_cast<KeyFacts&>(one) = k;
    one.read = [read = k.read, part](T& t, const std::string& text, const std::filesystem::path& file) {
      read(std::invoke(part, t), text, file);
    };
    one.write = [write = k.write, part](const T& t) { return write(std::invoke(part, t)); };
    if (k.check) one.check = [check = k.check, part](const T& t) { return check(std::invoke(part, t)); };
    if (k.numbers)
      one.numbers = [numbers = k.numbers, part](const T& t) { return numbers(std::invoke(part, t)); };
  }
  return out;
}

// Throws TextFileError for the first section or key of the file that is not among `keys`, naming file, line and the
// nearest known name.
void check_known(const IniFile& ini, const std::vector<const KeyFacts*>& keys);

// "gt.kind = raw" and so on as an INI file, each section under its name, `between` before all sections but the
// first. With `comments` each key stands below its help.
std::string ini_text(const std::vector<std::pair<const KeyFacts*, std::string>>& values,
                     std::string_view between = "\n", bool comments = false);

// Sets what the file says, in the order of the table, and leaves the rest. Throws TextFileError naming file, line
// and key: unknown names (see check_known), a value that is malformed or out of its range.
template <class Keys, class S>
void read_keys(const IniFile& ini, const Keys& keys, S& s) {
  std::vector<const KeyFacts*> known;
  for (const auto& k : keys) known.push_back(&k);
  check_known(ini, known);
  for (const auto& k : keys) {
    const IniEntry* entry = ini.find(k.section, k.name);
    if (!entry) continue;
    try {
      k.set(s, entry->value, ini.file());
    } catch (const std::invalid_argument& e) {
      throw ini.error(*entry, e.what());
    }
  }
}

// Text that read_keys reads back to the same values.
template <class Keys, class S>
std::string keys_text(const Keys& keys, const S& s, std::string_view between = "\n") {
  std::vector<std::pair<const KeyFacts*, std::string>> values;
  for (const auto& k : keys)
    if (std::string value = k.write(s); !value.empty() || !k.may_lack)
      values.emplace_back(&k, std::move(value));
  return ini_text(values, between);
}

// "" or a sentence about the first value that is out of its range: "fill.alpha must be above 0".
template <class Keys, class S>
std::string key_problem(const Keys& keys, const S& s) {
  for (const auto& k : keys)
    if (const std::string reason = k.check ? k.check(s) : ""; !reason.empty())
      return k.section + "." + k.name + " " + reason;
  return "";
}

}  // namespace depthmill::io
