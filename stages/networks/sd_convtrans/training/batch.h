// From prepared frames to the tensors of one step: order, mirror, colour. Everything follows from the seed
// and the step, so that a resumed run sees what an unbroken one does. Private to the room (torch header).
#pragma once

#include <functional>

#include "stages/networks/sd_convtrans/torch_api.h"
#include "stages/networks/sd_convtrans/training/options.h"
#include "stages/networks/sd_convtrans/training/samples.h"

namespace depthmill::sd_convtrans {

struct Batch {
  torch::Tensor low, high;    // [N, 3, h, w], byte / 255
  torch::Tensor base, depth;  // [N, 1, h / 4, w / 4], depth / 10, 0 = unknown
};

// Frames by position; prepared once and kept while they fit into 2 GiB.
class SampleStore {
 public:
  SampleStore(std::vector<SampleFiles> files, const NetworkSizes& sizes);
  std::size_t size() const { return files_.size(); }
  const SampleFiles& files(std::size_t i) const { return files_[i]; }
  const Sample& get(std::size_t i);

 private:
  std::vector<SampleFiles> files_;
  NetworkSizes sizes_;
  std::vector<Sample> kept_;
  std::size_t bytes_ = 0;
  Sample last_;  // of a frame that is not kept
};

// The frames of a step: position `in_epoch` of the epoch's shuffled order. The last step of an epoch may be
// short.
std::vector<std::size_t> frames_of_step(std::size_t frames, int batch, std::uint64_t seed, long epoch,
                                        long in_epoch);

Batch make_batch(SampleStore& store, const std::vector<std::size_t>& frames, const TrainOptions& options,
                 long step);

// One picture as a batch of one, without augmentation.
Batch plain_batch(const Sample& sample);

}  // namespace depthmill::sd_convtrans
