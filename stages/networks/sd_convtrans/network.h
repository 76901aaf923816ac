// The door to SD-ConvTrans for inference and export. No torch in this header.
//
//   auto net = load_network("FILE.pth", {});
//   DepthMap depth = net->forward(pictures, n);     // pictures at sizes().high_height x high_width
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stages/networks/sd_convtrans/checkpoint.h"
#include "stages/networks/sd_convtrans/sizes.h"

namespace depthmill::sd_convtrans {

struct NetworkOptions {
  std::string device = "cpu";      // cpu, cuda, cuda:N
  std::string precision = "fp32";  // fp32; on a GPU also fp16, bf16
  bool strict = true;              // every name of the file must fit (see checkpoint.h)
};

// n x 1 x rows x cols values in (0, 1), row-major: depth / 10 metres. Copies share the memory.
struct DepthMap {
  std::vector<std::int64_t> shape;
  std::shared_ptr<float> data;
};

class DepthNetwork {
 public:
  virtual ~DepthNetwork() = default;
  virtual const NetworkSizes& sizes() const = 0;
  // What loading had to say; "" when the file fitted without remark.
  virtual const CheckpointReport& report() const = 0;

  // `pictures`: n x 3 x high_height x high_width, RGB, byte / 255. The low-resolution picture is made from
  // them (8-bit antialiased bilinear, as in training). Returns the high-resolution branch's depth. Safe from
  // several threads at once. Throws std::bad_alloc, std::runtime_error.
  virtual DepthMap forward(const float* pictures, std::int64_t n) const = 0;
  // Both pictures given, any size: n x 3 x low_shape, n x 3 x high_shape (height, width).
  virtual DepthMap forward_pair(const float* low, std::int64_t low_height, std::int64_t low_width,
                                const float* high, std::int64_t high_height, std::int64_t high_width,
                                std::int64_t n) const = 0;
};

// Reads a checkpoint and folds it for inference; the file tells its sizes (see checkpoint.h). Throws
// std::runtime_error: see load_checkpoint; device absent; precision not possible on the processor.
std::unique_ptr<DepthNetwork> load_network(const std::filesystem::path& checkpoint,
                                           const NetworkOptions& options);

// A checkpoint of fresh weights: what training starts from; for dry runs and tests. Same seed, same bytes of
// weights.
void write_initial_checkpoint(const NetworkSizes& sizes, std::uint64_t seed,
                              const std::filesystem::path& file);

// Fresh weights by seed instead of a file: for benchmarks and dry runs.
std::unique_ptr<DepthNetwork> make_random_network(const NetworkSizes& sizes, std::uint64_t seed);

// Writes a checkpoint's network as TorchScript: forward(x: (n, 3, high_height, high_width) in [0, 1]) ->
// (n, 1, high_height / 4, high_width / 4) metres. The picture's size is fixed, the batch is free. The result
// agrees with load_network(...)->forward * 10 to rounding. Returns what loading had to say.
// For `depthmill export --model CARD --weights FILE.pth --out model.pt`.
CheckpointReport export_torchscript(const std::filesystem::path& checkpoint, const std::filesystem::path& out,
                                    bool strict = true);

}  // namespace depthmill::sd_convtrans
