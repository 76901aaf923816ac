#include "stages/run_folder/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace depthmill::run_folder {
namespace {

constexpr std::size_t kChecksumDigits = 16;
// A line beyond this is no line of ours: a damaged file may hold none at all.
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

struct Escape {
  char plain, letter;
};
constexpr Escape kEscapes[] = {{'\\', '\\'}, {'\t', 't'}, {'\n', 'n'}, {'\r', 'r'}, {'\0', '0'}};

void append_escaped(std::string& text, std::string_view cell) {
  for (const char c : cell) {
    bool escaped = false;
    for (const Escape& e : kEscapes)
      if (c == e.plain) text += '\\', text += e.letter, escaped = true;
    if (!escaped) text += c;
  }
}

bool unescape(std::string_view text, std::string& cell) {
  cell.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      cell += text[i];
      continue;
    }
    if (++i == text.size()) return false;
    bool known = false;
    for (const Escape& e : kEscapes)
      if (text[i] == e.letter) cell += e.plain, known = true;
    if (!known) return false;
  }
  return true;
}

std::array<char, kChecksumDigits + 1> checksum(std::string_view text) {
  std::array<char, kChecksumDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return digits;
}

[[noreturn]] void refuse(const std::filesystem::path& file, const char* what) {
  throw std::runtime_error(file.string() + ": " + what + ": " + std::strerror(errno));
}

}  // namespace

std::string journal_line(std::span<const std::string> cells) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += '\t';
    append_escaped(text, cells[i]);
  }
  return std::string(checksum(text).data()) + "\t" + text + "\n";
}

bool parse_journal_line(std::string_view line, JournalCells& cells) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != '\t') return false;
  std::string_view text = line.substr(kChecksumDigits + 1);
  if (line.substr(0, kChecksumDigits) != checksum(text).data()) return false;
  cells.clear();
  while (true) {
    const auto tab = text.find('\t');
    if (!unescape(text.substr(0, tab), cells.emplace_back())) return false;
    if (tab == std::string_view::npos) return true;
    text.remove_prefix(tab + 1);
  }
}

JournalReading read_journal(const std::filesystem::path& file,
                            const std::function<void(std::uint64_t, const JournalCells&)>& visit,
                            std::uint64_t from, std::string_view kind) {
  JournalReading reading;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (!std::filesystem::exists(file)) return reading;
    refuse(file, "cannot be read");
  }
  JournalCells cells;
  std::string line;
  bool overlong = false;
  in.seekg(static_cast<std::streamoff>(from));
  std::uint64_t begin = from, next = from;  // of this line, and behind it
  const auto of_kind = [&] {
    const auto first = std::string_view(line).substr(std::min(line.size(), kChecksumDigits + 1));
    return kind.empty() || first.substr(0, first.find('\t')) == kind;
  };
  const auto end_line = [&](bool broken) {
    if ((!line.empty() || overlong) && (overlong || of_kind())) {
      ++reading.lines;
      if (!overlong && parse_journal_line(line, cells)) {
        visit(begin, cells);
      } else {
        ++reading.dropped;
        reading.damaged.emplace_back(begin, next - (broken ? 1 : 0));
      }
    }
    line.clear();
    overlong = false;
    begin = next;
  };
  std::string block(std::size_t{1} << 16, '\0');
  do {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    std::string_view rest(block.data(), static_cast<std::size_t>(in.gcount()));
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      next += part.size() + (end == std::string_view::npos ? 0 : 1);
      if (line.size() + part.size() > kLongestLine) overlong = true, line.clear();
      if (!overlong) line += part;
      if (end == std::string_view::npos) break;
      end_line(true);
      rest.remove_prefix(end + 1);
    }
  } while (in);
  if (in.bad()) refuse(file, "cannot be read");
  end_line(false);  // without its line break it may still be whole: then it counts
  reading.bytes = next;
  return reading;
}

void blank_damaged_lines(const std::filesystem::path& file) {
  const JournalReading reading = read_journal(file, [](std::uint64_t, const JournalCells&) {});
  // Not through a descriptor that appends: that would append.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "r+b"), &std::fclose);
  if (!out) refuse(file, "cannot be written");
  const std::string blank(std::size_t{1} << 16, '\n');
  for (auto [at, end] : reading.damaged) {
    if (::fseeko(out.get(), static_cast<off_t>(at), SEEK_SET) != 0) refuse(file, "cannot be written");
    for (; at < end; at += std::min<std::uint64_t>(end - at, blank.size()))
      if (const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, blank.size()));
          std::fwrite(blank.data(), 1, n, out.get()) != n)
        refuse(file, "cannot be written");
  }
  if (std::fflush(out.get()) != 0 || ::fdatasync(::fileno(out.get())) != 0)
    refuse(file, "cannot be written to the disk");
}

Journal::Journal(std::filesystem::path file, Open how) : file_(std::move(file)) {
  const bool write = how == Open::kWrite;
  descriptor_ =
      ::open(file_.c_str(), (write ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NONBLOCK,
             0644);  // a FIFO waits
  const char* what = write ? "cannot be written" : "cannot be read";
  if (descriptor_ < 0) refuse(file_, what);
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(descriptor_);
    throw std::runtime_error(file_.string() + ": is no file that can be read and written");
  }
  size_ = static_cast<std::uint64_t>(about.st_size);
}

Journal::~Journal() { ::close(descriptor_); }

Journal::Lock Journal::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return Lock::kTaken;
  return errno == EWOULDBLOCK ? Lock::kBusy : Lock::kNoLocks;
}

JournalCells Journal::at(std::uint64_t place) const {
  JournalCells cells;
  std::string line;
  // Lines about a frame are a few hundred bytes; those that are longer take a second look.
  for (std::size_t length = 2048; length <= 2 * kLongestLine; length *= 8) {
    line.resize(length);
    const ssize_t n = ::pread(descriptor_, line.data(), length, static_cast<off_t>(place));
    if (n <= 0) return {};
    const std::string_view got(line.data(), static_cast<std::size_t>(n));
    const auto end = got.find('\n');
    if (end == std::string_view::npos && got.size() == length) continue;
    if (!parse_journal_line(got.substr(0, end), cells)) return {};
    return cells;
  }
  return {};
}

std::uint64_t Journal::append(std::span<const std::string> cells) {
  // A kill may have left a line without its end, now or before another process took the file over.
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) refuse(file_, "cannot be written");
  if (about.st_nlink == 0)
    throw std::runtime_error(file_.string() + ": was removed while a run was at work in this folder");
  size_ = static_cast<std::uint64_t>(about.st_size);
  char last = '\n';
  const bool torn =
      size_ > 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(size_ - 1)) == 1 && last != '\n';
  std::string line(torn ? 1 : 0, '\n');
  const std::uint64_t begin = size_ + line.size();
  line += journal_line(cells);
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = ::write(descriptor_, line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) refuse(file_, "cannot be written");
    written += static_cast<std::size_t>(n);
  }
  size_ += line.size();
  return begin;
}

void Journal::sync() {
  if (::fdatasync(descriptor_) != 0) refuse(file_, "cannot be written to the disk");
}

bool in_other_hands(const std::filesystem::path& journal) {
  const int descriptor = ::open(journal.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool taken = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return taken;
}

}  // namespace depthmill::run_folder
