// A network as the rest of the program sees it: float32 tensors in, float32 tensors out, on some device. What an
// engine hands over; tests bring their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <opencv2/core/types.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace depthmill::networks {

// Dense float32 values, row-major, batch first. The memory belongs to whoever made it (pinned for a GPU,
// a torch tensor's own storage for an answer); copies of the struct share it.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::shared_ptr<float> data;

  std::size_t size() const {
    std::size_t n = 1;
    for (std::int64_t d : shape) n *= static_cast<std::size_t>(d);
    return n;
  }
};

// Fresh unpinned memory, zeroed.
Tensor make_tensor(std::vector<std::int64_t> shape);

// "2x3x448x640"
std::string shape_text(const std::vector<std::int64_t>& shape);

// The device has no memory left for this batch; a smaller one may fit.
class OutOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The network answered with something that is not a depth map for each image.
class BadPrediction : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Network {
 public:
  virtual ~Network() = default;

  // The one size of picture that the weights are for; empty = they take any.
  virtual cv::Size picture() const { return {}; }

  // Memory for an input (n, 3, h, w) from which the copy to the device is fastest.
  virtual Tensor make_input(std::vector<std::int64_t> shape) { return make_tensor(std::move(shape)); }

  // Input (n, 3, h, w); returns what the network returned, converted to float32, on the host and complete.
  // Throws OutOfMemory, BadPrediction (not one floating-point tensor), std::runtime_error (it does not run).
  // Safe to call from several threads; another network of the process changes nothing in it.
  virtual Tensor forward(const Tensor& input) = 0;

  // Copies on separate devices; each runs any number of forward passes at a time, how many is worth while the
  // caller decides.
  virtual int devices() const { return 1; }
  // Threads of one forward pass on the processor from now on; 0 = as the library likes.
  virtual void set_intra_op_threads(int) {}
  virtual std::string device() const = 0;    // "cpu", "cuda:0", "cuda:0,cuda:1"
  virtual std::string describe() const = 0;  // one line: file, device, precision, threads
};

}  // namespace depthmill::networks
