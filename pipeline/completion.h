// What a shell offers for the word that is being typed: made of the table of options, at the moment of typing.
#pragma once

#include <string>
#include <vector>

namespace depthmill::pipeline {

// `words`: what stands behind `depthmill` up to the cursor, the last being the one that is typed (maybe ""). Candidates
// begin with that word, sorted: commands, flags, or values where a flag takes one of a known set, after the last comma
// of a list. None: a name of a file may stand here, or nothing is known.
std::vector<std::string> complete(const std::vector<std::string>& words);

// The script that bash reads: it asks the program.
std::string bash_completion();

}  // namespace depthmill::pipeline
