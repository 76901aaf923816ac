// Every configuration that is shipped is read by the code that will read it, and what it names is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/options.h"
#include "stages/networks/model_card.h"
#include "stages/networks/sd_convtrans/training/options.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<fs::path> ini_files(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(test::kConfigs) / folder))
    if (entry.path().extension() == ".ini") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedConfigs, WholeRunsNameProtocolsThatAreThere) {
  const auto files = ini_files("");
  ASSERT_GE(files.size(), 2u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const auto parsed = pipeline::parse_command("run", {"--config", file.string()});
    EXPECT_FALSE(parsed.given.empty());
    EvaluateOptions options = parsed.config.evaluate;
    options.protocol_folder = test::protocol_folder();
    EXPECT_EQ(options.problem(), "");
    EXPECT_NO_THROW(evaluate_protocols(options));
  }
}

TEST(ShippedConfigs, ProtocolsHaveNoProblemAndSayWhereTheyComeFrom) {
  const auto files = ini_files("protocols");
  ASSERT_GE(files.size(), 30u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const metrics::Protocol protocol = read_protocol(file);
    EXPECT_EQ(protocol.problem(), "");
    EXPECT_FALSE(protocol.description.empty());
    EXPECT_FALSE(protocol.source.empty());
  }
}

TEST(ShippedConfigs, ModelCardsNameWeightsThatAreThere) {
  const auto files = ini_files("models");
  ASSERT_GE(files.size(), 19u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const auto card = networks::read_model_card(file);
    EXPECT_EQ(card.problem(), "");
    EXPECT_TRUE(card.path.empty() || fs::exists(card.path)) << card.path;
  }
}

TEST(ShippedConfigs, TrainingsChooseTheirBestByAMetricOfTheirProtocol) {
  const auto files = ini_files("train");
  ASSERT_GE(files.size(), 2u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    auto options = sd_convtrans::read_train_options(file);
    EXPECT_EQ(options.problem(), "");
    EXPECT_TRUE(options.init.empty() || fs::exists(options.init)) << options.init;
    const auto protocol = find_protocol(options.protocol, test::protocol_folder());
    EXPECT_EQ(sd_convtrans::validation_problem(options, protocol), "");
    options.best = "none_such";
    EXPECT_THAT(sd_convtrans::validation_problem(options, protocol), HasSubstr("none_such"));
  }
}

}  // namespace
}  // namespace depthmill
