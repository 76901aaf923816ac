// Nested dissection of a set of pixels (George 1973): in which order to eliminate them so that a sparse LU of
// an 8-neighbour matrix on them stays small, and which dense blocks ("fronts") that elimination runs through.
// The pixels lie on a grid, so the separators are read off the geometry: a set is cut by the row or column of
// fewest members near its middle, its two sides are cut likewise, down to small leaves. Not installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "image.h"
#include "kernels.h"

namespace depthmill::colorization {

// Eliminates the pixels at positions [begin, end) of the order, which touch later only those on its boundary:
// boundary_count positions in `stretches` ascending stretches with gaps between them. There are three of these on
// average, as what a front touches are parts of lines. Fronts are listed in the order of their elimination.
struct Front {
  int begin, end;
  int boundary_begin, stretches, boundary_count;
  int children;  // how many of the preceding, not yet consumed fronts hand their remainder to this one

  int pivots() const { return end - begin; }
};

class Dissection {
 public:
  struct Run {
    int row, begin, end;
  };
  // member: rows x cols, row-major, 1 = in the set. Results stay valid until the next call.
  void analyse(Index rows, Index cols, const std::uint8_t* member);

  const std::vector<Front>& fronts() const { return fronts_; }
  const Stretch* boundary(const Front& f) const { return boundary_.data() + f.boundary_begin; }
  int size() const { return size_; }
  const std::vector<Run>& runs() const { return runs_; }  // the set, row by row
  // Position -> pixel (row * cols + col), and its index into positions() (row * stride() + col).
  const int* pixels() const { return pixels_.data(); }
  const int* cells() const { return cells_.data(); }
  // Position of pixel (row, col), -1 when it is not in the set; also valid one step outside the image.
  const int* positions() const { return positions_.data() + stride_ + 1; }  // index row * stride() + col
  Index stride() const { return stride_; }
  Index rows() const { return rows_; }
  double multiplications() const { return multiplications_; }  // of the LU, for choosing between ways

 private:
  struct Line {
    bool row;
    int at, before, on;
    double cost;
  };
  void collect_runs(Index rows, Index cols, const std::uint8_t* member);
  void split(std::size_t first, std::size_t last, int pixels, int position);
  Line best_line(const Run* runs, std::size_t count, int pixels);
  void number(const Run& run, int& position);
  void close_front(int begin, int end, std::size_t mark);
  void find_boundaries();

  std::vector<Run> runs_;
  std::vector<Front> fronts_;
  std::vector<Stretch> boundary_, touched_, merged_;
  std::vector<int> histogram_, open_, touched_pixels_;
  Buffer<int> pixels_, cells_, positions_, stamp_;
  Index rows_ = 0, cols_ = 0, stride_ = 0;
  int size_ = 0;
  std::size_t pending_ = 0;
  double multiplications_ = 0;
};

}  // namespace depthmill::colorization
