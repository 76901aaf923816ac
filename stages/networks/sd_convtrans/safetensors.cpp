#include "stages/networks/sd_convtrans/safetensors.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace depthmill::sd_convtrans {
namespace {

constexpr std::pair<std::string_view, StorageType> kTypes[] = {
    {"F64", StorageType::kDouble},    {"F32", StorageType::kFloat}, {"F16", StorageType::kHalf},
    {"BF16", StorageType::kBFloat16}, {"I64", StorageType::kLong},  {"I32", StorageType::kInt},
    {"I16", StorageType::kShort},     {"I8", StorageType::kChar},   {"U8", StorageType::kByte},
    {"BOOL", StorageType::kBool},
};

[[noreturn]] void refuse_header(const std::string& sentence) { throw SafetensorsError(sentence); }

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

// The part of JSON that a header is made of: objects of known depth, texts, lists of whole numbers that are not
// negative. Nothing here calls itself.
class Reader {
 public:
  explicit Reader(std::string_view json) : json_(json) {}

  // Calls `member` with each key, behind its colon.
  template <class Member>
  void object(Member&& member) {
    expect('{');
    if (take('}')) return;
    do {
      const std::string key = text();
      expect(':');
      member(key);
    } while (take(','));
    expect('}');
  }

  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> all;
    expect('[');
    if (take(']')) return all;
    do all.push_back(number());
    while (take(','));
    expect(']');
    return all;
  }

  std::string text() {
    expect('"');
    std::string out;
    for (;;) {
      const char c = next();
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20)
        refuse_header("a text of its header holds a control character");
      if (c != '\\') {
        out += c;
        continue;
      }
      constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
      const char escape = next();
      if (const auto at = kEscapes.find(escape); at != std::string_view::npos)
        out += kMeant[at];
      else if (escape == 'u')
        append_utf8(out, code_point());
      else
        refuse_header("a text of its header holds an unknown escape");
    }
  }

  void end() {
    skip_blanks();
    if (at_ != json_.size()) refuse_header("something follows its header's last brace");
  }

 private:
  void skip_blanks() {
    while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos)
      ++at_;
  }
  char next() {
    if (at_ == json_.size()) refuse_header("its header ends before it is complete");
    return json_[at_++];
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse_header(std::string("its header lacks a '") + c + "' at byte " + std::to_string(at_));
  }

  std::uint64_t number() {
    skip_blanks();
    std::uint64_t value = 0;
    const std::size_t first = at_;
    for (; at_ < json_.size() && json_[at_] >= '0' && json_[at_] <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(json_[at_] - '0');
      if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10)
        refuse_header("a number of its header is too large");
      value = 10 * value + digit;
    }
    if (at_ == first) refuse_header("its header has no whole number at byte " + std::to_string(at_));
    return value;
  }

  std::uint32_t four_digits() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next();
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) refuse_header("a text of its header holds an unknown escape");
      value = 16 * value + static_cast<std::uint32_t>(digit);
    }
    return value;
  }
  std::uint32_t code_point() {
    const std::uint32_t high = four_digits();
    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF || next() != '\\' || next() != 'u')
      refuse_header("a text of its header holds half a character");
    const std::uint32_t low = four_digits();
    if (low < 0xDC00 || low > 0xDFFF) refuse_header("a text of its header holds half a character");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

StorageType type_of(const std::string& name, const std::string& word) {
  for (const auto& [text, type] : kTypes)
    if (text == word) return type;
  refuse_header("its tensor " + bytes_in_quotes(name) + " is of type " + bytes_in_quotes(word) +
                ", which is not read");
}

std::string_view type_word(StorageType type) {
  return std::ranges::find(kTypes, type, &std::pair<std::string_view, StorageType>::second)->first;
}

SafeTensor read_tensor(Reader& reader, const std::string& name) {
  SafeTensor tensor;
  bool typed = false, shaped = false, placed = false;
  const auto once = [&](bool& seen, const std::string& key) {
    if (std::exchange(seen, true))
      refuse_header("its tensor " + bytes_in_quotes(name) + " has " + bytes_in_quotes(key) + " twice");
  };
  reader.object([&](const std::string& key) {
    if (key == "dtype") {
      once(typed, key);
      tensor.type = type_of(name, reader.text());
    } else if (key == "shape") {
      once(shaped, key);
      for (const std::uint64_t side : reader.numbers())
        tensor.shape.push_back(static_cast<std::int64_t>(side));
    } else if (key == "data_offsets") {
      once(placed, key);
      const std::vector<std::uint64_t> place = reader.numbers();
      if (place.size() != 2 || place[1] < place[0])
        refuse_header("the data_offsets of its tensor " + bytes_in_quotes(name) +
                      " are no beginning and end");
      tensor.begin = place[0];
      tensor.end = place[1];
    } else {
      refuse_header("its tensor " + bytes_in_quotes(name) + " has an unknown key " + bytes_in_quotes(key));
    }
  });
  if (!typed || !shaped || !placed)
    refuse_header("its tensor " + bytes_in_quotes(name) + " lacks dtype, shape or data_offsets");
  return tensor;
}

// Does a tensor of this type and shape take these bytes? A product that is too large for them ends at once.
bool fills(const SafeTensor& tensor) {
  const std::size_t bytes = tensor.end - tensor.begin;
  if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) return bytes == 0;
  std::size_t n = item_size(tensor.type);
  for (const std::int64_t side : tensor.shape) {
    if (n > bytes / static_cast<std::size_t>(side)) return false;
    n *= static_cast<std::size_t>(side);
  }
  return n == bytes;
}

std::string json_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20)
      out += {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
    else
      out += c;
  }
  return out + '"';
}

}  // namespace

std::size_t safetensors_header_size(std::string_view first_bytes, std::uint64_t file_bytes) {
  if (first_bytes.size() < kSafetensorsLengthBytes)
    refuse_header("it is shorter than the length of its header");
  std::uint64_t size = 0;
  for (std::size_t i = kSafetensorsLengthBytes; i-- > 0;)
    size = size << 8 | static_cast<unsigned char>(first_bytes[i]);
  if (size > kLongestSafetensorsHeader || size > file_bytes - kSafetensorsLengthBytes)
    refuse_header("its header claims " + std::to_string(size) + " bytes, more than it can have");
  return static_cast<std::size_t>(size);
}

SafetensorsHeader parse_safetensors(std::string_view json, std::uint64_t data_bytes) {
  SafetensorsHeader header;
  Reader reader(json);
  bool described = false;
  reader.object([&](const std::string& name) {
    if (name != "__metadata__") {
      const SafeTensor tensor = read_tensor(reader, name);
      if (!fills(tensor))
        refuse_header("its tensor " + bytes_in_quotes(name) + " has " +
                      std::to_string(tensor.end - tensor.begin) +
                      " bytes, which is not what its type and shape take");
      if (!header.tensors.emplace(name, tensor).second)
        refuse_header("it has the tensor " + bytes_in_quotes(name) + " twice");
      return;
    }
    if (std::exchange(described, true)) refuse_header("it has __metadata__ twice");
    reader.object([&](const std::string& key) {
      if (!header.metadata.emplace(key, reader.text()).second)
        refuse_header("its __metadata__ has " + bytes_in_quotes(key) + " twice");
    });
  });
  reader.end();

  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (const auto& [name, tensor] : header.tensors) places.emplace_back(tensor.begin, tensor.end);
  std::ranges::sort(places);
  std::size_t at = 0;
  for (const auto& [begin, end] : places) {
    if (begin != at)
      refuse_header("its tensors overlap or leave a gap at byte " + std::to_string(std::min(begin, at)));
    at = end;
  }
  if (at != data_bytes)
    refuse_header("its tensors take " + std::to_string(at) + " bytes, but " + std::to_string(data_bytes) +
                  " lie behind the header");
  return header;
}

std::string safetensors_text(const SafetensorsHeader& header) {
  std::string json = "{";
  const auto begin_member = [&](std::string_view name) {
    json += (json.back() == '{' ? "" : ",") + json_text(name) + ":";
  };
  if (!header.metadata.empty()) {
    begin_member("__metadata__");
    json += '{';
    for (const auto& [key, value] : header.metadata) {
      begin_member(key);
      json += json_text(value);
    }
    json += '}';
  }
  for (const auto& [name, tensor] : header.tensors) {
    begin_member(name);
    json += "{\"dtype\":\"" + std::string(type_word(tensor.type)) + "\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
      json += (i > 0 ? "," : "") + std::to_string(tensor.shape[i]);
    json += "],\"data_offsets\":[" + std::to_string(tensor.begin) + "," + std::to_string(tensor.end) + "]}";
  }
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (std::size_t i = 0; i < kSafetensorsLengthBytes; ++i)
    length += static_cast<char>(json.size() >> (8 * i) & 0xFF);
  return length + json;
}

}  // namespace depthmill::sd_convtrans
