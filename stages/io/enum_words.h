// The words of an enumeration: the one place where they are spelled, listed and read.
//
//   enum class FillMethod { kLevin, kCrossBilateral, kNone };
//   inline constexpr auto kFillMethods = io::enum_words<FillMethod>("levin", "cross-bilateral", "none");
//   kFillMethods.parse("levin");  kFillMethods.word(FillMethod::kNone);
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/suggest.h"

namespace depthmill::io {

// `Enum` counts from 0 without gaps (bool is one: no, yes); words stand in the order of its values.
template <class Enum, std::size_t count>
struct EnumWords {
  std::string_view words[count];

  constexpr std::string_view word(Enum value) const { return words[static_cast<std::size_t>(value)]; }

  // Throws std::invalid_argument: "'levni' is none of levin, cross-bilateral, none; did you mean 'levin'?"
  Enum parse(std::string_view text) const {
    for (std::size_t i = 0; i < count; ++i)
      if (words[i] == text) return static_cast<Enum>(i);
    const std::vector<std::string> known(words, words + count);
    throw std::invalid_argument("'" + std::string(text) + "' is none of " + name_list(known) +
                                did_you_mean(text, known));
  }

  // "levin|cross-bilateral|none", as --help calls the value.
  std::string choices() const {
    std::string text;
    for (const std::string_view one : words) text.append(text.empty() ? "" : "|").append(one);
    return text;
  }
};

template <class Enum, class... Word>
constexpr EnumWords<Enum, sizeof...(Word)> enum_words(Word... words) {
  return {{std::string_view(words)...}};
}

}  // namespace depthmill::io
