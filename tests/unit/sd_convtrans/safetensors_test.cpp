// safetensors: the header, and checkpoints in it.
#include "stages/networks/sd_convtrans/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <functional>

#include "stages/networks/sd_convtrans/network.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal_of(const std::string& json, std::size_t data_bytes) {
  try {
    parse_safetensors(json, data_bytes);
  } catch (const SafetensorsError& e) {
    return e.what();
  }
  return "";
}

TEST(Safetensors, AHeaderIsReadAndWrittenAgain) {
  const std::string json =
      R"({"__metadata__": {"format":"pt"}, "\u00e9.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b" : {"data_offsets":[24,26], "shape":[], "dtype":"BF16"}}  )";
  const SafetensorsHeader header = parse_safetensors(json, 26);
  EXPECT_EQ(header.metadata.at("format"), "pt");
  const SafeTensor& weight = header.tensors.at("\xC3\xA9.weight");
  EXPECT_EQ(weight.type, StorageType::kFloat);
  EXPECT_THAT(weight.shape, ElementsAre(2, 3));
  EXPECT_EQ(header.tensors.at("b").begin, 24u);
  const std::string text = safetensors_text(header);
  EXPECT_EQ(text.size() % 8, 0u);
  const std::size_t size = safetensors_header_size(text, text.size() + 26);
  EXPECT_EQ(size + 8, text.size());
  EXPECT_EQ(parse_safetensors(text.substr(8), 26), header);
}

TEST(Safetensors, WhatTheFormatForbidsIsNamed) {
  const auto one = [](const std::string& inside) { return R"({"a":{)" + inside + "}}"; };
  const std::string good = R"("dtype":"U8","shape":[2],"data_offsets":[0,2])";
  EXPECT_EQ(refusal_of(one(good), 2), "");
  EXPECT_THAT(refusal_of(one(good), 3), HasSubstr("3 lie behind the header"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"U8","shape":[2],"data_offsets":[1,3])"), 3), HasSubstr("gap"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"U8","shape":[2],"data_offsets":[2,0])"), 2),
              HasSubstr("no beginning"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,2])"), 2),
              HasSubstr("'a' has 2 bytes"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2])"), 2),
              HasSubstr("'F8_E4M3'"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"U8","shape":[2])"), 0), HasSubstr("lacks"));
  EXPECT_THAT(refusal_of(one(good + "," + good), 2), HasSubstr("twice"));
  EXPECT_THAT(refusal_of(R"({"a":{)" + good + R"(},"a":{)" + good + "}}", 2), HasSubstr("twice"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"F64","shape":[9223372036854775807,9],"data_offsets":[0,8])"), 8),
              HasSubstr("has 8 bytes"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,2])"), 2),
              HasSubstr("too large"));
  EXPECT_THAT(refusal_of(one(R"("dtype":"U8","shape":[-2],"data_offsets":[0,2])"), 2),
              HasSubstr("whole number"));
  EXPECT_THAT(refusal_of(one(good) + "x", 2), HasSubstr("follows"));
  EXPECT_THAT(refusal_of(one(good).substr(0, 20), 2), HasSubstr("ends before"));
  EXPECT_THROW(safetensors_header_size(std::string(8, '\xFF'), 1000), SafetensorsError);
  EXPECT_THROW(safetensors_header_size("short", 5), SafetensorsError);
}

networks::Tensor answer_of(const std::filesystem::path& file) {
  const auto net = load_network({.file = file, .device = "cpu"});
  networks::Tensor picture = networks::make_tensor({1, 3, net->picture().height, net->picture().width});
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture.data.get()[i] = static_cast<float>(i * 2654435761u % 256) / 255.0f;
  return net->forward(picture);
}

double apart(const networks::Tensor& a, const networks::Tensor& b) {
  EXPECT_EQ(a.shape, b.shape);
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max<double>(most, std::abs(a.data.get()[i] - b.data.get()[i]));
  return most;
}

TEST(Safetensors, ACheckpointGoesThereAndBack) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 7, folder / "net.pth");
  const networks::Exported there = export_engine(folder / "net.pth", folder / "net.safetensors");
  EXPECT_EQ(there.engine, "sd-convtrans");
  EXPECT_EQ(there.remark, "");
  EXPECT_EQ(checkpoint_sizes(folder / "net.safetensors"), small_sizes());
  export_engine(folder / "net.safetensors", folder / "back.pth");
  const networks::Tensor first = answer_of(folder / "net.pth");
  EXPECT_EQ(apart(first, answer_of(folder / "net.safetensors")), 0);
  EXPECT_EQ(apart(first, answer_of(folder / "back.pth")), 0);
  // The same network again is the same file.
  export_engine(folder / "back.pth", folder / "again.safetensors");
  EXPECT_TRUE(test::file_text(folder / "net.safetensors") == test::file_text(folder / "again.safetensors"));
}

// Weights of bfloat16 are the upper half of float32's bits.
TEST(Safetensors, Bfloat16WeightsAreTakenAsTheFloatsThatTheyAre) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 7, folder / "whole.safetensors");
  const std::string whole = test::file_text(folder / "whole.safetensors");
  const std::size_t data = 8 + safetensors_header_size(whole, whole.size());
  const SafetensorsHeader header = parse_safetensors(whole.substr(8, data - 8), whole.size() - data);
  SafetensorsHeader half = header, cut = header;
  std::string half_bytes, cut_bytes = whole.substr(data);
  for (const auto& [name, tensor] : header.tensors) {
    SafeTensor& stored = half.tensors[name];
    const bool floats = tensor.type == StorageType::kFloat;
    stored.begin = half_bytes.size();
    for (std::size_t at = tensor.begin; at < tensor.end; at += 4)
      if (floats) {
        half_bytes.append(whole, data + at + 2, 2);
        cut_bytes[at] = cut_bytes[at + 1] = '\0';
      } else {
        half_bytes.append(whole, data + at, 4);
      }
    stored.end = half_bytes.size();
    if (floats) stored.type = StorageType::kBFloat16;
  }
  std::ofstream(folder / "half.safetensors", std::ios::binary) << safetensors_text(half) << half_bytes;
  std::ofstream(folder / "cut.safetensors", std::ios::binary) << safetensors_text(cut) << cut_bytes;
  const networks::Tensor from_half = answer_of(folder / "half.safetensors");
  EXPECT_EQ(apart(from_half, answer_of(folder / "cut.safetensors")), 0);
  EXPECT_GT(apart(from_half, answer_of(folder / "whole.safetensors")), 0);
}

TEST(Safetensors, ADamagedFileIsNamed) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 7, folder / "net.safetensors");
  const std::string whole = test::file_text(folder / "net.safetensors");
  std::ofstream(folder / "cut.safetensors", std::ios::binary) << whole.substr(0, whole.size() - 1);
  std::ofstream(folder / "text.safetensors") << "no weights at all";
  for (const char* name : {"cut.safetensors", "text.safetensors", "absent.safetensors"}) {
    try {
      load_network({.file = folder / name, .device = "cpu"});
      ADD_FAILURE() << name;
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(name));
    }
  }
}

}  // namespace
}  // namespace depthmill::sd_convtrans
