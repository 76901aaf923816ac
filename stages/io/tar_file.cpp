#include "stages/io/tar_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "stages/io/exr.h"
#include "stages/io/h5_file.h"
#include "stages/io/image_file.h"
#include "stages/io/npy.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/picture_file.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBlock = 512;
using TarHeader = std::array<std::uint8_t, kBlock>;

// Text up to its zero, or the field's end.
std::string text_at(const TarHeader& header, std::size_t at, std::size_t size) {
  const auto* begin = header.data() + at;
  return {begin, std::find(begin, begin + size, std::uint8_t{0})};
}

// Octal digits; or, where the first bit is set, the rest as a number of base 256.
std::optional<std::uint64_t> tar_number(const TarHeader& header, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  if (header[at] & 0x80) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint8_t byte = i == 0 ? header[at] & 0x7F : header[at + i];
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    return value;
  }
  bool any = false;
  for (std::size_t i = at; i < at + size; ++i) {
    const std::uint8_t c = header[i];
    if (c == ' ' && !any) continue;
    if (c == 0 || c == ' ') break;
    if (c < '0' || c > '7' || value >> 60 != 0) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
    any = true;
  }
  return value;
}

// The sum of the header's bytes, its own eight counted as blanks; old programs summed signed ones.
bool has_right_sum(const TarHeader& header) {
  constexpr std::size_t kAt = 148, kSize = 8;
  std::int64_t sum = 0, signed_sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint8_t byte = i >= kAt && i < kAt + kSize ? ' ' : header[i];
    sum += byte;
    signed_sum += static_cast<std::int8_t>(byte);
  }
  const auto stored = tar_number(header, kAt, kSize);
  return stored &&
         (static_cast<std::int64_t>(*stored) == sum || static_cast<std::int64_t>(*stored) == signed_sum);
}

// PAX's records "LENGTH KEY=VALUE\n": the value of a key, the last of several.
std::optional<std::string> pax_value(std::string_view records, std::string_view key) {
  std::optional<std::string> value;
  while (!records.empty()) {
    std::size_t length = 0, digits = 0;
    for (; digits < records.size() && digits < 9 && records[digits] >= '0' && records[digits] <= '9';
         ++digits)
      length = length * 10 + static_cast<std::size_t>(records[digits] - '0');
    if (digits == 0 || length <= digits + 1 || length > records.size()) break;
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    if (record.size() > key.size() && record.starts_with(key) && record[key.size()] == '=')
      value = std::string(record.substr(key.size() + 1));
    records.remove_prefix(length);
  }
  return value;
}

std::uint64_t decimal(const std::string& text, const std::string& file) {
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > (std::uint64_t{1} << 58))
      fail(FailureReason::kUnreadable, file, "is a damaged tar archive: a length that is no number");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::vector<TarMember> read_members(const OrdinaryFile& file) {
  constexpr std::size_t kMostMembers = 10'000'000, kMostText = std::size_t{1} << 20;
  const auto damaged = [&](const std::string& why) {
    fail(FailureReason::kUnreadable, file.name(), "is a damaged tar archive: " + why);
  };
  std::vector<TarMember> members;
  std::string long_name;
  constexpr std::uint64_t kNotSaid = ~std::uint64_t{0};
  std::uint64_t long_size = kNotSaid;
  for (std::uint64_t at = 0; at < file.size();) {
    TarHeader header{};
    if (file.size() - at < kBlock) {
      if (members.empty()) fail(FailureReason::kUnreadable, file.name(), "is no tar archive");
      fail(FailureReason::kTruncated, file.name(), "is cut short inside a header");
    }
    file.read(at, header);
    at += kBlock;
    if (std::all_of(header.begin(), header.end(), [](std::uint8_t b) { return b == 0; })) break;  // the end
    if (!has_right_sum(header)) {
      if (members.empty()) fail(FailureReason::kUnreadable, file.name(), "is no tar archive");
      damaged("a header with a wrong sum");
    }
    const auto stored_size = tar_number(header, 124, 12);
    if (!stored_size) damaged("a length that is no number");
    const char type = static_cast<char>(header[156]);
    const bool describes_next = type == 'x' || type == 'L' || type == 'g' || type == 'K';
    const std::uint64_t size = !describes_next && long_size != kNotSaid ? long_size : *stored_size;
    if (size > file.size() - at) fail(FailureReason::kTruncated, file.name(), "is cut short inside a member");
    if (describes_next) {
      if (size > kMostText) damaged("a name of " + std::to_string(size) + " bytes");
      std::string text(size, '\0');
      if (size > 0) file.read(at, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
      if (type == 'L') long_name = text.substr(0, text.find('\0'));
      if (type == 'x') {
        if (const auto path = pax_value(text, "path")) long_name = *path;
        if (const auto pax_size = pax_value(text, "size")) long_size = decimal(*pax_size, file.name());
      }
    } else {
      std::string name = long_name;
      if (name.empty()) {
        const std::string prefix = text_at(header, 257, 5) == "ustar" ? text_at(header, 345, 155) : "";
        name = (prefix.empty() ? "" : prefix + "/") + text_at(header, 0, 100);
      }
      if ((type == '0' || type == 0) && !name.empty() && !name.ends_with('/')) {
        if (members.size() >= kMostMembers) damaged("more files than any set has");
        members.push_back({std::move(name), at, size});
      }
      long_name.clear();
      long_size = kNotSaid;
    }
    const std::uint64_t padded = (size + kBlock - 1) / kBlock * kBlock;
    at += std::min(padded, file.size() - at);
  }
  return members;
}

// Members of the archives read last, by name, so that a plane is one look and one read.
class Indices {
 public:
  TarMember find(const PlaneSource& source) {
    std::error_code ignored;
    const Key key{source.file.string(), fs::file_size(source.file, ignored),
                  fs::last_write_time(source.file, ignored)};
    const std::lock_guard lock(mutex_);
    auto at = std::find_if(kept_.begin(), kept_.end(), [&](const auto& k) { return k.first == key; });
    if (at == kept_.end()) {
      constexpr std::size_t kMostKept = 64;
      if (kept_.size() >= kMostKept) kept_.erase(kept_.begin());
      std::map<std::string, TarMember> members;
      for (TarMember& member : list_tar(source.file))
        members.insert_or_assign(member.name, std::move(member));
      kept_.emplace_back(key, std::move(members));
      at = kept_.end() - 1;
    }
    const auto member = at->second.find(source.name);
    if (member == at->second.end())
      fail(FailureReason::kMissingFile, source.text(), "there is no such file in the archive");
    return member->second;
  }

 private:
  using Key = std::tuple<std::string, std::uintmax_t, fs::file_time_type>;
  std::mutex mutex_;
  std::vector<std::pair<Key, std::map<std::string, TarMember>>> kept_;
};

Indices& indices() {
  static Indices cache;
  return cache;
}

// Bytes as a file, for codecs that seek in one.
class FileInMemory {
 public:
  explicit FileInMemory(std::span<const std::uint8_t> bytes)
      : descriptor_(::memfd_create("member", MFD_CLOEXEC)) {
    std::size_t done = 0;
    while (descriptor_ >= 0 && done < bytes.size()) {
      const ssize_t n = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    whole_ = descriptor_ >= 0 && done == bytes.size();
  }
  ~FileInMemory() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;

  bool whole() const { return whole_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
  bool whole_ = false;
};

// FILE:MEMBER.h5:SET. The codec names the file in memory; its sentence goes on under the archive's name.
Array read_h5_member(std::span<const std::uint8_t> bytes, const std::string& set, PlaneKind kind,
                     std::string_view plane_name, const std::string& label) {
  const FileInMemory file(bytes);
  if (!file.whole()) fail(FailureReason::kUnreadable, label, "finds no room in memory");
  PlaneSource inside;
  inside.file = file.path();
  inside.name = set;
  try {
    return kHdf5Format.read(inside, kind, plane_name);
  } catch (const FrameError& e) {
    std::string sentence = e.what();
    if (sentence.starts_with(file.path())) sentence.erase(0, sentence.find(": ") + 2);
    fail(e.reason(), label, sentence);
  }
}

std::string lower_ending(const std::string& name) {
  std::string ending = name.substr(std::min(name.rfind('.'), name.size()));
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return ending;
}

Array read_member(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  { const OrdinaryFile there(source.file); }  // no pipe, no empty file
  if (source.name.empty())
    fail(FailureReason::kUnreadable, source.text(), "is an archive: say FILE:MEMBER, or --layout webdataset");
  PlaneSource of_member = source;
  std::string set;
  if (const std::size_t h5 = source.name.rfind(".h5:"); h5 != source.name.npos) {
    of_member.name = source.name.substr(0, h5 + 3);
    set = source.name.substr(h5 + 4);
  }
  const TarMember member = indices().find(of_member);
  if (member.size > (std::uint64_t{1} << 32))
    fail(FailureReason::kUnreadable, source.text(), "is too large for a plane");
  std::vector<std::uint8_t> bytes(member.size);
  if (!bytes.empty()) OrdinaryFile(source.file).read(member.at, bytes);
  const std::string ending = lower_ending(member.name), label = source.text();
  if (ending == ".npy") return parse_npy(bytes, label);
  if (ending == ".png" || ending == ".jpg" || ending == ".jpeg") return parse_image(bytes, label);
  if (ending == ".webp" || ending == ".tif" || ending == ".tiff" || ending == ".bmp")
    return parse_picture(bytes, label);
  if (ending == ".exr") return parse_exr(bytes, kind, "", label);
  if (ending == ".h5") return read_h5_member(bytes, set, kind, plane_name, label);
  fail(FailureReason::kUnreadable, label,
       "files inside archives are read as npy, png, jpg, webp, tif, bmp, exr, h5");
}

}  // namespace

std::vector<TarMember> list_tar(const fs::path& file) { return read_members(OrdinaryFile(file)); }

constinit const FileFormat kTarFormat{
    .endings = "tar",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kLabels, PlaneKind::kNormals},
    .depth_bits = 32,
    .has_names = true,
    .help = "a file inside a tar archive (npy, png, jpg, webp, tif, bmp, exr, h5); FILE:MEMBER",
    .read = read_member,
};

}  // namespace depthmill::io
