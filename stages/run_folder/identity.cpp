#include "stages/run_folder/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "stages/io/plane_file.h"

namespace depthmill::run_folder {
namespace {

// Numbers and texts one after the other, so that no two lists of them give the same bytes.
class Sum {
 public:
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  void add(std::uint64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(double number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  std::uint64_t hash() const { return hash_of(bytes_); }

 private:
  std::string bytes_;
};

// How the bytes of a source are taken. Names every member, so that one that is added cannot be forgotten here.
void add_meaning(Sum& sum, const std::string& plane_name, const PlaneSource& source) {
  const auto& [file, name, depth_scale, metres_per_unit, coding] = source;
  const auto& [unit_known, scale_floats, rotated_bits, no_reading, masks, calibration] =
      coding;  // the first moves no number
  sum.add(plane_name);
  sum.add(name);
  sum.add(depth_scale);
  sum.add(metres_per_unit);
  sum.add(static_cast<std::uint64_t>(scale_floats));
  sum.add(static_cast<std::uint64_t>(rotated_bits));
  sum.add(static_cast<std::uint64_t>(no_reading ? no_reading->size() + 1 : 0));
  if (no_reading)
    for (const double value : *no_reading) sum.add(value);
  if (calibration)  // without one the sum is what it always was
    for (const double value : {calibration->scale, calibration->power, calibration->shift}) sum.add(value);
}

[[noreturn]] void refuse(const std::filesystem::path& file, int error) {
  throw FrameError(error == ENOENT ? FailureReason::kMissingFile : FailureReason::kUnreadable,
                   file.string() + ": cannot be read: " + std::strerror(error));
}

constexpr std::size_t kBlock = std::size_t{1} << 18;

}  // namespace

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t content_of(const std::filesystem::path& file) {
  // Without waiting: opening a FIFO would, for a writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) refuse(file, errno);
  const std::unique_ptr<const int, void (*)(const int*)> closer(&descriptor,
                                                                [](const int* d) { ::close(*d); });
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) refuse(file, errno);
  if (!S_ISREG(about.st_mode))
    throw FrameError(FailureReason::kUnreadable, file.string() + ": is no file that can be read again");
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  thread_local std::vector<char> block(kBlock);
  while (true) {
    const ssize_t n = ::read(descriptor, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(file, errno);
    if (n == 0) return XXH3_64bits_digest(state.get());
    XXH3_64bits_update(state.get(), block.data(), static_cast<std::size_t>(n));
  }
}

std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::uint64_t parse_hash(std::string_view text) {
  if (text.size() != 16) return 0;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return 0;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

FileLook look_of(const std::filesystem::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return {};
  const auto nanoseconds = [](const timespec& t) {
    return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
  };
  return {about.st_size, nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)};
}

std::uint64_t look_again(const MadeFrom& made_from, const std::filesystem::path& from) {
  Sum look;
  for (const InputFile& input : made_from.inputs) {
    look.add(input.file.native());
    const FileLook file = look_of(from / input.file);
    look.add(static_cast<std::uint64_t>(file.size));
    look.add(static_cast<std::uint64_t>(file.time));
    look.add(static_cast<std::uint64_t>(file.changed));
  }
  look.add(made_from.meaning);
  return look.hash();
}

MadeFrom seen(const Frame& frame, const std::set<std::string>& planes) {
  MadeFrom made;
  Sum meaning;
  for (const auto& [plane_name, source] : frame.sources) {
    if (!planes.contains(plane_name)) continue;
    add_meaning(meaning, plane_name, source);
    made.inputs.push_back({plane_name, source.file, 0});
    for (const std::filesystem::path& mask : source.coding.masks)
      made.inputs.push_back({plane_name + " mask", io::parse_plane_argument(mask.string()).file, 0});
  }
  made.meaning = meaning.hash();
  made.look = look_again(made, {});
  return made;
}

void hash_inputs(MadeFrom& made_from) {
  for (InputFile& input : made_from.inputs) input.content = content_of(input.file);
}

bool equal_contents(const MadeFrom& a, const MadeFrom& b) {
  return a.meaning == b.meaning && std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(),
                                              b.inputs.end(), [](const InputFile& x, const InputFile& y) {
                                                return x.plane == y.plane && x.content == y.content;
                                              });
}

bool same_inputs(const MadeFrom& record, MadeFrom& now) {
  if (record.look == now.look) {
    now.inputs = record.inputs;
    return true;
  }
  try {
    hash_inputs(now);
  } catch (const FrameError&) {
    return false;
  }
  return equal_contents(record, now);
}

}  // namespace depthmill::run_folder
