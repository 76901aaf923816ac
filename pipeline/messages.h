// What the program says. Everything that goes to the terminal passes here, so that bytes of a file or a name cannot
// make it clear the screen or write two lines for one.
#pragma once

#include <string>

namespace depthmill::pipeline {

// A line on stderr, as one printable line.
void print_line(const std::string& line);
// The same as "depthmill: SENTENCE": what went wrong.
void print_error(const std::string& sentence);

// Hands on what was printed on stdout. False, with a sentence on stderr, when some of it was lost (a full disk).
bool flush_stdout();

}  // namespace depthmill::pipeline
