#include "stages/networks/engines.h"

#include <gmock/gmock.h>

#include <set>

#include "stages/networks/predictor.h"
#include "tests/support/paths.h"

namespace depthmill::networks {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Engines, EveryRowIsWhole) {
  std::set<std::string_view> names;
  for (const Engine& engine : engines()) {
    SCOPED_TRACE(engine.name);
    EXPECT_TRUE(names.insert(engine.name).second) << "twice";
    EXPECT_EQ(find_engine(engine.name), &engine);
    EXPECT_NE(engine.load, nullptr);
    EXPECT_THAT(" " + std::string(engine.devices) + " ", HasSubstr(" cpu "));
    EXPECT_EQ(engine.endings.empty(), engine.file.empty())
        << "a file has a name and an ending, or there is none";
    EXPECT_TRUE(engine.endings.empty() || engine.endings.starts_with("."));
    ModelCard card;
    card.backend = engine.name;
    EXPECT_EQ(card.problem(), "") << "the card's key takes the names of the table";
  }
  EXPECT_EQ(find_engine("onnx"), nullptr);
  ModelCard card;
  card.backend = "onnx";
  for (const std::string_view name : names) EXPECT_THAT(card.problem(), HasSubstr(std::string(name)));
}

TEST(Engines, ADeviceOfAnotherKindIsRefusedWithThoseThatItKnows) {
  ModelCard card;
  card.backend = "constant";
  card.value = 1;
  for (const char* device : {"cuda", "cuda:0", "npu"}) try {
      make_predictor(card, {.device = device});
      ADD_FAILURE() << device << " was taken";
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr(device), HasSubstr("engine constant runs on cpu")));
    }
  for (const char* device : {"auto", "cpu"})
    EXPECT_EQ(make_predictor(card, {.device = device})->device(), "cpu");
}

TEST(Engines, AFileThatACardDoesNotNameIsAskedForByItsOwnEnding) {
  const auto said = [](const char* model) -> std::string {
    try {
      find_model_card(model, std::filesystem::path(test::kConfigs) / "models");
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(said("sd-convtrans"), AllOf(HasSubstr("no checkpoint"), HasSubstr("--weights FILE.pth")));
  EXPECT_THAT(said("dpt"), AllOf(HasSubstr("no TorchScript file"), HasSubstr("--weights FILE.pt "),
                                 HasSubstr("docs/exporting.md")));
  EXPECT_EQ(said("constant"), "") << "needs none";
}

// A network for one size of picture tells it; a card that says nothing else follows.
class OneSize : public Network {
 public:
  cv::Size picture() const override { return {6, 4}; }
  Tensor forward(const Tensor& input) override { return make_tensor({input.shape[0], 1, 4, 6}); }
  std::string device() const override { return "cpu"; }
  std::string describe() const override { return "one size"; }
};

TEST(Engines, ACardWithoutASizeTakesTheNetworks) {
  ModelCard card;
  EXPECT_EQ(fitted_to(card, {}).rule, ResizeRule::kKeep);
  const ModelCard fitted = fitted_to(card, OneSize().picture());
  EXPECT_EQ(Predictor(fitted, std::make_unique<OneSize>()).input_size({60, 40}), cv::Size(6, 4));
  card.rule = ResizeRule::kExact;
  card.size = {12, 8};
  EXPECT_EQ(fitted_to(card, {6, 4}).size, cv::Size(12, 8)) << "what the card says goes";
}

}  // namespace
}  // namespace depthmill::networks
