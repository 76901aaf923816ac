// "Did you mean ...": the nearest of the known names to a word that is none of them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace depthmill::io {

// Edits (insert, delete, replace, swap of neighbours: Damerau's optimal string alignment) between two words,
// counted without regard to case, '-' and '_' being the same letter.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the fewest edits from `word` (the first of several), or "" when none is near: more than
// a third of the letters would have to change, at least two being allowed. A candidate that starts with
// `word` counts as near.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

// End of an error sentence: "; did you mean 'alpha'?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

// "a, b, c": the known names for an error sentence.
std::string name_list(std::span<const std::string> names);

}  // namespace depthmill::io
