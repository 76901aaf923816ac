// Any bytes as the pickle of a checkpoint: values within the promised bounds, or one error.
#include "stages/networks/sd_convtrans/pickle.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

namespace {

// Values in it, shared ones as often as they are met; depth of containers.
struct Extent {
  std::size_t weight = 1;
  int depth = 0;
};
Extent extent_of(const sd_convtrans::PickledValue& value) {
  Extent extent;
  const auto take = [&](const sd_convtrans::PickledPtr& item) {
    const Extent inner = extent_of(*item);
    extent.weight += inner.weight;
    extent.depth = std::max(extent.depth, inner.depth + 1);
  };
  if (const auto* list = std::get_if<sd_convtrans::PickledList>(&value.data)) {
    for (const auto& item : *list) take(item);
  } else if (const auto* dictionary = std::get_if<sd_convtrans::PickledDictionary>(&value.data)) {
    for (const auto& [key, item] : *dictionary) take(key), take(item);
  } else if (const auto* tensor = std::get_if<sd_convtrans::StoredTensor>(&value.data)) {
    fuzz::require(tensor->reach() <= tensor->storage_items, "a tensor stays inside its storage");
    fuzz::require(tensor->sizes.size() == tensor->strides.size(), "as many strides as sizes");
  }
  return extent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const Extent extent = extent_of(*sd_convtrans::parse_pickle(fuzz::text(data, size)));
    fuzz::require(extent.depth <= sd_convtrans::kDeepestPickle, "nested no deeper than promised");
    fuzz::require(extent.weight <= sd_convtrans::kHeaviestPickle, "no more values than promised");
  } catch (const sd_convtrans::PickleError&) {
  }
  return 0;
}
