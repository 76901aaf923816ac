#include "stages/networks/sd_convtrans/pickle_rewrite.h"

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace depthmill::sd_convtrans {
namespace {

// One opcode with its argument, and the argument alone.
struct Operation {
  char code;
  std::string_view whole, argument;
};

std::optional<std::uint64_t> little_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  if (at > bytes.size() || bytes.size() - at < width) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The operation at the front of `rest`; nothing when it is cut short or of another protocol.
std::optional<Operation> next_operation(std::string_view rest) {
  if (rest.empty()) return std::nullopt;
  const char code = rest[0];
  std::size_t length_bytes = 0, fixed = 0, lines = 0;  // of the argument
  switch (code) {
    case '(':
    case '.':
    case '0':
    case '1':
    case '2':
    case 'N':
    case 'R':
    case 'a':
    case 'b':
    case 'd':
    case 'e':
    case 's':
    case 'u':
    case ')':
    case 't':
    case 'l':
    case '}':
    case ']':
    case 'Q':
    case 'o':
    case '\x81':
    case '\x85':
    case '\x86':
    case '\x87':
    case '\x88':
    case '\x89':
      break;
    case '\x80':
    case 'K':
    case 'q':
    case 'h':
      fixed = 1;
      break;
    case 'M':
      fixed = 2;
      break;
    case 'J':
    case 'r':
    case 'j':
      fixed = 4;
      break;
    case 'G':
      fixed = 8;
      break;
    case 'U':
    case 'C':
    case '\x8a':
      length_bytes = 1;
      break;
    case 'X':
    case 'T':
    case 'B':
    case '\x8b':
      length_bytes = 4;
      break;
    case 'c':
      lines = 2;
      break;
    case 'I':
    case 'L':
    case 'F':
    case 'S':
    case 'V':
    case 'P':
    case 'p':
    case 'g':
      lines = 1;
      break;
    default:
      return std::nullopt;
  }
  std::size_t begin = 1 + length_bytes, size = fixed;
  if (length_bytes > 0) {
    const auto length = little_endian(rest, 1, length_bytes);
    if (!length) return std::nullopt;
    size = *length;
  }
  for (std::size_t i = 0, at = begin; i < lines; ++i) {
    const std::size_t end = rest.find('\n', at);
    if (end == std::string_view::npos) return std::nullopt;
    at = end + 1;
    size = at - begin;
  }
  if (begin > rest.size() || rest.size() - begin < size) return std::nullopt;
  return Operation{code, rest.substr(0, begin + size), rest.substr(begin, size)};
}

bool fetches(const Operation& o) { return o.code == 'h' || o.code == 'j'; }
std::uint64_t slot(const Operation& o) { return *little_endian(o.argument, 0, o.argument.size()); }

// What has been written so far, and where in it each item on the reader's stack begins.
class Writer {
 public:
  // A value that is on top of the stack afterwards.
  void push(std::string_view bytes) {
    stack_.push_back({out_.size(), false});
    out_ += bytes;
  }
  // Writes an operation as it is and follows its effect on the stack. False: the stack does not hold what the
  // operation takes.
  bool write(const Operation& o) {
    const std::size_t before = out_.size();
    out_ += o.whole;
    switch (o.code) {
      case '\x80':
      case '.':
      case 'q':
      case 'r':
      case 'p':
        return true;
      case '(':
        stack_.push_back({before, true});
        return true;
      case 't':
      case 'l':
      case 'd':
      case 'o':
        return pop_run(true);
      case 'u':
      case 'e':
      case '1':
        return pop_run(false);
      case '\x85':
      case 'Q':
        return join(1);
      case '\x86':
      case 'R':
      case '\x81':
        return join(2);
      case '\x87':
        return join(3);
      case 'b':
      case '0':
        return pop(1);
      case 's':
        return as_run(2, 'u');
      case 'a':
        return as_run(1, 'e');
      default:
        stack_.push_back({before, false});
        return true;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  struct Item {
    std::size_t begin;  // in out_
    bool mark;
  };
  bool pop(std::size_t n) {
    for (; n > 0; --n) {
      if (stack_.empty() || stack_.back().mark) return false;
      stack_.pop_back();
    }
    return true;
  }
  // The topmost n become one.
  bool join(std::size_t n) {
    if (stack_.size() < n) return false;
    const Item first = stack_[stack_.size() - n];
    if (!pop(n)) return false;
    stack_.push_back(first);
    return true;
  }
  // All down to the mark go; they become one value, or belong to the one below.
  bool pop_run(bool one) {
    while (!stack_.empty() && !stack_.back().mark) stack_.pop_back();
    if (stack_.empty()) return false;
    stack_.back().mark = false;
    if (!one) stack_.pop_back();
    return true;
  }
  // dictionary, key, value, SETITEM -> dictionary, MARK, key, value, SETITEMS; lists alike
  bool as_run(std::size_t n, char operation) {
    if (stack_.size() <= n) return false;
    const std::size_t first = stack_[stack_.size() - n].begin;
    if (!pop(n)) return false;
    out_.back() = operation;
    out_.insert(first, 1, '(');
    return true;
  }

  std::string out_;
  std::vector<Item> stack_;
};

}  // namespace

std::string readable_for_libtorch(std::string_view pickle) {
  std::vector<Operation> operations;
  for (std::string_view rest = pickle;;) {
    const auto operation = next_operation(rest);
    if (!operation) return std::string(pickle);
    operations.push_back(*operation);
    if (operation->code == '.') break;
    rest.remove_prefix(operation->whole.size());
  }
  const auto is = [&](std::size_t i, char code) {
    return i < operations.size() && operations[i].code == code;
  };
  const auto behind_store = [&](std::size_t i) { return is(i, 'q') || is(i, 'r') ? i + 1 : i; };

  Writer out;
  std::set<std::uint64_t> classes;  // memo slots that hold the class OrderedDict
  std::size_t open_attributes = 0;  // dictionaries of attributes whose BUILD is still to come
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& o = operations[i];
    std::size_t behind = i + 1;
    bool ordered = fetches(o) && classes.contains(slot(o));
    if (o.code == 'c' && o.argument == "collections\nOrderedDict\n") {
      ordered = true;
      behind = behind_store(behind);
      if (behind > i + 1) classes.insert(slot(operations[i + 1]));
    }
    if (ordered && is(behind, ')') && is(behind + 1, 'R')) {
      out.push("}");
      i = behind + 1;
      continue;
    }
    if (o.code == '}') {  // {"_metadata": ...}, the attributes of the dictionary before it?
      behind = behind_store(behind);
      const std::size_t key = is(behind, '(') ? behind + 1 : behind;
      if (is(key, 'X') && operations[key].argument == "_metadata") {
        ++open_attributes;
        i = behind - 1;  // its items go into that dictionary itself
        continue;
      }
    }
    if (o.code == 'b' && open_attributes > 0) {
      --open_attributes;
      continue;
    }
    if (!out.write(o)) return std::string(pickle);
  }
  return out.take();
}

}  // namespace depthmill::sd_convtrans
