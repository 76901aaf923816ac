#include "dissection.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace depthmill::colorization {
namespace {

// Sets of this size are eliminated in one dense block; smaller ones pay more for bookkeeping, larger ones for
// multiplications with zeros. Measured.
constexpr int kLeaf = 16;

// Both lists ascend; what touches or overlaps becomes one stretch.
void unite(std::span<const Stretch> a, std::span<const Stretch> b, std::vector<Stretch>& united) {
  united.clear();
  while (!a.empty() || !b.empty()) {
    auto& first = b.empty() || (!a.empty() && a.front().at <= b.front().at) ? a : b;
    const Stretch next = first.front();
    first = first.subspan(1);
    if (united.empty() || united.back().at + united.back().count < next.at)
      united.push_back(next);
    else
      united.back().count = std::max(united.back().count, next.at + next.count - united.back().at);
  }
}

}  // namespace

void Dissection::analyse(Index rows, Index cols, const std::uint8_t* member) {
  rows_ = rows;
  cols_ = cols;
  stride_ = cols + 2;
  const std::size_t padded = static_cast<std::size_t>((rows + 2) * stride_);
  positions_.reserve(padded);
  stamp_.reserve(padded);
  pixels_.reserve(static_cast<std::size_t>(rows * cols));
  cells_.reserve(static_cast<std::size_t>(rows * cols));
  std::fill_n(positions_.data(), padded, -1);
  histogram_.resize(static_cast<std::size_t>(std::max(rows, cols)) + 2);
  // Room for any set on this grid (address space only, until it is used).
  const auto pixels = static_cast<std::size_t>(rows * cols);
  reserve_on_large_pages(fronts_, pixels / 2 + 1);
  reserve_on_large_pages(runs_, pixels + 1);
  reserve_on_large_pages(boundary_, 8 * pixels);
  const auto most = static_cast<std::size_t>(8 * (rows + cols));  // on a boundary
  for (auto* list : {&touched_pixels_, &open_}) list->reserve(most);
  for (auto* list : {&touched_, &merged_}) list->reserve(most);
  fronts_.clear();
  boundary_.clear();
  pending_ = 0;
  collect_runs(rows, cols, member);
  if (size_ > 0) split(0, runs_.size(), size_, 0);
  find_boundaries();
}

void Dissection::collect_runs(Index rows, Index cols, const std::uint8_t* member) {
  runs_.clear();
  size_ = 0;
  for (Index i = 0; i < rows; ++i) {
    const std::uint8_t* row = member + i * cols;
    for (Index j = 0; j < cols;) {
      while (j < cols && !row[j]) ++j;
      const Index begin = j;
      while (j < cols && row[j]) ++j;
      if (j > begin) runs_.push_back({static_cast<int>(i), static_cast<int>(begin), static_cast<int>(j)});
      size_ += static_cast<int>(j - begin);
    }
  }
}

void Dissection::number(const Run& run, int& position) {
  int* out = positions_.data() + (run.row + 1) * stride_ + 1;
  for (int j = run.begin; j < run.end; ++j, ++position) {
    out[j] = position;
    pixels_[position] = static_cast<int>(run.row * cols_) + j;
    cells_[position] = static_cast<int>(run.row * stride_) + j;
  }
}

void Dissection::close_front(int begin, int end, std::size_t mark) {
  fronts_.push_back({begin, end, 0, 0, 0, static_cast<int>(pending_ - mark)});
  pending_ = mark + 1;
}

// The cheapest cut: few pixels on the line (their block is dense), halves of like size.
Dissection::Line Dissection::best_line(const Run* runs, std::size_t count, int pixels) {
  Line best{true, 0, 0, 0, INFINITY};
  auto consider = [&](bool row, int at, int before, int on) {
    const double lean = std::abs(pixels - on - 2.0 * before) / pixels;
    const double cost = on * (1 + 2 * lean * lean) + 0.01 * lean + 4 * std::max(0.0, lean - 0.7);
    if (cost < best.cost) best = {row, at, before, on, cost};
  };
  int left = runs[0].begin, right = runs[0].end;
  int before_row = 0;
  for (std::size_t k = 0; k < count;) {
    int on = 0;
    const int row = runs[k].row;
    for (; k < count && runs[k].row == row; ++k) {
      on += runs[k].end - runs[k].begin;
      left = std::min(left, runs[k].begin);
      right = std::max(right, runs[k].end);
    }
    consider(true, row, before_row, on);
    before_row += on;
    if (k < count && runs[k].row > row + 1) consider(true, row + 1, before_row, 0);
  }
  std::fill_n(histogram_.begin(), right - left + 1, 0);
  for (std::size_t k = 0; k < count; ++k) {
    ++histogram_[runs[k].begin - left];
    --histogram_[runs[k].end - left];
  }
  for (int j = left, on = 0, before = 0; j < right; ++j) {
    on += histogram_[j - left];
    consider(false, j, before, on);
    before += on;
  }
  return best;
}

// The set's runs lie at runs_[first .. last). The list grows while it is cut, so it is read by index.
void Dissection::split(std::size_t first, std::size_t last, int pixels, int position) {
  const std::size_t mark = pending_;
  if (pixels <= kLeaf) {
    int next = position;
    for (std::size_t k = first; k < last; ++k) number(runs_[k], next);
    close_front(position, next, mark);
    return;
  }
  const Line line = best_line(runs_.data() + first, last - first, pixels);
  const int after = pixels - line.before - line.on;
  const int separator = position + line.before + after;
  int next = separator;
  if (line.row) {
    std::size_t k = first;
    while (k < last && runs_[k].row < line.at) ++k;
    const std::size_t lefts_end = k;
    for (; k < last && runs_[k].row == line.at; ++k) number(runs_[k], next);
    if (line.before > 0) split(first, lefts_end, line.before, position);
    if (after > 0) split(k, last, after, position + line.before);
  } else {
    const std::size_t base = runs_.size();
    for (std::size_t k = first; k < last; ++k) {
      const Run run = runs_[k];
      if (run.begin < line.at) runs_.push_back({run.row, run.begin, std::min(run.end, line.at)});
    }
    const std::size_t middle = runs_.size();
    for (std::size_t k = first; k < last; ++k) {
      const Run run = runs_[k];
      if (run.begin <= line.at && run.end > line.at) number({run.row, line.at, line.at + 1}, next);
      if (run.end > line.at + 1) runs_.push_back({run.row, std::max(run.begin, line.at + 1), run.end});
    }
    const std::size_t top = runs_.size();
    if (line.before > 0) split(base, middle, line.before, position);
    if (after > 0) split(middle, top, after, position + line.before);
    runs_.resize(base);
  }
  if (line.on > 0) close_front(separator, next, mark);
}

void Dissection::find_boundaries() {
  std::fill_n(stamp_.data(), size_, -1);
  const int* positions = this->positions();
  multiplications_ = 0;
  open_.clear();
  for (int f = 0; f < static_cast<int>(fronts_.size()); ++f) {
    Front& front = fronts_[f];
    touched_pixels_.clear();
    auto touch = [&](int position) {
      if (position < front.end || stamp_[position] == f) return;
      stamp_[position] = f;
      touched_pixels_.push_back(position);
    };
    for (int p = front.begin; p < front.end; ++p) {
      const int* at = positions + cells_[p];
      for (Index row : {-stride_, Index{0}, stride_})
        for (Index col = -1; col <= 1; ++col) touch(at[row + col]);
    }
    std::sort(touched_pixels_.begin(), touched_pixels_.end());
    touched_.clear();
    for (const int position : touched_pixels_)
      if (touched_.empty() || touched_.back().at + touched_.back().count != position)
        touched_.push_back({position, 1});
      else
        ++touched_.back().count;
    const std::size_t first_child = open_.size() - front.children;
    for (std::size_t c = first_child; c < open_.size(); ++c) {
      const Front& child = fronts_[open_[c]];
      std::span<Stretch> handed(boundary_.data() + child.boundary_begin,
                                static_cast<std::size_t>(child.stretches));
      while (!handed.empty() && handed.front().at + handed.front().count <= front.end)
        handed = handed.subspan(1);
      if (handed.empty()) continue;
      // What of the first stretch are pivots here is left out while the lists are united.
      const Stretch whole = handed.front();
      const int pivots = std::max(front.end - whole.at, 0);
      handed.front() = {whole.at + pivots, whole.count - pivots};
      unite(touched_, handed, merged_);
      handed.front() = whole;
      touched_.swap(merged_);
    }
    open_.resize(first_child);
    open_.push_back(f);
    front.boundary_begin = static_cast<int>(boundary_.size());
    front.stretches = static_cast<int>(touched_.size());
    for (const Stretch& stretch : touched_) front.boundary_count += stretch.count;
    boundary_.insert(boundary_.end(), touched_.begin(), touched_.end());
    const double m = front.pivots(), n = front.boundary_count;
    multiplications_ += m * n * n + m * m * n + m * m * m / 3;
  }
}

}  // namespace depthmill::colorization
