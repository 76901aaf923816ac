#include "stages/io/jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

// After <cstdio>, which it uses without saying so.
#include <jerror.h>
#include <jpeglib.h>

namespace depthmill::io {
namespace {

// libjpeg's own error manager first: it hands out pointers to that.
struct Errors {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char sentence[JMSG_LENGTH_MAX] = "";
  bool truncated = false;
};

Errors& errors_of(j_common_ptr codec) { return *reinterpret_cast<Errors*>(codec->err); }

[[noreturn]] void give_up(j_common_ptr codec) {
  Errors& errors = errors_of(codec);
  codec->err->format_message(codec, errors.sentence);
  std::longjmp(errors.back, 1);
}

// Traces have a level of 0 and more. Of the warnings, these two say that pixels are made up; others are about bytes that
// no pixel needs, as cameras leave them.
void take_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  const int code = codec->err->msg_code;
  errors_of(codec).truncated = code == JWRN_JPEG_EOF;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
      code == JWRN_BOGUS_PROGRESSION)
    give_up(codec);
}

void print_nothing(j_common_ptr) {}

void set_up(Errors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = give_up;
  errors.manager.emit_message = take_message;
  errors.manager.output_message = print_nothing;
}

// Into `out`, which has room as soon as the size is known; it stays empty for four inks. False when it gave up. No object with a destructor may live
// here: a jump passes it by.
bool decode(jpeg_decompress_struct& codec, Errors& errors, std::span<const std::uint8_t> bytes, Array& out) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, bytes.data(), bytes.size());
  jpeg_read_header(&codec, TRUE);
  if (codec.num_components == 4) return true;
  codec.out_color_space = JCS_RGB;
  jpeg_start_decompress(&codec);
  const std::size_t row = std::size_t{3} * codec.output_width;
  out.shape = {codec.output_height, codec.output_width, 3};
  out.bytes.resize(row * codec.output_height);
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW to = reinterpret_cast<JSAMPROW>(out.bytes.data()) + row * codec.output_scanline;
    jpeg_read_scanlines(&codec, &to, 1);
  }
  jpeg_finish_decompress(&codec);
  return true;
}

// Into `out`, which has room for `size` bytes; libjpeg puts others in their place where that is too little. As decode()
// with destructors and with false.
bool encode(jpeg_compress_struct& codec, Errors& errors, const cv::Mat& rgb, int quality, unsigned char** out,
            unsigned long* size) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, out, size);
  codec.image_width = static_cast<JDIMENSION>(rgb.cols);
  codec.image_height = static_cast<JDIMENSION>(rgb.rows);
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(rgb.ptr<std::uint8_t>(static_cast<int>(codec.next_scanline)));
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  return true;
}

}  // namespace

std::optional<Array> decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view label) {
  Errors errors;
  jpeg_decompress_struct codec{};
  set_up(errors);
  codec.err = &errors.manager;
  Array out;
  out.element = Element::kU8;
  const bool whole = decode(codec, errors, bytes, out);
  jpeg_destroy_decompress(&codec);
  if (!whole)
    fail(errors.truncated ? FailureReason::kTruncated : FailureReason::kUnreadable, label,
         std::string("is a damaged JPEG: ") + errors.sentence);
  if (out.bytes.empty()) return std::nullopt;
  return out;
}

std::vector<std::uint8_t> encode_jpeg(const cv::Mat& rgb, int quality) {
  if (rgb.type() != CV_8UC3) throw std::invalid_argument("encode_jpeg: a picture is CV_8UC3");
  Errors errors;
  jpeg_compress_struct codec{};
  set_up(errors);
  codec.err = &errors.manager;
  // Room for the worst case, as TurboJPEG reckons it: libjpeg allocates memory of its own where this is too little.
  const auto padded = [](int n) { return (static_cast<std::size_t>(n) + 15) / 16 * 16; };
  std::vector<std::uint8_t> out(padded(rgb.rows) * padded(rgb.cols) * 3 + 2048);
  unsigned char* bytes = out.data();
  unsigned long size = out.size();
  const bool whole = encode(codec, errors, rgb, quality, &bytes, &size);
  jpeg_destroy_compress(&codec);
  if (!whole) throw std::runtime_error(std::string("the JPEG cannot be encoded: ") + errors.sentence);
  if (bytes == out.data()) {
    out.resize(size);
  } else {
    out.assign(bytes, bytes + size);
    std::free(bytes);
  }
  return out;
}

}  // namespace depthmill::io
