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
          u + static_cast<std::size_t>(m) * panel.ldu,
          front.children == 0};
}

// Which stack a front leaves its rest on: the other than those that it takes from.
template <class T>
void Multifrontal<T>::find_stacks() {
  open_
      .clear();  // of fronts, the last first, whose children are still to come: twice their number, and the stack
  for (auto f = static_cast<int>(panels_.size()) - 1; f >= 0; --f) {
    while (!open_.empty() && open_.back() < 2) open_.pop_back();
    int stack = 0;
    if (!open_.empty()) {
      stack = 1 - open_.back() % 2;
      open_.back() -= 2;
    }
    panels_[f].stack = stack;
    open_.push_back(2 * dissection_->fronts()[f].children + stack);
  }
  open_.clear();
}

// Where everything goes, and how much there is of it.
template <class T>
void Multifrontal<T>::plan() {
  const auto fronts = dissection_->fronts().capacity();
  reserve_on_large_pages(panels_, fronts);
  reserve_on_large_pages(open_, fronts);
  panels_.resize(dissection_->fronts().size());
  open_.clear();
  widest_ = 0;
  find_stacks();
  std::size_t upper = 0, lower = 0, top[2] = {}, highest[2] = {};
  for (std::size_t f = 0; f < dissection_->fronts().size(); ++f) {
    const Front& front = dissection_->fronts()[f];
    const int m = front.pivots(), n = front.boundary_count;
    Panel& panel = panels_[f];
    panel.upper = upper;
    panel.lower = lower;
    panel.ldu = whole_vectors(m + n + 1);
    panel.ldc = whole_vectors(m + n);
    panel.lds = whole_vectors(n + 1);
    panel.rest = top[panel.stack];
    upper += static_cast<std::size_t>(m) * panel.ldu + whole_vectors(m);
    lower += static_cast<std::size_t>(m) * panel.ldc;
    widest_ = std::max(widest_, m + n);
    top[panel.stack] += static_cast<std::size_t>(n) * panel.lds;
    highest[panel.stack] = std::max(highest[panel.stack], top[panel.stack]);
    const std::size_t first = open_.size() - front.children;
    if (front.children > 0) top[1 - panel.stack] = panels_[open_[first]].rest;
    open_.resize(first);
    open_.push_back(static_cast<int>(f));
  }
  open_.clear();
  // Frames with somewhat larger holes come; what is not used stays address space.
  if (upper + kSpare > upper_.capacity()) upper_.reserve(2 * upper + kSpare);
  if (lower + kSpare > lower_.capacity()) lower_.reserve(2 * lower + kSpare);
  for (int k = 0; k < 2; ++k)
    if (highest[k] + kSpare > stacks_[k].capacity()) stacks_[k].reserve(2 * highest[k] + kSpare);
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
bool Multifrontal<T>::factor(const Dissection& dissection, const WeightPlanes<T>& weights,
                             const std::uint8_t* missing, double alpha, std::span<T* const> forward_too) {
  dissection_ = &dissection;
  plan();
  for (std::size_t f = 0; f < panels_.size(); ++f) {
    const Front& front = dissection.fronts()[f];
    FrontView<T> to = view(front, panels_[f]);
    to.lds = panels_[f].lds;
    to.s = stacks_[panels_[f].stack].data() + panels_[f].rest;
    if (!to.leaf) std::memset(to.s, 0, sizeof(T) * static_cast<std::size_t>(to.n) * to.lds);
    assemble(front, to, weights, missing, alpha);
    const std::size_t first = open_.size() - front.children;
    for (std::size_t c = first; c < open_.size(); ++c) add_child(open_[c], front, to);
    if (!front_kernels().eliminate(to)) return false;
    for (T* v : forward_too) forward(v, static_cast<int>(f));
    open_.resize(first);
    open_.push_back(static_cast<int>(f));
  }
  return true;
}

// The entries of A between the front's own pixels and all that are not eliminated before it.
template <class T>
void Multifrontal<T>::assemble(const Front& front, const FrontView<T>& to, const WeightPlanes<T>& weights,
                               const std::uint8_t* missing, double alpha) {
  const int m = to.m, n = to.n;
  std::memset(to.u, 0, sizeof(T) * static_cast<std::size_t>(m) * to.ldu);
  std::memset(to.c, 0, sizeof(T) * static_cast<std::size_t>(m) * to.ldc);
  const int* boundary = dissection_->boundary(front);
  for (int j = 0; j < n; ++j) local_[boundary[j]] = m + j;
  // An image of one pixel has a diagonal but no weights that sum to it.
  const T known = static_cast<T>(alpha),
          lone = dissection_->rows() * (dissection_->stride() - 2) == 1 ? 1 : 0;
  const Index stride = dissection_->stride();
  const int* places = weights.stride == stride ? dissection_->cells() : dissection_->pixels();
  Index offsets[8];          // of a neighbour in positions,
  const T *own[8], *its[8];  // of the weight to it, and of its weight back
  for (int k = 0; k < 8; ++k) {
    offsets[k] = kNeighbours[k].row * stride + kNeighbours[k].col;
    own[k] = weights.data + k * weights.plane;
    its[k] =
        weights.data + (7 - k) * weights.plane + kNeighbours[k].row * weights.stride + kNeighbours[k].col;
  }
  T dump;  // for entries that are not this front's; a branch here would be guessed wrong half of the time
  for (int i = 0; i < m; ++i) {
    const int* at = dissection_->positions() + dissection_->cells()[front.begin + i];
    const int place = places[front.begin + i];
    T *u = to.u + i * to.ldu, *c = to.c + i * to.ldc;
    T free = lone + (missing[dissection_->pixels()[front.begin + i]] ? 0 : known);
    for (int k = 0; k < 8; ++k) {
      const T weight = own[k][place];
      const int position = at[offsets[k]], there = std::max(position, 0);
      const bool later = position >= front.end, pivot = !later && position >= front.begin;
      free += position < 0 ? weight : 0;
      T* upper = pivot ? u + (position - front.begin) : &dump;
      upper = later ? u + local_[there] : upper;
      T* lower = later ? c + local_[there] : &dump;
      *upper = -weight;
      // Outside the image there is nothing to read.
      *lower = later ? -its[k][place] : T{0};
    }
    u[m + n] = -free;
  }
}

template <class T>
void Multifrontal<T>::add_child(int child, const Front& front, const FrontView<T>& to) {
  const Front& from = dissection_->fronts()[child];
  const int lds = panels_[child].lds;
  const int* boundary = dissection_->boundary(from);
  const int count = from.boundary_count, m = to.m;
  // Where the child's columns go. Both lists ascend, and whole stretches stay together.
  int pivots = 0;  // the child's first columns that are pivots here
  for (int j = 0; j < count; ++j) {
    const bool pivot = boundary[j] < front.end;
    columns_[j] = pivot ? boundary[j] - front.begin : local_[boundary[j]];
    pivots += pivot;
  }
  columns_[count] = m + to.n;  // ground
  stretches_.clear();
  int first_of_boundary = 0;
  for (int j = 0; j <= count;) {
    const int start = j++;
    while (j <= count && j != pivots && columns_[j] == columns_[j - 1] + 1) ++j;
    if (start < pivots) ++first_of_boundary;
    stretches_.push_back({start, columns_[start], j - start});
  }
  const auto add = front_kernels().add_stretches;
  const int all = static_cast<int>(stretches_.size());
  const T* s = stacks_[panels_[child].stack].data() + panels_[child].rest;
  for (int i = 0; i < pivots; ++i, s += lds) add(to.u + columns_[i] * to.ldu, s, stretches_.data(), all);
  for (int i = pivots; i < count; ++i, s += lds) {
    for (int j = 0; j < pivots; ++j) to.c[columns_[j] * to.ldc + columns_[i]] += s[j];
    add(to.s + (columns_[i] - m) * to.lds - m, s, stretches_.data() + first_of_boundary,
        all - first_of_boundary);
  }
}

// Fronts are small and lie in an order the processor does not guess: asked for some time ahead.
void fetch(const void* begin, std::size_t bytes) {
  const char* p = static_cast<const char*>(begin);
  for (std::size_t k = 0; k < bytes && k < 8192; k += 64) __builtin_prefetch(p + k);
}
constexpr int kAhead = 3;

template <class T>
const FrontKernels<T>& Multifrontal<T>::front_kernels() {
  if constexpr (sizeof(T) == sizeof(float))
    return kernels().single;
  else
    return kernels().twice;
}

template <class T>
void Multifrontal<T>::forward(T* v, int f) {
  const Front& front = dissection_->fronts()[f];
  const int* boundary = dissection_->boundary(front);
  const int m = front.pivots(), n = front.boundary_count;
  T* y = local_vector_.data();
  std::copy_n(v + front.begin, m, y);
  for (int j = 0; j < n; ++j) y[m + j] = v[boundary[j]];
  front_kernels().forward(view(front, panels_[f]), y);
  std::copy_n(y, m, v + front.begin);
  for (int j = 0; j < n; ++j) v[boundary[j]] = y[m + j];
}

template <class T>
void Multifrontal<T>::backward(T* v, int f) {
  const Front& front = dissection_->fronts()[f];
  const int* boundary = dissection_->boundary(front);
  const int m = front.pivots(), n = front.boundary_count;
  T* y = local_vector_.data();
  std::copy_n(v + front.begin, m, y);
  for (int j = 0; j < n; ++j) y[m + j] = v[boundary[j]];
  std::fill_n(y + m + n, kSpare, T{0});
  front_kernels().backward(view(front, panels_[f]), y);
  std::copy_n(y, m, v + front.begin);
}

template <class T>
template <class Select>
void Multifrontal<T>::forward(T* v, int count, Select front_at) {
  const auto& fronts = dissection_->fronts();
  for (int i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      const int next = front_at(i + kAhead);
      fetch(lower_.data() + panels_[next].lower, sizeof(T) * panels_[next].ldc * fronts[next].pivots());
    }
    forward(v, front_at(i));
  }
}

template <class T>
void Multifrontal<T>::fetch_upper(int f) const {
  fetch(upper_.data() + panels_[f].upper,
        sizeof(T) * (panels_[f].ldu + 1) * dissection_->fronts()[f].pivots());
}

template <class T>
template <class Select>
void Multifrontal<T>::backward(std::span<T* const> vectors, int count, Select front_at) {
  for (int i = count - 1; i >= 0; --i) {
    if (i >= kAhead) fetch_upper(front_at(i - kAhead));
    for (T* v : vectors) backward(v, front_at(i));
  }
}

template <class T>
void Multifrontal<T>::backward(std::span<T* const> vectors) {
  backward(vectors, static_cast<int>(panels_.size()), [](int i) { return i; });
}

template <class T>
void Multifrontal<T>::forward(T* v) {
  forward(v, static_cast<int>(panels_.size()), [](int i) { return i; });
}

template <class T>
void Multifrontal<T>::solve(T* v) {
  forward(v);
  backward({&v, 1});
}

template <class T>
void Multifrontal<T>::backward(std::span<T* const> vectors, const std::vector<int>& fronts) {
  backward(vectors, static_cast<int>(fronts.size()), [&](int i) { return fronts[i]; });
}

template <class T>
void Multifrontal<T>::solve(T* v, const std::vector<int>& fronts) {
  forward(v, static_cast<int>(fronts.size()), [&](int i) { return fronts[i]; });
  backward({&v, 1}, fronts);
}

template <class T>
void Multifrontal<T>::complete(std::span<T* const> vectors, const std::vector<int>& done) {
  std::size_t left = done.size();
  for (int f = static_cast<int>(panels_.size()) - 1; f >= 0; --f) {
    if (left > 0 && done[left - 1] == f) {
      --left;
      continue;
    }
    if (f >= kAhead) fetch_upper(f - kAhead);
    for (T* v : vectors) backward(v, f);
  }
}

template class Multifrontal<float>;
template class Multifrontal<double>;

}  // namespace depthmill::colorization
