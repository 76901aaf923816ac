// Files that hold more than one plane: stacks of maps in one array, and arrays by their names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// The planes of this kind in a file that holds more than one, as the names of sources: the maps of a stack
// ("3", "depths:3", ":3" of the only stack among arrays that have names), or with the name "*" every array that could
// be such a plane. Empty for any other file, and for one that cannot be read, which shows when it is. Reads the stack,
// which is kept for read_plane.
std::vector<std::string> planes_inside(const PlaneSource& source, PlaneKind kind);

// Maps of this kind that an array of this shape is a stack of, two or more; else 0. They lie one behind the other,
// N x rows x columns (x channels); `last`: as MATLAB has them, rows x columns (x channels) x N. Dimensions of 1
// between (N x 1 x rows x columns) do not count. Rows of four numbers and fewer are the channels of a picture.
std::size_t maps_in_stack(std::span<const std::size_t> shape, PlaneKind kind, bool last);

// One of them, from 0. kWrongSize when there is none of this number.
Array map_of_stack(const Array& stack, std::size_t number, bool last, std::string_view label);

// While one lives, its thread reads stacks of maps: the limit of pixels is that of one map no longer, a data set
// that is a stack counts as fitting. What a file promises is held against what it has as ever.
class StackScope {
 public:
  StackScope();
  ~StackScope();
  StackScope(const StackScope&) = delete;
  StackScope& operator=(const StackScope&) = delete;
  static bool active();
};

}  // namespace depthmill::io
