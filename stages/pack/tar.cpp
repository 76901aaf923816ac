#include "stages/pack/tar.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace depthmill::pack {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kName = 100, kPrefix = 155;
constexpr std::size_t kLargest = (std::size_t{1} << 33) - 1;  // eleven octal digits

// Where the name is cut in two: npos = not at all, name.size() = it cannot be.
std::size_t cut_of(const std::string& name) {
  if (name.size() <= kName) return std::string::npos;
  const std::size_t least = name.size() - kName - 1;  // so that no more than kName bytes stand behind the '/'
  const std::size_t cut = name.find('/', least);
  return cut == std::string::npos || cut > kPrefix ? name.size() : cut;
}

void put_text(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}
void put_octal(std::string& header, std::size_t at, int digits, std::size_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*zo", digits, value);
  put_text(header, at, text);
}

std::string header_of(const std::string& name, std::size_t size) {
  std::string header(kBlock, '\0');
  const std::size_t cut = cut_of(name);
  if (cut == std::string::npos) {
    put_text(header, 0, name);
  } else {
    put_text(header, 0, std::string_view(name).substr(cut + 1));
    put_text(header, 345, std::string_view(name).substr(0, cut));
  }
  put_octal(header, 100, 7, 0444);  // mode
  put_octal(header, 108, 7, 0);     // user
  put_octal(header, 116, 7, 0);     // group
  put_octal(header, 124, 11, size);
  put_octal(header, 136, 11, 0);  // time
  put_text(header, 148, "        ");
  header[156] = '0';  // an ordinary file
  put_text(header, 257,
           std::string_view("ustar\0"
                            "00",
                            8));
  put_text(header, 265, "bigdata");
  put_text(header, 297, "bigdata");
  std::size_t sum = 0;  // taken with blanks in its place
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_octal(header, 148, 6, sum);
  header[154] = '\0';
  return header;
}

}  // namespace

bool fits_tar(const std::string& name) { return !name.empty() && cut_of(name) != name.size(); }

void TarFile::add(const std::string& name, std::span<const std::uint8_t> bytes) {
  if (!fits_tar(name)) throw std::invalid_argument("'" + name + "' is too long a name for a tar archive");
  if (bytes.size() > kLargest) throw std::invalid_argument("'" + name + "' is too large for a tar archive");
  out_.write(header_of(name, bytes.size()));
  out_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  out_.write(std::string((kBlock - bytes.size() % kBlock) % kBlock, '\0'));
}

void TarFile::close() {
  out_.write(std::string(2 * kBlock, '\0'));
  out_.close();
}

}  // namespace depthmill::pack
