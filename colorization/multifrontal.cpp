#include "multifrontal.h"

#include <algorithm>
#include <cstring>

namespace depthmill::colorization {
namespace {

constexpr int whole_vectors(int count) { return (count + 7) / 8 * 8; }
constexpr int kSpare = 16;  // whole vectors may be read past the end of the last row

}  // namespace

template <class T>
FrontView<T> Multifrontal<T>::view(const Front& front, const Panel& panel) {
  const int m = front.pivots();
  T* u = upper_.data() + panel.upper;
  T* c = lower_.data() + panel.lower;
  return {m,
          front.boundary_count,
          u,
          panel.ldu,
          c,
          panel.ldc,
          nullptr,
          0,
          u + static_cast<std::size_t>(m) * panel.ldu};
}

// Where everything goes, and how much there is of it.
template <class T>
void Multifrontal<T>::plan() {
  const auto fronts = dissection_->fronts().capacity();
  panels_.reserve(fronts);
  open_.reserve(fronts);
  panels_.clear();
  open_.clear();
  widest_ = 0;
  std::size_t top = 0, upper = 0, lower = 0, stack = 0;
  for (std::size_t f = 0; f < dissection_->fronts().size(); ++f) {
    const Front& front = dissection_->fronts()[f];
    const int m = front.pivots(), n = front.boundary_count;
    const Panel panel{upper, lower, whole_vectors(m + n + 1), whole_vectors(m + n)};
    panels_.push_back(panel);
    upper += static_cast<std::size_t>(m) * panel.ldu + whole_vectors(m);
    lower += static_cast<std::size_t>(m) * panel.ldc;
    widest_ = std::max(widest_, m + n);
    const int lds = whole_vectors(n + 1);
    const std::size_t size = static_cast<std::size_t>(n) * lds;
    stack = std::max(stack, top + size);
    const std::size_t first = open_.size() - front.children;
    if (front.children > 0) top = open_[first].at;
    open_.resize(first);
    open_.push_back({static_cast<int>(f), top, lds});
    top += size;
  }
  open_.clear();
  // Frames with somewhat larger holes come; what is not used stays address space.
  if (upper + kSpare > upper_.capacity()) upper_.reserve(2 * upper + kSpare);
  if (lower + kSpare > lower_.capacity()) lower_.reserve(2 * lower + kSpare);
  if (stack + kSpare > stack_.capacity()) stack_.reserve(2 * stack + kSpare);
  local_vector_.reserve(
      std::max(static_cast<std::size_t>(widest_),
               static_cast<std::size_t>(8 * (dissection_->rows() + dissection_->stride()))) +
      4 * kSpare);
  local_.resize(
      std::max(local_.size(), static_cast<std::size_t>(dissection_->rows() * dissection_->stride())));
  columns_.reserve(static_cast<std::size_t>(8 * (dissection_->rows() + dissection_->stride())));
  columns_.resize(std::max(columns_.size(), static_cast<std::size_t>(widest_) + 1));
}

template <class T>
bool Multifrontal<T>::factor(const Dissection& dissection, const double* weights, const double* diagonal) {
  dissection_ = &dissection;
  weakness_ = 0;
  plan();
  const auto& eliminate = [] {
    if constexpr (sizeof(T) == sizeof(float))
      return kernels().single.eliminate;
    else
      return kernels().twice.eliminate;
  }();
  std::size_t top = 0;
  for (std::size_t f = 0; f < panels_.size(); ++f) {
    const Front& front = dissection.fronts()[f];
    FrontView<T> to = view(front, panels_[f]);
    to.lds = whole_vectors(to.n + 1);
    to.s = stack_.data() + top;
    const std::size_t size = static_cast<std::size_t>(to.n) * to.lds;
    std::memset(to.s, 0, size * sizeof(T));
    assemble(front, to, weights, diagonal);
    const std::size_t first = open_.size() - front.children;
    for (std::size_t c = first; c < open_.size(); ++c) add_child(open_[c], front, to);
    if (!eliminate(to)) return false;
    for (int i = 0; i < to.m; ++i) weakness_ = std::max(weakness_, static_cast<double>(to.inverse[i]));
    if (front.children > 0) {
      std::memmove(stack_.data() + open_[first].at, to.s, size * sizeof(T));
      top = open_[first].at;
      open_.resize(first);
    }
    open_.push_back({static_cast<int>(f), top, static_cast<int>(to.lds)});
    top += size;
  }
  return true;
}

// The entries of A between the front's own pixels and all that are not eliminated before it.
template <class T>
void Multifrontal<T>::assemble(const Front& front, const FrontView<T>& to, const double* weights,
                               const double* diagonal) {
  const int m = to.m, n = to.n;
  std::memset(to.u, 0, sizeof(T) * static_cast<std::size_t>(m) * to.ldu);
  std::memset(to.c, 0, sizeof(T) * static_cast<std::size_t>(m) * to.ldc);
  const int* boundary = dissection_->boundary(front);
  for (int j = 0; j < n; ++j) local_[boundary[j]] = m + j;
  const int* positions = dissection_->positions();
  const Index stride = dissection_->stride(), cols = stride - 2;
  const Index rows = dissection_->rows(), plane = rows * cols;
  for (int i = 0; i < m; ++i) {
    const int pixel = dissection_->pixels()[front.begin + i];
    const int* at = positions + pixel / cols * stride + pixel % cols;
    T* u = to.u + i * to.ldu;
    // Weights sum to 1, except those of an image of one pixel, which has none.
    double free = diagonal[pixel] - (plane > 1 ? 1 : 0);
    for (int k = 0; k < 8; ++k) {
      const double weight = weights[k * plane + pixel];
      const int position = at[kNeighbours[k].row * stride + kNeighbours[k].col];
      if (position < 0)
        free += weight;
      else if (position >= front.end) {
        const int j = local_[position];
        u[j] = static_cast<T>(-weight);
        const Index neighbour = pixel + kNeighbours[k].row * cols + kNeighbours[k].col;
        to.c[i * to.ldc + j] = static_cast<T>(-weights[(7 - k) * plane + neighbour]);
      } else if (position >= front.begin)
        u[position - front.begin] = static_cast<T>(-weight);
    }
    u[m + n] = static_cast<T>(-free);
  }
}

template <class T>
void Multifrontal<T>::add_child(const Remainder& child, const Front& front, const FrontView<T>& to) {
  const Front& from = dissection_->fronts()[child.front];
  const int* boundary = dissection_->boundary(from);
  const int count = from.boundary_count, m = to.m;
  int pivots = 0;  // the child's first columns that are pivots here
  for (int j = 0; j < count; ++j) {
    const bool pivot = boundary[j] < front.end;
    columns_[j] = pivot ? boundary[j] - front.begin : local_[boundary[j]];
    pivots += pivot;
  }
  columns_[count] = m + to.n;  // ground
  const T* s = stack_.data() + child.at;
  for (int i = 0; i < count; ++i, s += child.lds) {
    const int row = columns_[i];
    T* out;
    int j = 0;
    if (i < pivots)
      out = to.u + row * to.ldu;
    else {
      for (; j < pivots; ++j) to.c[columns_[j] * to.ldc + row] += s[j];
      out = to.s + (row - m) * to.lds - m;
    }
    for (; j <= count; ++j) out[columns_[j]] += s[j];
  }
}

// Fronts are small and lie in an order the processor does not guess: asked for some time ahead.
void fetch(const void* begin, std::size_t bytes) {
  const char* p = static_cast<const char*>(begin);
  for (std::size_t k = 0; k < bytes && k < 8192; k += 64) __builtin_prefetch(p + k);
}
constexpr int kAhead = 3;

template <class T>
void Multifrontal<T>::solve(double* v) {
  const auto& k = []() -> const FrontKernels<T>& {
    if constexpr (sizeof(T) == sizeof(float))
      return kernels().single;
    else
      return kernels().twice;
  }();
  double* y = local_vector_.data();
  const int fronts = static_cast<int>(panels_.size());
  for (int f = 0; f < fronts; ++f) {
    const Front& front = dissection_->fronts()[f];
    const int* boundary = dissection_->boundary(front);
    const int m = front.pivots(), n = front.boundary_count;
    if (f + kAhead < fronts) {
      const Panel& next = panels_[f + kAhead];
      fetch(lower_.data() + next.lower, sizeof(T) * next.ldc * dissection_->fronts()[f + kAhead].pivots());
    }
    std::copy_n(v + front.begin, m, y);
    for (int j = 0; j < n; ++j) y[m + j] = v[boundary[j]];
    k.forward(view(front, panels_[f]), y);
    std::copy_n(y, m, v + front.begin);
    for (int j = 0; j < n; ++j) v[boundary[j]] = y[m + j];
  }
  for (int f = fronts - 1; f >= 0; --f) {
    const Front& front = dissection_->fronts()[f];
    const int* boundary = dissection_->boundary(front);
    const int m = front.pivots(), n = front.boundary_count;
    if (f >= kAhead) {
      const Panel& next = panels_[f - kAhead];
      fetch(upper_.data() + next.upper,
            sizeof(T) * (next.ldu + 1) * dissection_->fronts()[f - kAhead].pivots());
    }
    std::copy_n(v + front.begin, m, y);
    for (int j = 0; j < n; ++j) y[m + j] = v[boundary[j]];
    std::fill_n(y + m + n, kSpare, 0.0);
    k.backward(view(front, panels_[f]), y);
    std::copy_n(y, m, v + front.begin);
  }
}

template class Multifrontal<float>;
template class Multifrontal<double>;

}  // namespace depthmill::colorization
