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
  stretches_.reserve(static_cast<std::size_t>(8 * (dissection_->rows() + dissection_->stride())));
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
  for (int i = 0; i < m; ++i) local_[front.begin + i] = i;
  const Stretch* boundary = dissection_->boundary(front);
  for (int k = 0, column = m; k < front.stretches; ++k)
    for (int j = 0; j < boundary[k].count; ++j) local_[boundary[k].at + j] = column++;
  // An image of one pixel has a diagonal but no weights that sum to it.
  const T known = static_cast<T>(alpha),
          lone = dissection_->rows() * (dissection_->stride() - 2) == 1 ? 1 : 0;
  const Index stride = dissection_->stride(), plane = weights.plane;
  const int* places = weights.stride == stride ? dissection_->cells() : dissection_->pixels();
  for (int i = 0; i < m; ++i) {
    const int* at = dissection_->positions() + dissection_->cells()[front.begin + i];
    const T* own = weights.data + places[front.begin + i];
    T *u = to.u + i * to.ldu, *c = to.c + i * to.ldc;
    T free = lone + (missing[dissection_->pixels()[front.begin + i]] ? 0 : known);
    // What is not this front's goes where it does no harm, as a branch would be guessed wrong half of the time: in u
    // to the ground, which is written last, in c past the boundary, or to the first column of the next row, which is a
    // pivot's and not read. So may what there is instead of weights outside the image.
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      const auto [row, col] = kNeighbours[k];
      const int position = at[row * stride + col];
      const int column = position >= front.begin ? local_[std::max(position, 0)] : m + n;
      const T weight = own[k * plane];
      free += position < 0 ? weight : 0;
      u[column] = -weight;
      c[column] = -own[(7 - k) * plane + row * weights.stride + col];
    }
    u[m + n] = -free;
  }
}

template <class T>
void Multifrontal<T>::add_child(int child, const Front& front, const FrontView<T>& to) {
  const Front& from = dissection_->fronts()[child];
  const std::ptrdiff_t lds = panels_[child].lds, ldu = to.ldu, ldc = to.ldc;
  const int m = to.m;
  // Where the child's columns go: its stretches, cut where pivots end. What goes side by side is one stretch here.
  stretches_.clear();
  int column = 0;
  std::size_t first_of_boundary = 0;
  auto send = [&](int place, int count) {
    if (!stretches_.empty() && stretches_.size() > first_of_boundary &&
        stretches_.back().to + stretches_.back().count == place)
      stretches_.back().count += count;
    else
      stretches_.push_back({column, place, count});
    column += count;
  };
  const Stretch* boundary = dissection_->boundary(from);
  for (int k = 0; k < from.stretches; ++k) {
    const auto [at, count] = boundary[k];
    const int own = std::clamp(front.end - at, 0, count);
    if (own > 0) {
      send(at - front.begin, own);
      first_of_boundary = stretches_.size();
    }
    if (own < count) send(local_[at + own], count - own);
  }
  send(m + to.n, 1);  // ground
  const auto add = front_kernels().add_stretches;
  const AddStretch* all = stretches_.data();
  const auto of_pivots = static_cast<int>(first_of_boundary), of_all = static_cast<int>(stretches_.size());
  const T* s = stacks_[panels_[child].stack].data() + panels_[child].rest;
  for (int k = 0; k < of_pivots; ++k)
    for (int i = 0; i < all[k].count; ++i, s += lds) add(to.u + (all[k].to + i) * ldu, s, all, of_all);
  for (int k = of_pivots; k < of_all; ++k)
    for (int i = 0; i < all[k].count && all[k].from + i < from.boundary_count; ++i, s += lds) {
      const int row = all[k].to + i;
      for (int p = 0; p < of_pivots; ++p)
        for (int j = 0; j < all[p].count; ++j) to.c[(all[p].to + j) * ldc + row] += s[all[p].from + j];
      add(to.s + (row - m) * to.lds - m, s, all + of_pivots, of_all - of_pivots);
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
  front_kernels().forward(view(front, panels_[f]), v, v + front.begin, dissection_->boundary(front),
                          front.stretches, local_vector_.data());
}

template <class T>
void Multifrontal<T>::backward(T* v, int f) {
  const Front& front = dissection_->fronts()[f];
  front_kernels().backward(view(front, panels_[f]), v, v + front.begin, dissection_->boundary(front),
                           front.stretches, local_vector_.data());
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
