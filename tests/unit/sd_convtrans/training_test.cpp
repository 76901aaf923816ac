// Training on a handful of made-up frames with the smallest network: what must hold whatever is learnt.
#include "stages/networks/sd_convtrans/training/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "stages/io/csv.h"
#include "stages/io/npy.h"
#include "stages/io/text_file.h"
#include "stages/networks/infer.h"
#include "stages/networks/sd_convtrans/network.h"
#include "stages/networks/sd_convtrans/training/curve.h"
#include "stages/run_folder/plane_files.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/totals.h"
#include "tests/support/sd_convtrans_adam.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

using testing::HasSubstr;

// Two scenes of slanted walls whose brightness falls with depth.
void write_frames(const std::filesystem::path& run, int frames) {
  for (int i = 0; i < frames; ++i) {
    cv::Mat rgb(48, 64, CV_8UC3), depth(48, 64, CV_64FC1);
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 64; ++x) {
        const double d = 2 + 0.6 * (i % 5) + (i % 2 ? 0.04 * x : 0.04 * (63 - x)) + 0.02 * y;
        depth.at<double>(y, x) = d;
        const auto light = static_cast<unsigned char>(255 / d);
        rgb.at<cv::Vec3b>(y, x) = {light, static_cast<unsigned char>(light / 2 + 20),
                                   static_cast<unsigned char>(3 * x)};
      }
    const std::string scene = i % 4 == 3 ? "b" : "a", name = "f" + std::to_string(i);
    io::write_plane(run_folder::plane_path(run, scene, name, plane::kRgb, io::kNpyFormat), rgb,
                    io::PlaneKind::kRgb);
    io::write_plane(run_folder::plane_path(run, scene, name, plane::kDepth, io::kNpyFormat), depth,
                    io::PlaneKind::kDepth);
  }
}

TrainOptions options_for(const std::filesystem::path& run) {
  TrainOptions o;
  o.network = small_sizes();
  o.train = run;
  o.epochs = 3;
  o.batch = 2;
  o.rate = 2e-3;
  o.jitter = 0.1;
  o.checkpoint_every = 2;
  return o;
}

metrics::Protocol protocol() {
  metrics::Protocol p;
  p.metrics = {"abs_rel", "d1"};
  return p;
}

TEST(Training, LearnsWritesItsFilesAndKeepsTheBest) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  TrainOptions o = options_for(folder / "run");
  o.epochs = 8;
  std::vector<TrainProgress> seen;
  const TrainSummary s = train(o, protocol(), folder / "out", false, [&](const TrainProgress& p) {
    seen.push_back(p);
    return true;
  });
  EXPECT_TRUE(s.finished);
  EXPECT_EQ(s.train_frames, 6u);
  EXPECT_EQ(s.validation_frames, 2u);
  EXPECT_EQ(s.steps, 24);
  ASSERT_EQ(seen.size(), 24u);
  EXPECT_EQ(seen.back().seconds_left, 0);
  const auto mean_loss = [&](std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += seen[i].loss;
    return sum / static_cast<double>(to - from);
  };
  EXPECT_LT(mean_loss(18, 24), 0.8 * mean_loss(0, 6));

  const io::CsvTable steps = io::read_csv_file(folder / "out/train.csv");
  EXPECT_EQ(steps.rows.size(), 24u);
  const io::CsvTable scores = io::read_csv_file(folder / "out/validation.csv");
  ASSERT_EQ(scores.rows.size(), 9u) << "the mean baseline and 8 epochs";
  EXPECT_EQ(scores.rows[0][0], "mean");
  double best = 1e9;
  for (std::size_t i = 1; i < scores.rows.size(); ++i)
    best = std::min(best, scores.number(i, scores.column("abs_rel")));
  EXPECT_DOUBLE_EQ(s.best.at(0).second, best);
  EXPECT_EQ(load_network({.file = folder / "out/best.pth", .device = "cpu"})->sizes(), o.network);
  EXPECT_THAT(io::read_text_file(folder / "out/loss.svg"), testing::StartsWith("<svg"));
  EXPECT_THAT(io::read_text_file(folder / "out/config.ini"), HasSubstr("epochs = 8"));
  EXPECT_THROW(train(o, protocol(), folder / "out", false, {}), std::runtime_error)
      << "there is a run already";
}

// Six weights, no two alike: an exchange of any two shows.
TEST(Training, TheLossIsTheWeightedSumOfItsTerms) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  TrainOptions o = options_for(folder / "run");
  o.epochs = 1;
  o.depth_weight = 2;
  o.gradient_weight = 3;
  o.normal_weight = 5;
  o.low_weight = 7;
  o.high_weight = 11;
  train(o, protocol(), folder / "out", false, {});
  const io::CsvTable steps = io::read_csv_file(folder / "out/train.csv");
  ASSERT_EQ(steps.rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto value = [&](const std::string& column) { return steps.number(i, steps.column(column)); };
    const auto branch = [&](const std::string& name) {
      return 2 * value(name + "_depth") + 3 * value(name + "_gradient") + 5 * value(name + "_normal");
    };
    const double loss = 7 * branch("low") + 11 * branch("high");
    EXPECT_NEAR(value("loss"), loss, 1e-5 * loss) << "float32 sums";
    EXPECT_NE(branch("low"), branch("high"));
  }
}

TEST(Training, ResumesToTheSameCurveAndWeights) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  const TrainOptions o = options_for(folder / "run");
  std::vector<double> best;
  train(o, protocol(), folder / "whole", false, [&](const TrainProgress& p) {
    best.push_back(p.best);
    return true;
  });

  // Killed at step 5: the checkpoint is of step 4, a fifth row is in the table already.
  struct Killed {};
  EXPECT_THROW(train(o, protocol(), folder / "cut", false,
                     [](const TrainProgress& p) -> bool {
                       if (p.step == 5) throw Killed();
                       return true;
                     }),
               Killed);
  EXPECT_EQ(io::read_csv_file(folder / "cut/train.csv").rows.size(), 5u);
  std::vector<double> best_after;
  const TrainSummary s = train(o, protocol(), folder / "cut", true, [&](const TrainProgress& p) {
    best_after.push_back(p.best);
    return true;
  });
  EXPECT_TRUE(s.finished);
  // The first epoch's score is the best until the second ends, two steps on; a run that has forgotten it would keep
  // whatever comes next as its best.
  EXPECT_TRUE(std::isfinite(best[4]));
  EXPECT_EQ(best_after, std::vector<double>(best.begin() + 4, best.end()));
  EXPECT_EQ(io::read_text_file(folder / "cut/best.pth"), io::read_text_file(folder / "whole/best.pth"));
  EXPECT_EQ(io::read_text_file(folder / "cut/train.csv"), io::read_text_file(folder / "whole/train.csv"));
  EXPECT_EQ(io::read_text_file(folder / "cut/validation.csv"),
            io::read_text_file(folder / "whole/validation.csv"));

  TrainOptions other = o;
  other.rate = 1e-4;
  try {
    train(other, protocol(), folder / "cut", true, {});
    FAIL() << "other options must not continue a run";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("other options"));
  }
}

// The same frames, predicted by `infer` from best.pth and scored by the evaluate stage, have the totals that
// the training wrote down: prepared, resized and averaged as the protocol says, against its kind of depth.
TEST(Training, ValidatesAsEvaluateDoes) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 16);
  metrics::Protocol mine;
  mine.name = "mine";
  mine.metrics = {"rmse", "abs_rel", "d1"};
  mine.averaging = metrics::Averaging::kRmsOfImages;
  mine.averaging_of["d1"] = metrics::Averaging::kPooled;
  mine.prepare = {{metrics::PrepareStep::kCentreCrop, 30, 40, {}},
                  {metrics::PrepareStep::kResize, 21, 33, metrics::Interpolation::kNearestCentre}};
  mine.range = {0.001, 6};  // few valid pixels in some frames, many in others
  std::ofstream(folder / "mine.ini") << protocol_text(mine);
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "run"))
    if (const std::string name = file.path().filename().string(); name.ends_with(".depth.npy")) {
      PlaneSource source;
      source.file = file.path();
      cv::Mat raw = io::read_plane(source, io::PlaneKind::kDepth) * 1.125;
      raw.rowRange(10, 14).setTo(0);
      io::write_plane(file.path().parent_path() / (name.substr(0, name.size() - 9) + "raw_depth.npy"), raw,
                      io::PlaneKind::kDepth);
    }
  TrainOptions o = options_for(folder / "run");
  o.epochs = 2;
  for (const auto kind : {metrics::GtKind::kRaw, metrics::GtKind::kFilled}) {
    mine.gt = kind;
    const auto out = folder / (kind == metrics::GtKind::kRaw ? "raw" : "filled");
    std::ofstream(folder / "mine.ini") << protocol_text(mine);
    const TrainSummary trained = train(o, mine, out, false, {});

    InferOptions model;
    model.model = std::string(test::kConfigs) + "/models/sd-convtrans.ini";
    model.weights = (out / "best.pth").string();
    model.device = "cpu";
    model.threads = model.replicas = 1;
    model.height = 48, model.width = 64;
    const auto infer = make_infer_stage(model);
    infer->prepare();
    const auto stage = make_evaluate_stage({.protocols = {(folder / "mine.ini").string()}});
    stage->prepare();
    std::vector<FrameScore> rows;
    for (int i = 3; i < 16; i += 4) {  // scene b, which is held out
      Frame frame;
      frame.scene = "b";
      frame.name = "f" + std::to_string(i);
      for (const char* name : {plane::kRgb, plane::kRawDepth, plane::kDepth}) {
        PlaneSource source;
        source.file = run_folder::find_plane(folder / "run", "b", frame.name, name);
        frame.planes[name] = io::read_plane(source, io::plane_kind(name), name);
      }
      infer->run({&frame, 1});
      stage->run({&frame, 1});
      ASSERT_TRUE(frame.ok()) << frame.failure_text;
      rows.push_back({frame.scene, frame.name, frame.metrics.at(0)});
    }
    const auto totals = summarise(rows, {&mine, 1});
    ASSERT_EQ(trained.best.size(), totals.size());
    for (std::size_t k = 0; k < totals.size(); ++k) {
      EXPECT_EQ(trained.best[k].first, totals[k].metric);
      EXPECT_NEAR(trained.best[k].second, totals[k].value, 1e-4 * std::abs(totals[k].value) + 1e-4)
          << totals[k].metric;
    }
  }
}

TEST(Training, ABestMetricThatTheProtocolLacksIsRefusedBeforeAnyFrameIsRead) {
  test::ScratchFolder folder;
  std::filesystem::create_directories(folder / "run/planes/a");
  for (const char* name : {"f0.rgb.png", "f0.depth.png", "f1.rgb.png", "f1.depth.png"})
    std::ofstream(folder / (std::string("run/planes/a/") + name)) << "no picture";
  TrainOptions o = options_for(folder / "run");
  const auto refusal = [&](const metrics::Protocol& p) -> std::string {
    try {
      train(o, p, folder / "out", false, {});
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  };
  o.best = "abs_rell";
  EXPECT_THAT(refusal(protocol()), HasSubstr("validate.best: the protocol '' has no metric 'abs_rell'"));
  EXPECT_THAT(refusal(protocol()), HasSubstr("did you mean 'abs_rel'?"));
  EXPECT_THAT(refusal(protocol()), HasSubstr("it has: abs_rel, d1"));
  metrics::Protocol planes = protocol();
  planes.metrics.push_back(o.best = "plane_flatness");
  EXPECT_THAT(refusal(planes), HasSubstr("maps that training data do not have"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  o.best = "d1";
  EXPECT_THAT(refusal(protocol()), HasSubstr("f0")) << "now frames are read";
}

TEST(Training, StopsWhenAskedAndGoesOn) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  const TrainOptions o = options_for(folder / "run");
  const TrainSummary s =
      train(o, protocol(), folder / "out", false, [](const TrainProgress& p) { return p.step < 3; });
  EXPECT_FALSE(s.finished);
  EXPECT_EQ(s.steps, 3);
  EXPECT_EQ(train(o, protocol(), folder / "out", true, {}).steps, 9);
}

TEST(Training, ALossThatIsNoNumberStopsWithTheLastGoodCheckpointKept) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  TrainOptions o = options_for(folder / "run");
  o.checkpoint_every = 1;
  o.rate = 1e30;  // the second step's weights overflow
  o.clip = 0;
  std::string why;
  try {
    train(o, protocol(), folder / "out", false, {});
  } catch (const TrainingDiverged& e) {
    why = e.what();
  }
  EXPECT_THAT(why, HasSubstr("not a finite number"));
  EXPECT_THAT(why, HasSubstr("last.pth"));
  EXPECT_TRUE(std::filesystem::exists(folder / "out/last.pth"));
}

TEST(Training, EveryLossOfTheConfigurationTrains) {
  test::ScratchFolder folder;
  write_frames(folder / "run", 8);
  for (const char* depth : {"l1", "l2", "l1_log", "berhu", "rel"}) {
    TrainOptions o = options_for(folder / "run");
    o.epochs = 1;
    o.depth = kDepthLosses.parse(depth);
    o.normal = NormalLoss::kNormalPerPixel;
    o.optimizer = Optimizer::kAdam;
    o.schedule = Schedule::kStep;
    EXPECT_TRUE(train(o, protocol(), folder / depth, false, {}).finished) << depth;
  }
}

// Kingma & Ba 2015, algorithm 1, with the decay as part of the gradient; Loshchilov & Hutter 2019, algorithm 2, with
// the decay apart from it. Worked here in double, there in float32.
TEST(Adam, TwoStepsOfEitherKindByHand) {
  const double rate = 0.1;
  const std::array<double, 3> start{2, -1, 0.5};
  const std::vector<std::array<double, 3>> gradients{{0.3, 0.02, -0.4}, {-0.1, 0.5, 0.2}};
  for (const bool decoupled : {false, true}) {
    const test::AdamCase options{0.8, 0.95, 1e-3, 0.25, decoupled};
    const std::array<double, 3> got = test::adam_steps(options, rate, start, gradients);
    for (std::size_t k = 0; k < 3; ++k) {
      const double decay = k < 2 ? options.weight_decay : 0;  // the bias does not decay
      double p = start[k], m = 0, v = 0;
      for (std::size_t t = 1; t <= gradients.size(); ++t) {
        const double g = gradients[t - 1][k] + (decoupled ? 0 : decay * p);
        m = options.beta1 * m + (1 - options.beta1) * g;
        v = options.beta2 * v + (1 - options.beta2) * g * g;
        const double m_hat = m / (1 - std::pow(options.beta1, static_cast<double>(t)));
        const double v_hat = v / (1 - std::pow(options.beta2, static_cast<double>(t)));
        p -= rate * (m_hat / (std::sqrt(v_hat) + options.eps) + (decoupled ? decay * p : 0));
      }
      EXPECT_NEAR(got[k], p, 1e-6) << (decoupled ? "AdamW" : "Adam") << " " << k;
    }
  }
}

TEST(Curve, DrawsOneLineACurveAndLeavesGaps) {
  const std::string svg =
      curve_svg("title", {{"loss", {1, 2, 3, 4}, {10, NAN, 1, 0.1}}}, {{"abs_rel", {2, 4}, {0.3, 0.2}}});
  EXPECT_THAT(svg, HasSubstr("loss"));
  EXPECT_THAT(svg, HasSubstr("abs_rel"));
  EXPECT_THAT(svg, HasSubstr("M70.0 40.0 M"));  // the gap: a second start after a single point
  EXPECT_THAT(svg, testing::Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace depthmill::sd_convtrans
