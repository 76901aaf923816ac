#include "stages/networks/infer.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "stages/base/adapt.h"
#include "stages/base/preview.h"
#include "stages/io/calibration.h"
#include "stages/networks/engine/network.h"
#include "stages/networks/model_card.h"
#include "stages/networks/predictor.h"
#include "stages/networks/torch_module/find_torch.h"
#include "stages/networks/tuning.h"

namespace depthmill {
namespace {

// Seconds of one thread for reading, preprocessing, postprocessing and writing an image: measured with PNG in
// and out, 7 ms at 480x640.
double around(cv::Size image) { return 23e-9 * image.area(); }

// Bytes of this process that are in memory now; 0 where the system does not say.
std::size_t resident_memory() {
  std::size_t pages_in_all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages_in_all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Throws kNonFinite unless every value is a number.
void require_finite(const Frame& frame, const cv::Mat& depth) {
  long bad = 0;
  for (int y = 0; y < depth.rows; ++y) {
    const float* row = depth.ptr<float>(y);
    for (int x = 0; x < depth.cols; ++x) bad += !std::isfinite(row[x]);
  }
  if (bad > 0)
    throw FrameError(FailureReason::kNonFinite, frame.id() + ": " + std::to_string(bad) + " of " +
                                                    std::to_string(depth.total()) +
                                                    " predicted values are not finite");
}

class NetworkInferStage : public InferStage {
 public:
  explicit NetworkInferStage(const InferOptions& options) : options_(options) {}

  cv::Size expect(cv::Size image) override {
    options_.height = image.height;
    options_.width = image.width;
    return image;
  }

  void prepare() override {
    if (const std::string problem = options_.problem(); !problem.empty()) throw std::runtime_error(problem);
    const networks::ModelCard card =
        networks::find_model_card(options_.model, options_.models_folder, options_.weights);
    threads_ =
        options_.threads > 0 ? options_.threads : static_cast<int>(std::thread::hardware_concurrency());
    threads_ = std::max(1, threads_);

    networks::PredictorOptions how;
    how.device = options_.device;
    how.precision = options_.precision;
    how.flip = options_.flip;
    how.optimise = options_.optimise;
    how.replicas = std::max(1, options_.replicas);
    how.intra_op_threads = options_.intra_op_threads > 0 ? options_.intra_op_threads : threads_;
    predictor_ = networks::make_predictor(card, how);
    if (!options_.calibration.empty()) {
      if (card.kind == networks::OutputKind::kDisparity)
        throw std::runtime_error(options_.calibration.string() + ": predictions of " + options_.model +
                                 " are disparity, which a calibration does not make depth");
      calibration_ = io::read_calibration(options_.calibration);
    }
    for (const auto& [what, file] : {std::pair("model card", card.file), std::pair("weights", card.path),
                                     std::pair("calibration", options_.calibration)})
      if (!file.empty()) files_.emplace_back(what, file);

    if (!card.file.empty() && std::filesystem::path(options_.model) != card.file &&
        std::filesystem::path(options_.model).replace_extension(".ini") == card.file)
      notes_.push_back("note: " + options_.model + " runs by the card " + card.file.filename().string() +
                       " beside it");
    const cv::Size image(options_.width, options_.height);
    if (!card.crop.empty() && image != card.crop_of)
      notes_.push_back("note: the card crops images of " +
                       io::write_size(card.crop_of.height, card.crop_of.width) + "; those of " +
                       io::write_size(image.height, image.width) + " are cropped in proportion");
    if (card.focal > 0 && image != card.focal_of)
      notes_.push_back("note: the card's focal length is that of images of " +
                       io::write_size(card.focal_of.height, card.focal_of.width) + "; those of " +
                       io::write_size(image.height, image.width) + " get theirs in proportion");
    // Half a per cent is what rounding to whole pixels makes of a shape.
    constexpr double kSameShape = 1.005;
    const double stretch =
        static_cast<double>(card.size.width) * image.height / card.size.height / image.width;
    if (card.crop.empty() && card.rule == networks::ResizeRule::kExact &&
        std::max(stretch, 1 / stretch) > kSameShape)
      notes_.push_back("note: images of " + io::write_size(image.height, image.width) +
                       " are stretched to the network's " +
                       io::write_size(card.size.height, card.size.width) + ", which has another shape");
    const bool gpu = predictor_->device() != "cpu";
    networks::TuningRequest request;
    request.image = image;
    request.threads = threads_;
    request.around = around(image);
    request.batch = options_.batch != InferOptions::kDefaultBatch ? options_.batch : gpu ? 8 : 1;
    const std::size_t before = resident_memory();
    predictor_->check(image, std::max(1, request.batch));
    dry_run_bytes_ = std::max(resident_memory(), before) - before;
    request.replicas = options_.replicas;
    request.intra_op_threads = options_.intra_op_threads;
    tuning_ = networks::tune(*predictor_, request);
  }

  std::vector<std::string> adds() const override {
    return options_.preview ? std::vector<std::string>{plane::kPred, plane::kPreview}
                            : std::vector<std::string>{plane::kPred};
  }

  std::vector<std::pair<std::string, std::filesystem::path>> files() const override { return files_; }

  void run(std::span<Frame> batch) override {
    // Groups in order of first appearance in the map's order: height, then width of the network's input.
    std::map<std::pair<int, int>, std::vector<Frame*>> groups;
    for_each_live(batch, name(), [&](Frame& frame) {
      const cv::Mat& rgb = frame.plane(plane::kRgb);
      if (rgb.type() != CV_8UC3)
        throw FrameError(FailureReason::kUnreadable, frame.id() + ": plane 'rgb' is not 8-bit RGB");
      try {
        const cv::Size size = predictor_->input_size(rgb.size());
        groups[{size.height, size.width}].push_back(&frame);
      } catch (const std::invalid_argument& e) {
        throw FrameError(FailureReason::kWrongSize, frame.id() + ": " + e.what());
      }
    });
    for (auto& [size, frames] : groups) {
      const std::span<Frame*> all(frames);
      const auto step = static_cast<std::size_t>(tuning_.batch);
      for (std::size_t first = 0; first < all.size(); first += step)
        predict(all.subspan(first, std::min(step, all.size() - first)));
    }
  }

  int batch() const override { return tuning_.batch; }
  int replicas() const override { return predictor_ ? predictor_->concurrency() : 1; }
  int intra_op_threads() const override { return tuning_.intra_op_threads; }
  // A pass as in the dry run, on this machine, and its images before and after it in float32.
  std::size_t workspace(cv::Size frame) const override {
    const std::size_t image = 4 * sizeof(float) * static_cast<std::size_t>(frame.area());
    return dry_run_bytes_ + 4 * frames_at_a_time() * image;
  }
  std::size_t frames_at_a_time() const override { return static_cast<std::size_t>(std::max(1, batch())); }
  // A thread that waits inside a forward pass is one of that pass's threads.
  int threads_left(int budget) const override {
    if (!predictor_ || predictor_->device() != "cpu") return budget;
    const int kept = replicas() * (std::max(1, tuning_.intra_op_threads) - 1);
    return std::max(1, std::min(budget, std::max(replicas(), threads_ - kept)));
  }
  std::vector<std::string> remarks() const override {
    std::vector<std::string> lines{describe()};
    lines.insert(lines.end(), notes_.begin(), notes_.end());
    const networks::TorchModule* torch = networks::loaded_torch();
    if (torch && predictor_->device() == "cpu")
      if (const auto warning = torch->blas_warning(); !warning.empty())
        lines.push_back("warning: " + warning);
    return lines;
  }
  bool metric() const override { return !predictor_ || predictor_->metric() || calibration_; }
  networks::Predictor& predictor() override {
    if (!predictor_) throw std::logic_error("infer: predictor() before prepare()");
    return *predictor_;
  }
  std::string describe() const override {
    if (!predictor_) return "no model loaded";
    std::string text = predictor_->describe() + ", batch " + std::to_string(tuning_.batch) + ", " +
                       std::to_string(replicas()) + (replicas() == 1 ? " pass" : " passes") + " at a time";
    if (!tuning_.report.empty()) text += "; measured: " + tuning_.report;
    return text;
  }

 private:
  void predict(std::span<Frame*> frames) {
    std::vector<cv::Mat> images, depth;
    for (Frame* frame : frames) images.push_back(frame->plane(plane::kRgb));
    try {
      depth = predictor_->predict(images);
    } catch (const std::exception& e) {
      if (frames.size() > 1) {
        // Whose fault it is shows when each goes alone; the others must not pay for it.
        for (std::size_t i = 0; i < frames.size(); ++i) predict(frames.subspan(i, 1));
        return;
      }
      const bool odd_answer = dynamic_cast<const networks::BadPrediction*>(&e) != nullptr;
      frames[0]->fail(name(), odd_answer ? FailureReason::kBadPrediction : FailureReason::kInternal,
                      frames[0]->id() + ": " + e.what());
      return;
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      for_each_live({frames[i], 1}, name(), [&](Frame& frame) {
        require_finite(frame, depth[i]);
        if (calibration_) {
          depth[i].convertTo(depth[i], CV_64F);
          for (double& z : view_mut<double>(depth[i])) z = calibration_->of(z);
        }
        frame.planes[plane::kPred] = depth[i];
        if (options_.preview) frame.planes[plane::kPreview] = preview_of(depth[i]);
      });
    }
  }

  std::vector<std::pair<std::string, std::filesystem::path>> files_;
  std::optional<Calibration> calibration_;
  InferOptions options_;
  int threads_ = 1;
  std::size_t dry_run_bytes_ = 0;  // by which the process grew in the dry run
  std::unique_ptr<networks::Predictor> predictor_;
  networks::Tuning tuning_;
  std::vector<std::string> notes_;  // about the card
};

}  // namespace

std::unique_ptr<InferStage> make_infer_stage(const InferOptions& options) {
  return std::make_unique<NetworkInferStage>(options);
}

}  // namespace depthmill
