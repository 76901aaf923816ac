#include "tests/support/exr_file.h"

#include <ImathBox.h>
#include <ImfChannelList.h>
#include <ImfDeepFrameBuffer.h>
#include <ImfDeepScanLineOutputFile.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfInputFile.h>
#include <ImfMultiPartOutputFile.h>
#include <ImfOutputFile.h>
#include <ImfOutputPart.h>
#include <ImfPartType.h>
#include <ImfTiledOutputFile.h>
#include <half.h>

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;

Imf::PixelType type_of(const ExrTestChannel& channel) {
  return channel.samples.type() == CV_32SC1 ? Imf::UINT : channel.half ? Imf::HALF : Imf::FLOAT;
}

Imf::Header header_of(const ExrTestFile& what, const std::vector<ExrTestChannel>& channels) {
  const cv::Size size = channels.front().samples.size();
  const cv::Size picture = what.picture.area() > 0 ? what.picture : size;
  const Imath::V2i from(what.at.x, what.at.y);
  Imf::Header header({{0, 0}, {picture.width - 1, picture.height - 1}},
                     {from, from + Imath::V2i(size.width - 1, size.height - 1)});
  header.compression() = static_cast<Imf::Compression>(what.compression);
  for (const ExrTestChannel& channel : channels)
    header.channels().insert(channel.name, Imf::Channel(type_of(channel)));
  if (what.tile > 0)
    header.setTileDescription({static_cast<unsigned>(what.tile), static_cast<unsigned>(what.tile)});
  return header;
}

// The samples as they are written, and where the library finds them.
struct Buffers {
  std::vector<cv::Mat> kept;
  Imf::FrameBuffer frame;
};

Buffers buffers_of(const ExrTestFile& what, const std::vector<ExrTestChannel>& channels) {
  Buffers buffers;
  for (const ExrTestChannel& channel : channels) {
    cv::Mat samples = channel.samples.clone();
    if (type_of(channel) == Imf::HALF) {
      samples = cv::Mat(samples.size(), CV_16UC1);
      for (int i = 0; i < samples.rows; ++i)
        for (int j = 0; j < samples.cols; ++j)
          samples.at<unsigned short>(i, j) = half(channel.samples.at<float>(i, j)).bits();
    }
    const auto pixel = samples.elemSize(), row = pixel * static_cast<std::size_t>(samples.cols);
    char* base = reinterpret_cast<char*>(samples.data) - static_cast<std::ptrdiff_t>(row) * what.at.y -
                 static_cast<std::ptrdiff_t>(pixel) * what.at.x;
    buffers.frame.insert(channel.name, Imf::Slice(type_of(channel), base, pixel, row));
    buffers.kept.push_back(samples);
  }
  return buffers;
}

}  // namespace

void write_exr(const fs::path& file, const ExrTestFile& what) {
  if (what.parts.size() > 1) {
    std::vector<Imf::Header> headers;
    for (const auto& channels : what.parts) {
      headers.push_back(header_of(what, channels));
      headers.back().setName("part" + std::to_string(headers.size()));
      headers.back().setType(Imf::SCANLINEIMAGE);
    }
    Imf::MultiPartOutputFile out(file.c_str(), headers.data(), static_cast<int>(headers.size()));
    for (std::size_t p = 0; p < what.parts.size(); ++p) {
      const Buffers buffers = buffers_of(what, what.parts[p]);
      Imf::OutputPart part(out, static_cast<int>(p));
      part.setFrameBuffer(buffers.frame);
      part.writePixels(what.parts[p].front().samples.rows);
    }
    return;
  }
  const auto& channels = what.parts.front();
  const Buffers buffers = buffers_of(what, channels);
  if (what.tile > 0) {
    Imf::TiledOutputFile out(file.c_str(), header_of(what, channels));
    out.setFrameBuffer(buffers.frame);
    out.writeTiles(0, out.numXTiles() - 1, 0, out.numYTiles() - 1);
  } else {
    Imf::OutputFile out(file.c_str(), header_of(what, channels));
    out.setFrameBuffer(buffers.frame);
    out.writePixels(channels.front().samples.rows);
  }
}

void write_exr(const fs::path& file, const std::vector<ExrTestChannel>& channels) {
  write_exr(file, ExrTestFile{.parts = {channels}});
}

cv::Mat read_exr(const fs::path& file, const std::string& channel) {
  Imf::InputFile in(file.c_str());
  const Imath::Box2i window = in.header().dataWindow();
  cv::Mat samples(window.max.y - window.min.y + 1, window.max.x - window.min.x + 1, CV_32FC1);
  const auto row = samples.step[0];
  char* base = reinterpret_cast<char*>(samples.data) - static_cast<std::ptrdiff_t>(row) * window.min.y -
               static_cast<std::ptrdiff_t>(sizeof(float)) * window.min.x;
  Imf::FrameBuffer frame;
  frame.insert(channel, Imf::Slice(Imf::FLOAT, base, sizeof(float), row));
  in.setFrameBuffer(frame);
  in.readPixels(window.min.y, window.max.y);
  return samples;
}

void write_deep_exr(const fs::path& file) {
  Imf::Header header(1, 1);
  header.setType(Imf::DEEPSCANLINE);
  header.compression() = Imf::ZIPS_COMPRESSION;
  header.channels().insert("Z", Imf::Channel(Imf::FLOAT));
  unsigned count = 2;
  float samples[2] = {1, 2};
  float* first = samples;
  Imf::DeepFrameBuffer frame;
  frame.insertSampleCountSlice(Imf::Slice(Imf::UINT, reinterpret_cast<char*>(&count), 0, 0));
  frame.insert("Z", Imf::DeepSlice(Imf::FLOAT, reinterpret_cast<char*>(&first), 0, 0, sizeof(float)));
  Imf::DeepScanLineOutputFile out(file.c_str(), header);
  out.setFrameBuffer(frame);
  out.writePixels(1);
}

}  // namespace depthmill::test
