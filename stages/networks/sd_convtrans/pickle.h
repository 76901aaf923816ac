// The pickle of a checkpoint, as torch.save (protocol 2) and LibTorch write it, read into plain values. A
// pickle is a program for a small stack machine that can name any Python function; this reader knows the
// handful of functions that stand for tensors and dictionaries and runs nothing: another name is an error
// that says which. No torch here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace depthmill::sd_convtrans {

// What is wrong with a pickle, in one sentence.
class PickleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Bytes of a file in a sentence: at most 60 of them, without control characters, a line break (between module and name)
// as a dot.
std::string bytes_in_quotes(std::string_view bytes);

// Numbers of a storage, in bytes.
enum class StorageType { kFloat, kDouble, kHalf, kBFloat16, kLong, kInt, kShort, kChar, kByte, kBool };
std::size_t item_size(StorageType type);

// A tensor as a view of a record of the archive, `data/<record>`.
struct StoredTensor {
  std::string record;
  StorageType type = StorageType::kFloat;
  std::int64_t storage_items = 0;            // length of the record in items, at least 0
  std::int64_t offset = 0;                   // first item
  std::vector<std::int64_t> sizes, strides;  // as many of each; items, at least 0

  // Items of the storage that the view reaches: the view lies inside [0, reach). Never more than
  // storage_items.
  std::int64_t reach() const;
};

struct PickledValue;
using PickledPtr = std::shared_ptr<const PickledValue>;
using PickledList = std::vector<PickledPtr>;                               // lists and tuples
using PickledDictionary = std::vector<std::pair<PickledPtr, PickledPtr>>;  // in the order written

// A value; std::monostate is Python's None.
struct PickledValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, StoredTensor, PickledList,
               PickledDictionary>
      data;
};

inline constexpr int kDeepestPickle = 64;
inline constexpr std::size_t kHeaviestPickle = std::size_t{1} << 22;

// Attributes of an OrderedDict (a state_dict's _metadata) are left out; parameters are tensors. Throws
// PickleError: cut short, an operation or name that no checkpoint needs, a stack that does not hold what an
// operation takes, deeper than kDeepestPickle, more than kHeaviestPickle values, a tensor that reaches beyond
// its storage.
PickledPtr parse_pickle(std::string_view pickle);

}  // namespace depthmill::sd_convtrans
