#include "stages/scoring/protocol_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "metrics/explain.h"
#include "metrics/sentence.h"
#include "stages/io/ini_folder.h"
#include "stages/io/text_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

std::string message_of(const std::string& text) {
  try {
    parse_protocol(text, "some/mine.ini");
  } catch (const io::TextFileError& e) {
    return e.what();
  }
  return "no error";
}

TEST(ProtocolFile, EveryShippedProtocolReadsAndWritesBack) {
  const auto names = io::list_ini(test::protocol_folder());
  for (const char* name : {"eigen",
                           "eigen-nocrop",
                           "garg",
                           "adabins",
                           "newcrfs",
                           "glpdepth",
                           "idisc",
                           "zoedepth",
                           "depth-anything-v2",
                           "depth-anything-v2-max20",
                           "unidepth",
                           "metric3d",
                           "metric3d-median",
                           "metric3d-scale-shift",
                           "midas",
                           "marigold",
                           "marigold-disparity",
                           "marigold-nocrop",
                           "mdec-median",
                           "laina",
                           "hu",
                           "densedepth",
                           "densedepth-corrected",
                           "fastdepth",
                           "sd-convtrans",
                           "kitti-garg",
                           "completion-nyu",
                           "completion-holdout",
                           "ultralytics",
                           "ultralytics-none",
                           "p2net",
                           "monst3r",
                           "cut3r"})
    EXPECT_TRUE(std::find(names.begin(), names.end(), name) != names.end()) << name;

  std::set<std::string> sentences;
  for (const auto& name : names) {
    const auto protocol = find_protocol(name, test::protocol_folder());
    EXPECT_EQ(protocol.problem(), "") << name;
    EXPECT_FALSE(protocol.description.empty() || protocol.source.empty()) << name;
    const std::string text = protocol_text(protocol);
    EXPECT_EQ(protocol_text(parse_protocol(text, name + ".ini")), text) << name;
    sentences.insert(metrics::protocol_sentence(protocol));
  }
  // Protocols that score differently read differently; monst3r and cut3r are one protocol with two names.
  EXPECT_EQ(sentences.size(), names.size() - 1);
}

// From every protocol to every other, one change at a time, and each step can be scored and written.
TEST(ProtocolFile, TheWayBetweenAnyTwoProtocolsCanBeExplained) {
  const std::vector<std::string> everything = {"all"};
  const auto all = find_protocols(everything, test::protocol_folder());
  for (const auto& from : all)
    for (const auto& to : all) {
      const auto chain = metrics::explain_chain(from, to);
      for (const auto& step : chain)
        ASSERT_EQ(step.protocol.problem(), "") << from.name << " to " << to.name << ": " << step.change;
      // The last step scores as `to` does, whatever its name and the metrics of `from` beside.
      metrics::Protocol last = chain.back().protocol;
      last.metrics = to.metrics;
      std::erase_if(last.averaging_of, [&](const auto& one) {
        return std::find(to.metrics.begin(), to.metrics.end(), one.first) == to.metrics.end();
      });
      for (const auto& key : to.metrics)
        EXPECT_EQ(last.averaging_for(key), to.averaging_for(key)) << from.name << " to " << to.name;
      last.averaging = to.averaging, last.averaging_of = to.averaging_of;
      EXPECT_EQ(metrics::protocol_sentence(last), metrics::protocol_sentence(to))
          << from.name << " to " << to.name;
    }
}

TEST(ProtocolFile, EigenIsWhatItsSourceSays) {
  const auto eigen = find_protocol("eigen", test::protocol_folder());
  EXPECT_EQ(eigen.crop.row0, 45);
  EXPECT_EQ(eigen.crop.col1, 601);
  EXPECT_EQ(eigen.crop.of_cols, 640);
  EXPECT_FALSE(eigen.range.min_inclusive);
  EXPECT_EQ(eigen.clamp_at, metrics::ClampAt::kAfterAlign);
  EXPECT_EQ(eigen.nan_to, 0.001);
  EXPECT_EQ(eigen.inf_to, 10);
  // The loaders cut to millimetres when they export; what is given here is scored as it is.
  EXPECT_EQ(eigen.gt_rounding, metrics::GtRounding::kNone);
}

TEST(ProtocolFile, AnErrorNamesFileLineAndTheNearestName) {
  EXPECT_EQ(message_of("[metrics]\nlist = abs_rel\n[valid]\ncrops = none\n"),
            "some/mine.ini:4: unknown key 'crops' in [valid]; did you mean 'crop'?");
  EXPECT_EQ(message_of("[metrics]\nlist = abs_rel, rsme\n"),
            "some/mine.ini:2: metrics.list: there is no metric 'rsme'; did you mean 'rmse'?");
  EXPECT_NE(message_of("[metrics]\nlist = mae\n[align]\nkind = medain\n").find("mine.ini:4"),
            std::string::npos);
  EXPECT_NE(message_of("[metrics]\nlist = mae\n[valid]\nmin = far\n").find("mine.ini:4"), std::string::npos);
  EXPECT_NE(message_of("[metrics]\nlist = mae\n[valid]\ncrop = pixels 1:2\n").find("mine.ini:4"),
            std::string::npos);
  EXPECT_NE(message_of("[valid]\nmin = 1\n").find("metrics"), std::string::npos);
}

TEST(ProtocolFile, AnUnknownNameListsWhatThereIs) {
  try {
    find_protocol("eigne", test::protocol_folder());
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean 'eigen'"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("marigold"), std::string::npos);
  }
}

TEST(ProtocolFile, AllMeansEachOnce) {
  const std::vector<std::string> wanted = {"eigen", "all"};
  const auto protocols = find_protocols(wanted, test::protocol_folder());
  EXPECT_EQ(protocols.size(), io::list_ini(test::protocol_folder()).size());
  EXPECT_EQ(protocols.front().name, "eigen");
}

}  // namespace
}  // namespace depthmill
