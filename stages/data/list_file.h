// Lists of frames: what their lines name, for the layouts that read them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "stages/data/layout.h"

namespace depthmill::data {

// Does the name say that the file is a list (.txt, .csv, .tsv, .lst, in any case)?
bool is_list_name(const std::filesystem::path& file);

// One line: the paths that it names, as they stand there but for '\' where no such file is there. Numbers
// that are no files (times, focal lengths) are left out.
struct ListedFrame {
  std::size_t line = 0;
  std::vector<std::string> paths;  // one at least
  bool timed = false;              // a number came before the first path
};

// Throws std::runtime_error naming file and line.
std::vector<ListedFrame> read_list(const std::filesystem::path& list);

// The frames that the lines of request.where name, in their order, each once; files are read as `layout` has them, of a
// general layout's as the layout that they are known by has them (known_by_path).
Listing list_lines(const PlaneRequest& request, const Layout& layout);

// Is it a list of "time path time path", of colour and depth, as TUM's associations are?
bool names_times_and_pairs(const std::filesystem::path& list);

// The file that a word of the list means: as it stands when absolute and there, else below the list's folder.
std::filesystem::path resolve_listed(const std::filesystem::path& list, const std::string& word);

// Colour and depth of a line, told apart by what folders and names say, else by their order; empty = not
// there, or "None".
struct ListedPair {
  std::string first, second;  // first: colour, or a prediction; second: depth
};
ListedPair pair_of(const ListedFrame& listed);

}  // namespace depthmill::data
