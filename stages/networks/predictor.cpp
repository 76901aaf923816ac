#include "stages/networks/predictor.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "stages/networks/engines.h"
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

// Throws unless the engine knows this kind of device: auto, or cpu and cuda:0 by what stands before the colon.
void check_device(const Engine& engine, const std::string& device) {
  const std::string kind = device.substr(0, device.find(':'));
  std::string kinds;
  std::istringstream in{std::string(engine.devices)};
  for (std::string one; in >> one;) {
    if (one == kind || device == "auto") return;
    kinds += (kinds.empty() ? "" : ", ") + one;
  }
  throw std::runtime_error("device '" + device + "': engine " + std::string(engine.name) + " runs on " +
                           kinds);
}

}  // namespace

std::string PredictorOptions::problem() const {
  if (device.empty()) return "device is empty; it is auto, cpu, cuda or cuda:N";
  if (intra_op_threads < 0) return "intra_op_threads must be at least 0";
  if (replicas < 1) return "replicas must be at least 1";
  return "";
}

ModelCard fitted_to(ModelCard card, cv::Size picture) {
  if (picture.empty() || !card.size.empty()) return card;
  card.rule = ResizeRule::kExact;
  card.size = picture;
  return card;
}

std::unique_ptr<Network> load_network(const ModelCard& card, const PredictorOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) throw std::runtime_error(problem);
  if (const std::string problem = card.problem(); !problem.empty())
    throw std::runtime_error("model card '" + card.name + "': " + problem);
  const Engine& engine = *find_engine(card.backend);  // card.problem() knows the names
  check_device(engine, options.device);
  return engine.load({.file = card.path,
                      .select = card.select,
                      .value = card.value,
                      .device = options.device,
                      .precision = options.precision,
                      .intra_op_threads = options.intra_op_threads,
                      .optimise = options.optimise});
}

std::unique_ptr<Predictor> make_predictor(const ModelCard& card, const PredictorOptions& options) {
  std::unique_ptr<Network> network = load_network(card, options);
  const ModelCard fitted = fitted_to(card, network->picture());
  return std::make_unique<Predictor>(fitted, std::move(network), options.replicas, options.flip);
}

Predictor::Predictor(const ModelCard& card, std::unique_ptr<Network> network, int replicas, bool flip)
    : card_(card), network_(std::move(network)), flip_(flip) {
  slots_.resize(replicas * network_->devices());
}

cv::Size Predictor::input_size(cv::Size image) const {
  focal_in(card_, image);  // refuses an image for whose depth the card has no focal length
  return input_geometry(card_, image).network;
}

std::vector<cv::Mat> Predictor::predict(std::span<const cv::Mat> images) {
  if (images.empty()) return {};
  std::vector<InputGeometry> geometry;
  for (const cv::Mat& image : images) geometry.push_back(input_geometry(card_, image.size()));
  const cv::Size size = geometry[0].network;
  for (const InputGeometry& g : geometry)
    if (g.network != size)
      throw std::invalid_argument("predict: images of different input sizes in one batch");

  const std::vector<std::int64_t> shape{static_cast<std::int64_t>(images.size()), 3, size.height, size.width};
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
void Predictor::check(cv::Size image, int batch) {
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

double Predictor::forward_only(cv::Size image, int batch, double seconds) {
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

void Predictor::set_parallelism(int replicas, int intra_op_threads) {
  slots_.resize(replicas * network_->devices());
  network_->set_intra_op_threads(intra_op_threads);
}

std::string Predictor::describe() const {
  return card_.name + ": " + network_->describe() + (flip_ ? ", mean with mirrored" : "");
}
PredictorTimes Predictor::times() const {
  return {static_cast<double>(preprocess_ns_) * 1e-9,
          static_cast<double>(forward_ns_) * 1e-9,
          static_cast<double>(postprocess_ns_) * 1e-9,
          any_forward_.seconds(),
          images_,
          forwards_};
}

// "" or what is wrong with the answer to `batch` gray images.
std::string Predictor::dry_run(cv::Size image, int batch) {
  const std::vector<cv::Mat> gray(static_cast<std::size_t>(batch),
                                  cv::Mat(image, CV_8UC3, cv::Scalar::all(128)));
  try {
    predict(gray);
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

std::vector<cv::Mat> Predictor::run(std::span<const cv::Mat> images,
                                    const std::vector<InputGeometry>& geometry, Tensor& input,
                                    bool mirrored) {
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
cv::Mat Predictor::unpadded(const cv::Mat& map, const InputGeometry& g) const {
  if (g.network == g.resized) return map;
  const cv::Mat full = map.size() == g.network ? map : resample(map, g.network, card_.resize);
  return full(cv::Rect(g.offset, g.resized));
}

}  // namespace depthmill::networks
