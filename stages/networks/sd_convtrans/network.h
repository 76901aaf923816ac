// The engine `sd-convtrans`: SD-ConvTrans from its checkpoint, and its export. No torch in this header.
//
//   auto net = load_network({.file = "FILE.pth", .device = "cpu"});
//   Tensor depth = net->forward(pictures);            // n x 3 x height x width of net->picture()
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "stages/networks/engine/engine.h"
#include "stages/networks/sd_convtrans/checkpoint.h"
#include "stages/networks/sd_convtrans/sizes.h"

namespace depthmill::sd_convtrans {

class DepthNetwork final : public networks::Network {
 public:
  struct Copies;  // of the network, one a device
  explicit DepthNetwork(std::unique_ptr<Copies> copies);
  ~DepthNetwork() override;

  const NetworkSizes& sizes() const;
  // What loading had to say; its text is "" when the file fitted without remark.
  const CheckpointReport& report() const;

  // high_height x high_width of the sizes: what forward() takes.
  cv::Size picture() const override;
  // Input n x 3 x high_height x high_width, RGB, byte / 255. The low-resolution picture is made from them (8-bit
  // antialiased bilinear, as in training). Returns the high-resolution branch's n x 1 x rows x cols values in (0, 1),
  // depth / 10 metres, at a quarter of the picture's size (rounded up).
  networks::Tensor forward(const networks::Tensor& pictures) override;
  int devices() const override;
  void set_intra_op_threads(int n) override;
  std::string device() const override;
  std::string describe() const override;

 private:
  std::unique_ptr<Copies> copies_;
};

// Reads a checkpoint and folds it for inference, once on every device that request.device names; the file tells its
// sizes (see checkpoint.h). With `strict` every name of the file must fit. Throws std::runtime_error: see
// load_checkpoint; device absent; precision not possible on the device (fp32; on a GPU also fp16 and bf16).
std::unique_ptr<DepthNetwork> load_network(const networks::NetworkRequest& request, bool strict = true);

// Fresh weights by seed instead of a file, on the processor: for benchmarks and dry runs.
std::unique_ptr<DepthNetwork> make_random_network(const NetworkSizes& sizes, std::uint64_t seed);

// A checkpoint of fresh weights: what training starts from; for dry runs and tests. Same seed, same bytes of
// weights.
void write_initial_checkpoint(const NetworkSizes& sizes, std::uint64_t seed,
                              const std::filesystem::path& file);

// Writes a checkpoint's network as TorchScript: forward(x: (n, 3, high_height, high_width) in [0, 1]) ->
// (n, 1, high_height / 4, high_width / 4) metres. The picture's size is fixed, the batch is free. The result
// agrees with load_network(...)->forward * 10 to rounding. Returns what loading had to say.
CheckpointReport export_torchscript(const std::filesystem::path& checkpoint, const std::filesystem::path& out,
                                    bool strict = true);

// For the table of engines: `out` as a checkpoint where it ends like one, else export_torchscript().
networks::Exported export_engine(const std::filesystem::path& checkpoint, const std::filesystem::path& out);

}  // namespace depthmill::sd_convtrans
