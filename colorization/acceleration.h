// Anderson acceleration (Anderson 1965; for linear maps the same as GMRES, Walker and Ni 2011) of a
// fixed-point iteration x <- G(x) whose convergence can be seen in a small part of x. Not installed.
#pragma once

#include <array>
#include <vector>

#include "buffer.h"

namespace depthmill::colorization {

class Acceleration {
 public:
  struct Segment {
    std::size_t begin, count;
  };
  // Room for as many moving and watched numbers.
  void reserve(std::size_t moving, std::size_t watched);
  // For states whose numbers at `moving` change and of which those at `watched` tell the whole: two states
  // that agree there are taken to have the same image under G. Both are kept by reference.
  void begin(const std::vector<Segment>& moving, const std::vector<int>& watched);

  // Around each application of G: `before` sees x, `after` sees G(x) and replaces it by the combination of
  // the latest images whose change at the watched places is least.
  void before(const float* x);
  void after(float* x);

 private:
  static constexpr int kWindow = 4;  // differences kept; more gain nothing here
  float* image(int round) { return images_.data() + static_cast<std::size_t>(round % (kWindow + 1)) * size_; }
  float* change(int round) {
    return changes_.data() + static_cast<std::size_t>(round % (kWindow + 1)) * count_;
  }

  std::size_t size_ = 0, count_ = 0;
  const std::vector<Segment>* moving_ = nullptr;
  const int* watched_ = nullptr;
  int round_ = 0;
  Buffer<float> images_, changes_, basis_, start_;
};

}  // namespace depthmill::colorization
