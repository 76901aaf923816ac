#include "stages/networks/model_card.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "stages/io/ini_folder.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::filesystem::path write_card(const test::ScratchFolder& folder, const std::string& text) {
  const auto file = folder / "net.ini";
  std::ofstream(file) << text;
  return file;
}

std::string failure_of(const std::string& text) {
  test::ScratchFolder folder;
  try {
    read_model_card(write_card(folder, text));
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

TEST(ModelCard, ReadsEveryKey) {
  test::ScratchFolder folder;
  const ModelCard card = read_model_card(write_card(folder, R"(
[model]
name = Net-L
path = weights/net.pt
source = https://example.org/net, transforms.py
licence = MIT
note = "two # words"
[input]
crop = 16, 8, 448, 624
crop_of = 480x640
rule = lower_bound
size = 518x686
multiple_of = 14
rounding = up
filter = opencv_cubic
pad_multiple_of = 4
pad = reflect
pad_position = centre
pad_value = 1, 2, 3
colour = bgr
range = 255
mean = 123.675, 116.28, 103.53
std = 58.395, 57.12, 57.375
[output]
kind = monodepth
select = depth
scale = 5.4
min_depth = 0.1
max_depth = 100
canonical_focal = 1000
focal = 518.8579
focal_of = 480x640
resize = torch_bilinear_align_corners
outside = edge
)"));
  EXPECT_EQ(card.name, "Net-L");
  EXPECT_EQ(card.path, folder / "weights/net.pt") << "relative to the card";
  EXPECT_EQ(card.note, "two # words");
  EXPECT_EQ(card.crop, cv::Rect(8, 16, 624, 448));
  EXPECT_EQ(card.crop_of, cv::Size(640, 480));
  EXPECT_EQ(card.rule, ResizeRule::kLowerBound);
  EXPECT_EQ(card.size, cv::Size(686, 518)) << "height first in the file";
  EXPECT_EQ(card.multiple_of, 14);
  EXPECT_EQ(card.rounding, RoundRule::kUp);
  EXPECT_EQ(card.filter, ResizeFilter::kOpencvCubic);
  EXPECT_FALSE(card.resize_uint8);
  EXPECT_EQ(card.pad_multiple_of, 4);
  EXPECT_EQ(card.pad, PadKind::kReflect);
  EXPECT_TRUE(card.pad_centre);
  EXPECT_EQ(card.pad_value[2], 3);
  EXPECT_TRUE(card.bgr);
  EXPECT_EQ(card.range, 255);
  EXPECT_EQ(card.mean[1], 116.28);
  EXPECT_EQ(card.std[0], 58.395);
  EXPECT_EQ(card.kind, OutputKind::kMonodepth);
  EXPECT_EQ(card.select, "depth");
  EXPECT_EQ(card.scale, 5.4);
  EXPECT_EQ(card.max_depth, 100);
  EXPECT_EQ(card.canonical_focal, 1000);
  EXPECT_EQ(card.focal_of, cv::Size(640, 480));
  EXPECT_EQ(card.resize, ResizeFilter::kTorchBilinearCorners);
  EXPECT_TRUE(card.outside_edge);

  // What is written reads back to what writes the same.
  const std::string text = io::keys_text(model_card_keys(), card);
  std::ofstream(folder / "again.ini") << text;
  EXPECT_EQ(io::keys_text(model_card_keys(), read_model_card(folder / "again.ini")), text);
}

TEST(ModelCard, AnEmptyCardIsTheDefault) {
  test::ScratchFolder folder;
  const ModelCard card = read_model_card(write_card(folder, ""));
  ModelCard plain;
  plain.name = "net";
  EXPECT_EQ(io::keys_text(model_card_keys(), card), io::keys_text(model_card_keys(), plain));
}

TEST(ModelCard, PilFiltersResize8BitPictures) {
  test::ScratchFolder folder;
  EXPECT_TRUE(read_model_card(write_card(folder, "[input]\nfilter = pil_bilinear\n")).resize_uint8);
  EXPECT_FALSE(read_model_card(write_card(folder, "[input]\nfilter = pil_bilinear\nresize_on = float\n"))
                   .resize_uint8);
}

TEST(ModelCard, UnknownKeysNameKeyFileLineAndNeighbour) {
  EXPECT_THAT(failure_of("[input]\nrule = keep\nmultiple_off = 32\n"),
              AllOf(HasSubstr("net.ini:3"), HasSubstr("multiple_off"), HasSubstr("'multiple_of'")));
  EXPECT_THAT(failure_of("[outputs]\nkind = metric\n"),
              AllOf(HasSubstr("net.ini:"), HasSubstr("outputs"), HasSubstr("'output'")));
  EXPECT_THAT(failure_of("[output]\nkind = metrik\n"), AllOf(HasSubstr(":2"), HasSubstr("'metric'")));
}

TEST(ModelCard, ValuesThatContradictEachOtherAreNamed) {
  EXPECT_THAT(failure_of("[input]\nrule = exact\n"), HasSubstr("input.size"));
  EXPECT_THAT(failure_of("[input]\nsize = 384x384\n"), HasSubstr("rule = keep"));
  EXPECT_THAT(failure_of("[input]\nrule = exact\nsize = 384\n"), HasSubstr("HEIGHTxWIDTH"));
  EXPECT_THAT(failure_of("[input]\nstd = 1, 0, 1\n"), HasSubstr("input.std"));
  EXPECT_THAT(failure_of("[input]\nmean = 0.5\n"), HasSubstr("3 numbers"));
  EXPECT_THAT(failure_of("[input]\nrange = 2\n"), HasSubstr("input.range"));
  EXPECT_THAT(failure_of("[input]\ncrop = 1, 2, 3\n"), HasSubstr("top, left, height, width"));
  EXPECT_THAT(failure_of("[input]\ncrop = 1, 2, 3, 4\n"), HasSubstr("input.crop_of is missing"));
  EXPECT_THAT(failure_of("[input]\ncrop_of = 3x4\n"), HasSubstr("no effect without input.crop"));
  EXPECT_THAT(failure_of("[input]\ncrop = 1, 2, 3, 4\ncrop_of = 4x5\n"), HasSubstr("does not lie in"));
  EXPECT_THAT(failure_of("[input]\npad_to = 10x10\npad_multiple_of = 4\n"), HasSubstr("exclude"));
  EXPECT_THAT(failure_of("[output]\nkind = normalised\n"), HasSubstr("output.max_depth"));
  EXPECT_THAT(failure_of("[output]\nkind = disparity\nmax_depth = 10\n"), HasSubstr("disparity"));
  EXPECT_THAT(failure_of("[output]\nmin_depth = 3\nmax_depth = 2\n"), HasSubstr("above output.min_depth"));
  EXPECT_THAT(failure_of("[output]\nfocal = 500\n"), HasSubstr("canonical_focal"));
  EXPECT_THAT(failure_of("[output]\ncanonical_focal = 1000\nfocal = 500\n"),
              HasSubstr("output.focal_of is missing"));
  EXPECT_THAT(failure_of("[output]\nfocal_of = 3x4\n"), HasSubstr("no effect without output.focal"));
}

TEST(FindModelCard, ABareFileGetsTheDefaultCard) {
  test::ScratchFolder folder;
  std::ofstream(folder / "mean.pt") << "x";
  const ModelCard card = find_model_card((folder / "mean.pt").string());
  EXPECT_EQ(card.name, "mean");
  EXPECT_EQ(card.path, folder / "mean.pt");
  EXPECT_EQ(card.rule, ResizeRule::kKeep);
  EXPECT_EQ(card.kind, OutputKind::kMetric);
}

TEST(FindModelCard, ACardBesideAFileCountsWhenItNamesIt) {
  test::ScratchFolder folder;
  std::ofstream(folder / "net.pt") << "x";
  std::ofstream(folder / "other.pt") << "x";
  write_card(folder, "[model]\nname = Net\npath = net.pt\n[output]\nscale = 2\n");  // net.ini
  EXPECT_EQ(find_model_card((folder / "net.pt").string()).name, "Net");
  EXPECT_EQ(find_model_card((folder / "net.pt").string()).scale, 2);
  write_card(folder, "[model]\nname = Net\npath = other.pt\n");
  EXPECT_EQ(find_model_card((folder / "net.pt").string()).name, "net");
  write_card(folder, "[model]\npath = net.pt\n[output]\nscael = 2\n");
  EXPECT_THROW(find_model_card((folder / "net.pt").string()), std::runtime_error)
      << "a mistake is not passed over";
}

TEST(FindModelCard, ACheckpointByItselfDoesNotSayWhatGoesAroundIt) {
  test::ScratchFolder folder;
  std::ofstream(folder / "net.safetensors") << "x";
  try {
    find_model_card((folder / "net.safetensors").string());
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("net.safetensors"), HasSubstr("sd-convtrans"), HasSubstr("--weights")));
  }
}

TEST(FindModelCard, NamesAreLookedUpAndWeightsReplaced) {
  test::ScratchFolder folder;
  write_card(folder, "[model]\npath = absent.pt\n");
  std::ofstream(folder / "mine.pt") << "x";
  EXPECT_EQ(find_model_card("net", folder.path(), folder / "mine.pt").path, folder / "mine.pt");
  try {
    find_model_card("nett", folder.path());
    FAIL() << "an unknown name was accepted";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("'nett'"), HasSubstr("did you mean 'net'")));
  }
}

TEST(FindModelCard, MissingWeightsSayWhatToDo) {
  test::ScratchFolder folder;
  auto why = [&](const std::string& text) {
    try {
      find_model_card(write_card(folder, text).string());
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(why("[model]\nname = dpt\n"), AllOf(HasSubstr("'dpt'"), HasSubstr("--weights")));
  EXPECT_THAT(why("[model]\npath = gone.pt\n"), HasSubstr("gone.pt"));
  EXPECT_EQ(why("[model]\nbackend = constant\n"), "");
}

// Every card that is shipped is read, says where its values come from and under which licence its weights
// are.
TEST(ShippedCards, AreSound) {
  const std::filesystem::path folder = std::filesystem::path(test::kConfigs) / "models";
  const auto names = io::list_ini(folder);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const ModelCard card = read_model_card(folder / (name + ".ini"));
    EXPECT_EQ(card.problem(), "");
    EXPECT_FALSE(card.source.empty());
    EXPECT_EQ(card.licence.empty(), card.backend != "torchscript");
  }
}

// The example in docs/exporting.md is a card that can be read, and shows every key there is.
TEST(Documentation, ExampleCardShowsEveryKey) {
  std::ifstream in(std::filesystem::path(test::kConfigs).parent_path() / "docs" / "exporting.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  const auto start = page.find("```ini\n");
  ASSERT_NE(start, std::string::npos);
  const std::string example = page.substr(start + 7, page.find("```", start + 7) - start - 7);
  test::ScratchFolder folder;
  const auto file = write_card(folder, example);
  EXPECT_NO_THROW(read_model_card(file));
  for (const io::Key<ModelCard>& key : model_card_keys()) EXPECT_THAT(example, HasSubstr(key.name + " = "));
}

}  // namespace
}  // namespace depthmill::networks
