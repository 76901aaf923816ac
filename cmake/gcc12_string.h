// Read before every file by GCC 12, which at -O3 sees overlapping copies in std::string code that it has inlined itself
// (GCC bug 105651: `"text" + std::move(string)`). The warning stays on for every other copy.
#pragma once
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wrestrict"
#include <string>
#pragma GCC diagnostic pop
