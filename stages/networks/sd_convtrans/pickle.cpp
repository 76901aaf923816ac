#include "stages/networks/sd_convtrans/pickle.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <unordered_map>

namespace depthmill::sd_convtrans {
namespace {

// Python functions and classes that a checkpoint may name.
enum class Name {
  kOrderedDict,
  kRebuildTensor,
  kRebuildParameter,
  kTypeTag,  // LibTorch's own: a value and the text of its type
  kList,     // LibTorch's own, and torch.Size: a list or tuple
  kStorage,
};

struct NameRow {
  std::string_view text;  // module, line break, name
  Name name;
  StorageType storage = StorageType::kFloat;
};
constexpr NameRow kNames[] = {
    {"collections\nOrderedDict", Name::kOrderedDict},
    {"torch._utils\n_rebuild_tensor_v2", Name::kRebuildTensor},
    {"torch._utils\n_rebuild_parameter", Name::kRebuildParameter},
    {"torch.jit._pickle\nrestore_type_tag", Name::kTypeTag},
    {"torch.jit._pickle\nbuild_intlist", Name::kList},
    {"torch.jit._pickle\nbuild_doublelist", Name::kList},
    {"torch.jit._pickle\nbuild_boollist", Name::kList},
    {"torch.jit._pickle\nbuild_tensorlist", Name::kList},
    {"torch\nSize", Name::kList},
    {"torch\nFloatStorage", Name::kStorage, StorageType::kFloat},
    {"torch\nDoubleStorage", Name::kStorage, StorageType::kDouble},
    {"torch\nHalfStorage", Name::kStorage, StorageType::kHalf},
    {"torch\nBFloat16Storage", Name::kStorage, StorageType::kBFloat16},
    {"torch\nLongStorage", Name::kStorage, StorageType::kLong},
    {"torch\nIntStorage", Name::kStorage, StorageType::kInt},
    {"torch\nShortStorage", Name::kStorage, StorageType::kShort},
    {"torch\nCharStorage", Name::kStorage, StorageType::kChar},
    {"torch\nByteStorage", Name::kStorage, StorageType::kByte},
    {"torch\nBoolStorage", Name::kStorage, StorageType::kBool},
};

[[noreturn]] void refuse(const std::string& sentence) { throw PickleError(sentence); }

struct Storage {
  std::string record;
  StorageType type = StorageType::kFloat;
  std::int64_t items = 0;
};

// A value on the machine's stack, with what only the machine needs to know of it.
struct Cell {
  std::shared_ptr<PickledValue> value;  // none for a mark, a name or a storage
  const NameRow* name = nullptr;
  std::shared_ptr<const Storage> storage;
  std::shared_ptr<const std::vector<Cell>> arguments;  // a tuple that holds a name or storage: of a function
  bool mark = false;
};

// What a value weighs, and whether it may still be filled. A list or dictionary is filled before it is put
// into another and is not recalled before that, so that nothing ever comes to hold itself.
struct Facts {
  int depth = 0;
  std::size_t weight = 1;
  bool open = false;
};

class Machine {
 public:
  explicit Machine(std::string_view pickle) : rest_(pickle) {}

  PickledPtr run() {
    for (char code = take(1)[0]; code != '.'; code = take(1)[0]) step(code);
    return pop_value();
  }

 private:
  // ---- bytes
  std::string_view take(std::uint64_t n) {
    if (rest_.size() < n) refuse("its list of tensors is cut short");
    const std::string_view bytes = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return bytes;
  }
  std::uint64_t number(std::size_t width) {
    const std::string_view bytes = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  std::string_view line() {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) refuse("its list of tensors is cut short");
    const std::string_view text = take(end);
    take(1);
    return text;
  }
  // LONG1: a whole number of so many bytes, the last one with the sign.
  std::int64_t long_number() {
    const std::size_t width = number(1);
    if (width > 8) refuse("it holds a whole number of more than 64 bits");
    if (width == 0) return 0;
    const std::uint64_t value = number(width) << (64 - 8 * width);
    return static_cast<std::int64_t>(value) >> (64 - 8 * width);
  }
  double big_endian_double() {
    std::uint64_t bits = 0;
    for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(bits);
  }

  // ---- stack and memory
  void push(Cell cell) {
    if (stack_.size() >= kHeaviestPickle) refuse("it piles up too many values");
    stack_.push_back(std::move(cell));
  }
  template <class T>
  std::shared_ptr<PickledValue> push_value(T data) {
    auto value = std::make_shared<PickledValue>();
    value->data = std::move(data);
    push({value, nullptr, nullptr, nullptr, false});
    return value;
  }
  void push_open(decltype(PickledValue::data) data) { note(push_value(std::move(data)), {0, 1, true}); }
  Cell pop() {
    if (stack_.empty() || stack_.back().mark) refuse("an operation takes a value that is not there");
    Cell cell = std::move(stack_.back());
    stack_.pop_back();
    return cell;
  }
  std::shared_ptr<PickledValue> pop_value() { return value_of(pop()); }
  static std::shared_ptr<PickledValue> value_of(const Cell& cell) {
    if (!cell.value) refuse("a name or storage stands where a value should");
    return cell.value;
  }
  std::vector<Cell> pop_to_mark() {
    std::vector<Cell> cells;
    while (!stack_.empty() && !stack_.back().mark) {
      cells.push_back(std::move(stack_.back()));
      stack_.pop_back();
    }
    if (stack_.empty()) refuse("an operation takes values that are not there");
    stack_.pop_back();
    std::reverse(cells.begin(), cells.end());
    return cells;
  }
  std::vector<Cell> pop_many(std::size_t n) {
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < n; ++i) cells.push_back(pop());
    std::reverse(cells.begin(), cells.end());
    return cells;
  }
  void remember(std::uint64_t slot) {
    if (stack_.empty() || stack_.back().mark) refuse("it remembers a value that is not there");
    memory_[slot] = stack_.back();
  }
  void recall(std::uint64_t slot) {
    const auto at = memory_.find(slot);
    if (at == memory_.end()) refuse("it recalls a value that it never had");
    if (at->second.value && facts(at->second.value.get()).open)
      refuse("a list or dictionary of it holds itself");
    push(at->second);
  }

  // ---- containers. Only they have facts; what is in none is a single value. Those with facts are kept, so
  // that no later value is taken for one of them by its address.
  void note(std::shared_ptr<PickledValue> value, const Facts& what) {
    facts_[value.get()] = what;
    kept_.push_back(std::move(value));
  }
  Facts facts(const PickledValue* value) const {
    const auto at = facts_.find(value);
    return at == facts_.end() ? Facts{} : at->second;
  }
  PickledPtr put(Facts& into, const Cell& cell) {
    const auto value = value_of(cell);
    if (const auto at = facts_.find(value.get()); at != facts_.end()) at->second.open = false;
    const Facts inner = facts(value.get());
    into.depth = std::max(into.depth, inner.depth + 1);
    into.weight += inner.weight;
    if (into.depth > kDeepestPickle) refuse("its values are nested too deeply");
    if (into.weight > kHeaviestPickle) refuse("it holds too many values");
    return value;
  }
  void push_tuple(std::vector<Cell> cells) {
    if (!std::all_of(cells.begin(), cells.end(), [](const Cell& c) { return c.value != nullptr; })) {
      for (const Cell& cell : cells)
        if (cell.arguments) refuse("arguments of a function stand where a value should");
      return push({nullptr, nullptr, nullptr, std::make_shared<std::vector<Cell>>(std::move(cells)), false});
    }
    Facts sum;
    PickledList list;
    for (const Cell& cell : cells) list.push_back(put(sum, cell));
    note(push_value(std::move(list)), sum);
  }
  template <class Container>
  Container& filled(const Cell& cell, const char* what) {
    auto* container = std::get_if<Container>(&value_of(cell)->data);
    if (!container || !facts(cell.value.get()).open)
      refuse(std::string("items are added to what is no open ") + what);
    return *container;
  }
  void append(const std::vector<Cell>& items) {
    const Cell target = pop();
    auto& list = filled<PickledList>(target, "list");
    Facts sum = facts(target.value.get());
    for (const Cell& item : items) list.push_back(put(sum, item));
    facts_[target.value.get()] = sum;
    push(target);
  }
  void set_items(const std::vector<Cell>& items) {
    const Cell target = pop();
    auto& dictionary = filled<PickledDictionary>(target, "dictionary");
    if (items.size() % 2 != 0) refuse("a key of a dictionary has no value");
    Facts sum = facts(target.value.get());
    for (std::size_t i = 0; i < items.size(); i += 2) {
      auto key = put(sum, items[i]);
      dictionary.emplace_back(std::move(key), put(sum, items[i + 1]));
    }
    facts_[target.value.get()] = sum;
    push(target);
  }

  // ---- functions
  void push_name(std::string_view text) {
    for (const NameRow& row : kNames)
      if (row.text == text) return push({nullptr, &row, nullptr, nullptr, false});
    refuse("it names " + bytes_in_quotes(text) +
           ", which no checkpoint of tensors, numbers, text, lists and dictionaries needs; save the "
           "state_dict alone");
  }
  // ('storage', torch.FloatStorage, record, device, items)
  void push_storage(const Cell& cell) {
    const auto& a = cell.arguments;
    if (!a || a->size() != 5 || !(*a)[1].name || (*a)[1].name->name != Name::kStorage ||
        text(a->at(0)) != "storage")
      refuse("what stands for a storage is none");
    auto storage = std::make_shared<Storage>();
    storage->record = text(a->at(2));
    storage->type = a->at(1).name->storage;
    storage->items = integer(a->at(4));
    if (storage->items < 0) refuse("a storage has a negative length");
    push({nullptr, nullptr, std::move(storage), nullptr, false});
  }
  static std::string text(const Cell& cell) {
    const auto* s = cell.value ? std::get_if<std::string>(&cell.value->data) : nullptr;
    if (!s) refuse("text is expected where there is none");
    return *s;
  }
  static std::int64_t integer(const Cell& cell) { return integer(value_of(cell).get()); }
  static std::int64_t integer(const PickledValue* value) {
    const auto* n = std::get_if<std::int64_t>(&value->data);
    if (!n) refuse("a whole number is expected where there is none");
    return *n;
  }
  static std::vector<std::int64_t> lengths(const Cell& cell) {
    const auto* list = std::get_if<PickledList>(&value_of(cell)->data);
    if (!list) refuse("a tensor has no sizes");
    std::vector<std::int64_t> numbers;
    for (const auto& item : *list) numbers.push_back(integer(item.get()));
    return numbers;
  }
  void rebuild_tensor(const std::vector<Cell>& arguments) {
    if (arguments.size() < 4 || !arguments[0].storage) refuse("a tensor has no storage");
    StoredTensor tensor{arguments[0].storage->record, arguments[0].storage->type, arguments[0].storage->items,
                        integer(arguments[1]),        lengths(arguments[2]),      lengths(arguments[3])};
    if (tensor.sizes.size() != tensor.strides.size() || tensor.sizes.size() > kDeepestPickle)
      refuse("a tensor's sizes and strides do not go together");
    if (tensor.reach() > tensor.storage_items) refuse("a tensor reaches beyond its storage");
    std::int64_t items = 1;
    for (const std::int64_t size : tensor.sizes)
      if (__builtin_mul_overflow(items, size, &items)) refuse("a tensor has more items than can be counted");
    push_value(std::move(tensor));
  }
  void call() {
    const Cell argument = pop();
    const Cell function = pop();
    if (!function.name) refuse("something is called that is no function");
    std::vector<Cell> arguments;
    if (argument.arguments) {
      arguments = *argument.arguments;
    } else if (const auto* tuple = std::get_if<PickledList>(&value_of(argument)->data)) {
      for (const auto& item : *tuple)
        arguments.push_back({std::const_pointer_cast<PickledValue>(item), nullptr, nullptr, nullptr, false});
    } else {
      refuse("a function is called without a tuple of arguments");
    }
    const auto first = [&]() -> const Cell& {
      if (arguments.empty()) refuse("a function is called without what it needs");
      return arguments[0];
    };
    switch (function.name->name) {
      case Name::kOrderedDict:
        if (!arguments.empty()) refuse("an OrderedDict is made in a way that torch.save does not");
        return push_open(PickledDictionary{});
      case Name::kRebuildTensor:
        return rebuild_tensor(arguments);
      case Name::kRebuildParameter:
        if (!first().value || !std::holds_alternative<StoredTensor>(first().value->data))
          refuse("a parameter is no tensor");
        return push(first());
      case Name::kTypeTag:
      case Name::kList:
        return push(first());
      case Name::kStorage:
        refuse("a storage is called like a function");
    }
  }

  void step(char code) {
    switch (code) {
      case '\x80':  // PROTO
        if (const auto protocol = number(1); protocol != 2)
          refuse("it is written in pickle protocol " + std::to_string(protocol) + ", torch.save writes 2");
        return;
      case '(':
        return push({nullptr, nullptr, nullptr, nullptr, true});
      case 'N':
        return void(push_value(std::monostate{}));
      case '\x88':
      case '\x89':
        return void(push_value(code == '\x88'));
      case 'K':
      case 'M':
        return void(push_value(static_cast<std::int64_t>(number(code == 'K' ? 1 : 2))));
      case 'J':
        return void(push_value(static_cast<std::int64_t>(static_cast<std::int32_t>(number(4)))));
      case '\x8a':
        return void(push_value(long_number()));
      case 'G':
        return void(push_value(big_endian_double()));
      case 'X':
        return void(push_value(std::string(take(number(4)))));
      case '}':
        return push_open(PickledDictionary{});
      case ']':
        return push_open(PickledList{});
      case ')':
        return push_tuple({});
      case 't':
        return push_tuple(pop_to_mark());
      case '\x85':
      case '\x86':
      case '\x87':
        return push_tuple(pop_many(static_cast<std::size_t>(static_cast<unsigned char>(code) - 0x84)));
      case 'a':
        return append({pop()});
      case 'e':
        return append(pop_to_mark());
      case 's':
        return set_items(pop_many(2));
      case 'u':
        return set_items(pop_to_mark());
      case 'q':
      case 'r':
        return remember(number(code == 'q' ? 1 : 4));
      case 'h':
      case 'j':
        return recall(number(code == 'h' ? 1 : 4));
      case 'c': {
        const std::string_view begin = rest_;
        const std::string_view module = line(), name = line();
        return push_name(begin.substr(0, module.size() + 1 + name.size()));
      }
      case 'Q':
        return push_storage(pop());
      case 'R':
        return call();
      case 'b':  // attributes of the value below, a state_dict's _metadata
        pop();
        if (stack_.empty() || !stack_.back().value) refuse("attributes are given to what has none");
        return;
      default:
        refuse("it holds an operation that torch.save does not write (" + bytes_in_quotes({&code, 1}) + ")");
    }
  }

  std::string_view rest_;
  std::vector<Cell> stack_;
  std::unordered_map<std::uint64_t, Cell> memory_;
  std::unordered_map<const PickledValue*, Facts> facts_;
  std::vector<std::shared_ptr<PickledValue>> kept_;
};

}  // namespace

std::size_t item_size(StorageType type) {
  switch (type) {
    case StorageType::kDouble:
    case StorageType::kLong:
      return 8;
    case StorageType::kFloat:
    case StorageType::kInt:
      return 4;
    case StorageType::kHalf:
    case StorageType::kBFloat16:
    case StorageType::kShort:
      return 2;
    case StorageType::kChar:
    case StorageType::kByte:
    case StorageType::kBool:
      return 1;
  }
  return 1;
}

std::int64_t StoredTensor::reach() const {
  constexpr std::int64_t kBeyond = std::numeric_limits<std::int64_t>::max();
  if (offset < 0) return kBeyond;
  std::int64_t last = offset;
  bool empty = false;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::int64_t step = 0;
    if (sizes[i] < 0 || strides[i] < 0) return kBeyond;
    empty |= sizes[i] == 0;
    if (sizes[i] > 0 && (__builtin_mul_overflow(sizes[i] - 1, strides[i], &step) ||
                         __builtin_add_overflow(last, step, &last)))
      return kBeyond;
  }
  return empty ? 0 : last == kBeyond ? kBeyond : last + 1;
}

std::string bytes_in_quotes(std::string_view bytes) {
  std::string text(bytes.substr(0, 60));
  for (char& c : text) c = c == '\n' ? '.' : (c < ' ' || c > '~' ? '?' : c);
  return "'" + text + (bytes.size() > 60 ? "..." : "") + "'";
}

PickledPtr parse_pickle(std::string_view pickle) { return Machine(pickle).run(); }

}  // namespace depthmill::sd_convtrans
