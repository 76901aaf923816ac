#include "stages/networks/network_predictor.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include "stages/networks/preprocess.h"

namespace depthmill::networks {
namespace {

using Clock = std::chrono::steady_clock;

// Adds the time from construction to destruction to a sum shared by threads.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<long long>& sum_ns) : sum_ns_(sum_ns), start_(Clock::now()) {}
  ~Stopwatch() {
    sum_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::atomic<long long>& sum_ns_;
  Clock::time_point start_;
};

// Wall time during which at least one of several overlapping activities goes on.
class AnyWatch {
 public:
  void enter() {
    std::lock_guard lock(mutex_);
    if (++inside_ == 1) since_ = Clock::now();
  }
  void leave() {
    std::lock_guard lock(mutex_);
    if (--inside_ == 0) sum_ += std::chrono::duration<double>(Clock::now() - since_).count();
  }
  double seconds() const {
    std::lock_guard lock(mutex_);
    return sum_;
  }

 private:
  mutable std::mutex mutex_;
  int inside_ = 0;
  double sum_ = 0;
  Clock::time_point since_;
};

// As many holders at a time as there are slots; the others wait.
class Slots {
 public:
  void resize(int n) { free_ = total_ = std::max(1, n); }
  int total() const { return total_; }
  void acquire() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return free_ > 0; });
    --free_;
  }
  void release() {
    {
      std::lock_guard lock(mutex_);
      ++free_;
    }
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int total_ = 1, free_ = 1;
};

// One slot, held as long as the object lives.
class Lease {
 public:
  Lease(Slots& slots, AnyWatch& watch) : slots_(slots), watch_(watch) {
    slots_.acquire();
    watch_.enter();
  }
  ~Lease() {
    watch_.leave();
    slots_.release();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  Slots& slots_;
  AnyWatch& watch_;
};

// Images `first`..`first + count - 1` of a batch, without a copy.
Tensor part_of(const Tensor& batch, std::int64_t first, std::int64_t count) {
  Tensor part = batch;
  part.shape[0] = count;
  const std::size_t one = batch.size() / static_cast<std::size_t>(batch.shape[0]);
  part.data = {batch.data, batch.data.get() + first * one};
  return part;
}

// The maps of an answer to `n` images, as matrices over its memory. Throws BadPrediction.
std::vector<cv::Mat> maps_of(const Tensor& answer, std::int64_t n, const std::vector<std::int64_t>& input) {
  const auto& s = answer.shape;
  const bool planes = s.size() == 4 && s[0] == n && s[1] == 1;
  const bool maps = s.size() == 3 && s[0] == n;
  const bool single = s.size() == 2 && n == 1;
  if (!(planes || maps || single) || answer.size() == 0)
    throw BadPrediction("the model answers " + shape_text(s) + " to an input of " + shape_text(input) +
                        "; a depth map for each image is Nx1xHxW or NxHxW");
  const int rows = static_cast<int>(s[s.size() - 2]), cols = static_cast<int>(s[s.size() - 1]);
  std::vector<cv::Mat> out;
  for (std::int64_t i = 0; i < n; ++i)
    out.emplace_back(rows, cols, CV_32FC1, answer.data.get() + i * static_cast<std::int64_t>(rows) * cols);
  return out;
}

class NetworkPredictor : public Predictor {
 public:
  NetworkPredictor(const ModelCard& card, std::unique_ptr<Network> network, int replicas, bool flip)
      : card_(card), network_(std::move(network)), flip_(flip) {
    slots_.resize(replicas * network_->devices());
  }

  cv::Size input_size(cv::Size image) const override { return input_geometry(card_, image).network; }

  std::vector<cv::Mat> predict(std::span<const cv::Mat> images) override {
    if (images.empty()) return {};
    std::vector<InputGeometry> geometry;
    for (const cv::Mat& image : images) geometry.push_back(input_geometry(card_, image.size()));
    const cv::Size size = geometry[0].network;
    for (const InputGeometry& g : geometry)
      if (g.network != size)
        throw std::invalid_argument("predict: images of different input sizes in one batch");

    const std::vector<std::int64_t> shape{static_cast<std::int64_t>(images.size()), 3, size.height,
                                          size.width};
    Tensor input = network_->make_input(shape);
    std::vector<cv::Mat> raw = run(images, geometry, input, false);
    if (flip_) {
      const std::vector<cv::Mat> mirrored = run(images, geometry, input, true);
      for (std::size_t i = 0; i < raw.size(); ++i) {
        cv::Mat back;
        cv::flip(unpadded(mirrored[i], geometry[i]), back, 1);
        cv::Mat plain = unpadded(raw[i], geometry[i]);
        // Summed and halved in this order, (a + b) / 2, as the literature's test scripts do.
        raw[i] = cv::Mat((plain + back) * 0.5f);
        geometry[i].offset = {};
        geometry[i].network = geometry[i].resized;
      }
    }

    Stopwatch watch(postprocess_ns_);
    std::vector<cv::Mat> depth;
    for (std::size_t i = 0; i < images.size(); ++i)
      depth.push_back(postprocess(card_, geometry[i], raw[i], images[i].size()));
    images_ += static_cast<long>(images.size());
    return depth;
  }

  // One image as well: the last batch of a run is smaller than the others.
  void check(cv::Size image, int batch) override {
    const std::string all = dry_run(image, batch), one = batch == 1 ? all : dry_run(image, 1);
    if (all.empty() && one.empty()) return;
    std::string sentence = "model '" + card_.name + "' fails a dry run on " +
                           std::to_string(all.empty() ? 1 : batch) + " gray image(s) of " +
                           std::to_string(image.height) + "x" + std::to_string(image.width) + ": " +
                           (all.empty() ? one : all);
    const std::string remedy = "export it so that it takes any number of images (docs/exporting.md)";
    if (all.empty()) sentence += "; " + std::to_string(batch) + " images at a time it takes: " + remedy;
    if (one.empty()) sentence += "; one image at a time it takes: give --batch 1, or " + remedy;
    throw std::runtime_error(sentence);
  }

  double forward_only(cv::Size image, int batch, double seconds) override {
    const InputGeometry g = input_geometry(card_, image);
    const Tensor input = network_->make_input({batch, 3, g.network.height, g.network.width});
    const std::size_t one = input.size() / static_cast<std::size_t>(batch);
    const cv::Mat gray(image, CV_8UC3, cv::Scalar::all(128));
    for (int i = 0; i < batch; ++i) preprocess(card_, g, gray, false, {input.data.get() + i * one, one});
    const auto start = Clock::now();
    double passed = 0;
    long images = 0;
    do {
      const Lease lease(slots_, any_forward_);
      network_->forward(input);
      images += batch;
      passed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (passed < seconds);
    return static_cast<double>(images) / passed / (flip_ ? 2 : 1);
  }

  void set_parallelism(int replicas, int intra_op_threads) override {
    slots_.resize(replicas * network_->devices());
    network_->set_intra_op_threads(intra_op_threads);
  }

  int concurrency() const override { return slots_.total(); }
  bool metric() const override { return card_.metric(); }
  std::string device() const override { return network_->device(); }
  std::string describe() const override {
    return card_.name + ": " + network_->describe() + (flip_ ? ", mean with mirrored" : "");
  }
  PredictorTimes times() const override {
    return {static_cast<double>(preprocess_ns_) * 1e-9,
            static_cast<double>(forward_ns_) * 1e-9,
            static_cast<double>(postprocess_ns_) * 1e-9,
            any_forward_.seconds(),
            images_,
            forwards_};
  }

 private:
  // "" or what is wrong with the answer to `batch` gray images.
  std::string dry_run(cv::Size image, int batch) {
    const std::vector<cv::Mat> gray(static_cast<std::size_t>(batch),
                                    cv::Mat(image, CV_8UC3, cv::Scalar::all(128)));
    try {
      predict(gray);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  }

  std::vector<cv::Mat> run(std::span<const cv::Mat> images, const std::vector<InputGeometry>& geometry,
                           Tensor& input, bool mirrored) {
    const std::size_t one = input.size() / images.size();
    {
      Stopwatch watch(preprocess_ns_);
      for (std::size_t i = 0; i < images.size(); ++i)
        preprocess(card_, geometry[i], images[i], mirrored, {input.data.get() + i * one, one});
    }
    const Lease lease(slots_, any_forward_);
    Stopwatch watch(forward_ns_);
    std::vector<cv::Mat> maps;
    const auto n = static_cast<std::int64_t>(images.size());
    for (std::int64_t first = 0; first < n;) {
      std::int64_t count = std::min<std::int64_t>(n - first, largest_batch_);
      const Tensor part = part_of(input, first, count);
      Tensor answer;
      try {
        answer = network_->forward(part);
      } catch (const OutOfMemory&) {
        if (count == 1) throw;
        largest_batch_ = (count + 1) / 2;  // and stays so: the next batch starts with what fits
        continue;
      }
      ++forwards_;
      // Cloned, so that the maps outlive the answer's storage, which a network may use again.
      for (const cv::Mat& map : maps_of(answer, count, part.shape)) maps.push_back(map.clone());
      first += count;
    }
    return maps;
  }

  // The part of an output that answers to the image, not to padding, at network resolution.
  cv::Mat unpadded(const cv::Mat& map, const InputGeometry& g) const {
    if (g.network == g.resized) return map;
    const cv::Mat full = map.size() == g.network ? map : resample(map, g.network, card_.resize);
    return full(cv::Rect(g.offset, g.resized));
  }

  ModelCard card_;
  std::unique_ptr<Network> network_;
  bool flip_;
  Slots slots_;
  AnyWatch any_forward_;
  std::atomic<std::int64_t> largest_batch_{1 << 20};
  std::atomic<long long> preprocess_ns_{0}, forward_ns_{0}, postprocess_ns_{0};
  std::atomic<long> images_{0}, forwards_{0};
};

}  // namespace

std::unique_ptr<Predictor> make_network_predictor(const ModelCard& card, std::unique_ptr<Network> network,
                                                  int replicas, bool flip) {
  return std::make_unique<NetworkPredictor>(card, std::move(network), replicas, flip);
}

}  // namespace depthmill::networks
