// The module behind exr_codec.h, which alone links OpenEXRCore.
#include <OpenEXR/openexr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "stages/io/exr_codec.h"

namespace {

using depthmill::io::ExrOutcome;
using depthmill::io::ExrPlane;
using depthmill::io::ExrRequest;

constexpr std::size_t kSampleBytes = 4;

// What the library said last; its callback is handed nothing of ours.
thread_local std::string said;

void keep_message(exr_const_context_t, exr_result_t, const char* message) { said = message; }

void check(exr_result_t result) {
  if (result == EXR_ERR_SUCCESS) return;
  throw std::runtime_error(said.empty() ? exr_get_default_error_message(result) : said);
}

struct Source {
  std::span<const std::uint8_t> bytes;
  bool ends_early = false;
};

std::int64_t read_source(exr_const_context_t, void* user, void* to, std::uint64_t size, std::uint64_t offset,
                         exr_stream_error_func_ptr_t) {
  auto& source = *static_cast<Source*>(user);
  const std::uint64_t there = offset < source.bytes.size() ? source.bytes.size() - offset : 0;
  if (size > there) source.ends_early = true;
  size = std::min(size, there);
  if (size > 0) std::memcpy(to, source.bytes.data() + offset, size);
  return static_cast<std::int64_t>(size);
}

std::int64_t size_of_source(exr_const_context_t, void* user) {
  return static_cast<std::int64_t>(static_cast<Source*>(user)->bytes.size());
}

// The file while it is read.
class Context {
 public:
  explicit Context(Source& source) {
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = keep_message;
    how.user_data = &source;
    how.read_fn = read_source;
    how.size_fn = size_of_source;
    how.flags = EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;  // a file without its table is cut short
    check(exr_start_read(&context_, "the file", &how));
  }
  ~Context() { exr_finish(&context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  exr_context_t get() const { return context_; }

 private:
  exr_context_t context_ = nullptr;
};

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16, exponent = half >> 10 & 31U, fraction = half & 0x3ffU;
  if (exponent == 0) return (sign ? -1.F : 1.F) * std::ldexp(static_cast<float>(fraction), -24);
  const std::uint32_t wider = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wider << 23 | fraction << 13);
}

// Where the samples of a chunk go.
struct Target {
  const ExrRequest& request;
  std::size_t row, col;  // of the chunk in the data window

  std::uint8_t* line_of(const exr_coding_channel_info_t& channel, std::size_t line) const {
    for (const ExrPlane& plane : request.planes)
      if (std::strcmp(channel.channel_name, plane.channel) == 0)
        return plane.samples + kSampleBytes * ((row + line) * request.cols + col);
    return nullptr;
  }
};

void copy_line(const std::uint8_t* from, const exr_coding_channel_info_t& channel, std::uint8_t* to) {
  if (channel.data_type != EXR_PIXEL_HALF) {
    std::memcpy(to, from, kSampleBytes * static_cast<std::size_t>(channel.width));
    return;
  }
  for (int i = 0; i < channel.width; ++i, from += sizeof(std::uint16_t), to += sizeof(float)) {
    std::uint16_t half;
    std::memcpy(&half, from, sizeof half);
    const float value = half_to_float(half);
    std::memcpy(to, &value, sizeof value);
  }
}

// In place of the library's own, of which 3.1 reads past its samples where some channels are not wanted, or where
// channels are of different widths. A chunk is its lines, each the channels one after the other.
exr_result_t unpack(exr_decode_pipeline_t* pipeline) {
  const exr_chunk_info_t& chunk = pipeline->chunk;
  // Samples that nobody packed, of which some are missing, would be whatever lay in the memory.
  if (!pipeline->unpacked_buffer || (!pipeline->decompress_fn && chunk.packed_size != chunk.unpacked_size))
    return EXR_ERR_CORRUPT_CHUNK;
  const auto& target = *static_cast<const Target*>(pipeline->decoding_user_data);
  const auto* from = static_cast<const std::uint8_t*>(pipeline->unpacked_buffer);
  std::uint64_t left = chunk.unpacked_size;
  for (int line = 0; line < chunk.height; ++line)
    for (int c = 0; c < pipeline->channel_count; ++c) {
      const exr_coding_channel_info_t& channel = pipeline->channels[c];
      if (channel.y_samples > 1 && (chunk.start_y + line) % channel.y_samples != 0) continue;
      const auto size =
          static_cast<std::uint64_t>(channel.width) * static_cast<std::uint64_t>(channel.bytes_per_element);
      if (channel.width < 0 || size > left) return EXR_ERR_CORRUPT_CHUNK;
      if (std::uint8_t* to = target.line_of(channel, static_cast<std::size_t>(line))) {
        if (channel.width != chunk.width) return EXR_ERR_CORRUPT_CHUNK;
        copy_line(from, channel, to);
      }
      from += size;
      left -= size;
    }
  return EXR_ERR_SUCCESS;
}

// What the library needs for one chunk. A new one for each: kept ones are a source of mistakes, not of speed.
class Pipeline {
 public:
  Pipeline(exr_context_t context, int part, const exr_chunk_info_t& chunk) : context_(context), part_(part) {
    check(exr_decoding_initialize(context_, part_, &chunk, &pipeline_));
  }
  ~Pipeline() { exr_decoding_destroy(context_, &pipeline_); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void run(Target& target) {
    check(exr_decoding_choose_default_routines(context_, part_, &pipeline_));
    pipeline_.unpack_and_convert_fn = unpack;
    pipeline_.decoding_user_data = &target;
    check(exr_decoding_run(context_, part_, &pipeline_));
  }

 private:
  exr_context_t context_;
  int part_;
  exr_decode_pipeline_t pipeline_ = EXR_DECODE_PIPELINE_INITIALIZER;
};

// `row`, `col`: where the chunk begins in the data window.
void decode_chunk(const Context& context, const ExrRequest& request, const exr_chunk_info_t& chunk,
                  std::size_t row, std::size_t col) {
  if (chunk.width < 0 || chunk.height < 0 || row + static_cast<std::size_t>(chunk.height) > request.rows ||
      col + static_cast<std::size_t>(chunk.width) > request.cols)
    throw std::runtime_error("a part of it reaches beyond its data window");
  Target target{request, row, col};
  Pipeline(context.get(), request.part, chunk).run(target);
}

void decode_lines(const Context& context, const ExrRequest& request, int top) {
  std::int32_t lines = 0;
  check(exr_get_scanlines_per_chunk(context.get(), request.part, &lines));
  if (lines < 1) throw std::runtime_error("it has no lines");
  for (std::size_t row = 0; row < request.rows; row += static_cast<std::size_t>(lines)) {
    exr_chunk_info_t chunk;
    check(exr_read_scanline_chunk_info(context.get(), request.part, top + static_cast<int>(row), &chunk));
    decode_chunk(context, request, chunk, row, 0);
  }
}

void decode_tiles(const Context& context, const ExrRequest& request) {
  std::int32_t width = 0, height = 0;
  check(exr_get_tile_sizes(context.get(), request.part, 0, 0, &width, &height));
  if (width < 1 || height < 1) throw std::runtime_error("its tiles have no pixels");
  const auto tile_rows = static_cast<std::size_t>(height), tile_cols = static_cast<std::size_t>(width);
  for (std::size_t y = 0; y * tile_rows < request.rows; ++y)
    for (std::size_t x = 0; x * tile_cols < request.cols; ++x) {
      exr_chunk_info_t chunk;
      check(exr_read_tile_chunk_info(context.get(), request.part, static_cast<int>(x), static_cast<int>(y), 0,
                                     0, &chunk));
      decode_chunk(context, request, chunk, y * tile_rows, x * tile_cols);
    }
}

void decode(const ExrRequest& request, Source& source) {
  const Context context(source);
  exr_attr_box2i_t window;
  check(exr_get_data_window(context.get(), request.part, &window));
  const auto length = [](std::int32_t from, std::int32_t to) { return std::int64_t{to} - from + 1; };
  if (length(window.min.y, window.max.y) != static_cast<std::int64_t>(request.rows) ||
      length(window.min.x, window.max.x) != static_cast<std::int64_t>(request.cols))
    throw std::runtime_error("its header says two sizes");
  exr_storage_t storage = EXR_STORAGE_LAST_TYPE;
  check(exr_get_storage(context.get(), request.part, &storage));
  if (storage == EXR_STORAGE_SCANLINE)
    decode_lines(context, request, window.min.y);
  else if (storage == EXR_STORAGE_TILED)
    decode_tiles(context, request);
  else
    throw std::runtime_error("it has many samples a pixel");
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void depthmill_decode_exr(const ExrRequest& request,
                                                                            ExrOutcome& outcome) {
  said.clear();
  Source source{request.bytes};
  try {
    decode(request, source);
  } catch (const std::exception& e) {
    outcome = {e.what(), source.ends_early};
  }
}
