#include "stages/io/stack.h"

#include <cstring>

namespace depthmill::io {
namespace {

thread_local int stack_scopes = 0;

}  // namespace

StackScope::StackScope() { ++stack_scopes; }
StackScope::~StackScope() { --stack_scopes; }
bool StackScope::active() { return stack_scopes > 0; }

std::size_t maps_in_stack(std::span<const std::size_t> shape, PlaneKind kind, bool last) {
  const bool colour = kind == PlaneKind::kRgb || kind == PlaneKind::kNormals;
  const std::size_t rank = colour ? 4 : 3;
  std::vector<std::size_t> s(shape.begin(), shape.end());
  if (!colour)
    for (std::size_t d = s.size(); d-- > 0 && s.size() > rank;)
      if (s[d] == 1) s.erase(s.begin() + static_cast<std::ptrdiff_t>(d));
  if (s.size() != rank) return 0;
  const std::size_t maps = last ? s.back() : s.front();
  last ? s.pop_back() : void(s.erase(s.begin()));
  constexpr std::size_t kMostChannels = 4;
  if (maps < 2 || !fits(s, kind) || (!colour && s.back() <= kMostChannels)) return 0;
  return maps;
}

Array map_of_stack(const Array& stack, std::size_t number, bool last, std::string_view label) {
  if (stack.shape.size() < 3)
    fail(FailureReason::kWrongSize, label, stack.describe() + " is no stack of maps");
  const std::size_t count = last ? stack.shape.back() : stack.shape.front();
  if (number >= count)
    fail(FailureReason::kWrongSize, label, "the stack has the maps 0 to " + std::to_string(count - 1));
  const std::size_t size = element_size(stack.element);
  Array map{{stack.shape.begin() + (last ? 0 : 1), stack.shape.end() - (last ? 1 : 0)}, stack.element, {}};
  const std::size_t samples = map.count();
  map.bytes.resize(samples * size);
  if (last)
    for (std::size_t i = 0; i < samples; ++i)
      std::memcpy(&map.bytes[i * size], &stack.bytes[(i * count + number) * size], size);
  else if (samples > 0)
    std::memcpy(map.bytes.data(), &stack.bytes[number * map.bytes.size()], map.bytes.size());
  return map;
}

}  // namespace depthmill::io
